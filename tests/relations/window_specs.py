"""Declared windows and pinned tables, as the tests of windows write them."""

from __future__ import annotations

from typing import Any

from sparkguard.windows.spec import Window, WindowSpec

NEW_YORK = "America/New_York"


def window(kind: str = "range", **options: Any) -> Window:
    timed = {"range", "hopping", "tumbling"}
    if kind in timed:
        options.setdefault("clock", "elapsed")
    return Window(kind=kind, **options)  # type: ignore[arg-type]


def spec(declared: Window, **options: Any) -> WindowSpec:
    details: dict[str, Any] = {
        "table": "features",
        "events": "events",
        "entity": ("key",),
        "events_entity": ("key",),
        "query_time": "at",
        "event_time": "time",
        "arrival_time": None,
        "knowledge": "final",
        "nulls": "ignore",
        "distinct_id": None,
        "timezone": "UTC",
        "history": "complete",
    }
    return WindowSpec(**{**details, "window": declared, **options})


AS_OF = {"arrival_time": "arrival", "knowledge": "as_of"}
SPECS = {
    "range [)": spec(window(length="PT5H", bounds="[)")),
    "range (]": spec(window(length="PT5H", bounds="(]")),
    "range []": spec(window(length="PT5H", bounds="[]")),
    "range ()": spec(window(length="PT5H", bounds="()")),
    "range as of": spec(window(length="PT5H", bounds="[)"), **AS_OF),
    "range (] as of": spec(window(length="PT5H", bounds="(]"), **AS_OF),
    "range as of, corrected": spec(window(length="PT5H", bounds="[]"), distinct_id="id", **AS_OF),
    "range, distinct": spec(
        window(length="PT5H", bounds="()"), distinct_id="id", arrival_time="arrival"
    ),
    "nulls are zero": spec(window(length="PT9H", bounds="(]"), nulls="zero"),
    "nulls spoil": spec(window(length="PT3H", bounds="(]"), nulls="propagate"),
    "hopping": spec(window("hopping", length="PT6H", hop="PT2H", bounds="[)")),
    "hopping (] as of": spec(window("hopping", length="PT6H", hop="PT2H", bounds="(]"), **AS_OF),
    "tumbling end": spec(window("tumbling", length="PT4H", label="end", bounds="[)")),
    "tumbling end (]": spec(window("tumbling", length="PT4H", label="end", bounds="(]")),
    "tumbling start": spec(window("tumbling", length="PT4H", label="start", bounds="[)")),
    "tumbling start (]": spec(window("tumbling", length="PT4H", label="start", bounds="(]")),
    "unbounded": spec(window("unbounded", bounds="]")),
    "unbounded as of": spec(window("unbounded", bounds=")"), distinct_id="id", **AS_OF),
    "calendar": spec(window(length="P1D", clock="calendar", bounds="[)"), timezone=NEW_YORK),
    "calendar in UTC": spec(window(length="P1D", clock="calendar", bounds="(]")),
    "calendar month": spec(window(length="P1M", clock="calendar", bounds="[)")),
    "calendar as of": spec(
        window(length="P2D", clock="calendar", bounds="(]"), timezone=NEW_YORK, **AS_OF
    ),
    "calendar tumbling": spec(
        window("tumbling", length="P1D", clock="calendar", label="end", bounds="[)"),
        timezone=NEW_YORK,
    ),
    "rows": spec(window("rows", rows=4, order=("id",), bounds="]")),
    "rows )": spec(window("rows", rows=3, order=("id",), bounds=")")),
    "rows as of": spec(window("rows", rows=4, order=("id",), bounds="]"), **AS_OF),
    "session": spec(window("session", gap="PT1H", bounds="]")),
    "session )": spec(window("session", gap="PT45M", bounds=")")),
}
