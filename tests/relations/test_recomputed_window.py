"""The Spark oracle against the obvious one, over every kind of window, aggregate and policy."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sparkguard.relations.recomputed_window import rows_compared, unit_of
from sparkguard.relations.window_compare import status
from sparkguard.relations.window_events import TIME, entity
from sparkguard.relations.window_totals import POPULATION
from sparkguard.windows.clock import micros, moment
from sparkguard.windows.durations import DAY, HOUR, MINUTE
from sparkguard.windows.features import Feature
from sparkguard.windows.oracle import Event, expected, seen
from sparkguard.windows.spec import Aggregate, Window, WindowSpec
from sparkguard.windows.statuses import Status
from sparkguard.windows.values import Tolerance, rounded

NEW_YORK = "America/New_York"
START = 1_646_956_800 * 1_000_000  # 2022-03-11 00:00 UTC, two days before clocks change there


class Frames:
    """Tables by name, as a run would pin them."""

    def __init__(self, **frames: Any) -> None:
        self._frames = frames

    def frame(self, name: str, /) -> Any:
        return self._frames[name]


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
LOOSE = Tolerance(relative=1e-12)
FEATURES = {
    "n": Feature(("n",), Aggregate("count", 0)),
    "values": Feature(("values",), Aggregate("count", None, "amount")),
    "total": Feature(("total",), Aggregate("sum", None, "amount")),
    "zero": Feature(("zero",), Aggregate("sum", 0, "amount")),
    "mean": Feature(("mean",), Aggregate("mean", None, "amount"), LOOSE),
    "rounded": Feature(("rounded",), Aggregate("mean", None, "amount")),
    "spread": Feature(("spread",), Aggregate("stddev", None, "amount", ddof=1), LOOSE),
    "low": Feature(("low",), Aggregate("min", None, "amount")),
    "high": Feature(("high",), Aggregate("max", None, "amount")),
    "kinds": Feature(("kinds",), Aggregate("count_distinct", 0, "amount")),
    "first": Feature(("first",), Aggregate("first", None, "amount", order=("id",))),
    "last": Feature(("last",), Aggregate("last", None, "amount", order=("id",))),
    "median": Feature(
        ("median",), Aggregate("quantile", None, "amount", q=0.5, method="linear"), LOOSE
    ),
    "third": Feature(("third",), Aggregate("quantile", None, "amount", q=0.3, method="lower")),
}
TYPES = {
    "n": "bigint", "values": "int", "total": "decimal(12,2)", "zero": "decimal(30,4)",
    "mean": "double", "rounded": "decimal(12,4)", "spread": "double", "low": "decimal(12,2)",
    "high": "decimal(12,2)", "kinds": "bigint", "first": "decimal(12,2)",
    "last": "decimal(12,2)", "median": "double", "third": "decimal(12,2)",
}  # fmt: skip
KEYS: tuple[str | None, ...] = ("a", "b", None)


def some_events(seed: int) -> dict[str | None, list[Event]]:
    """Events on and around the full half hour, with duplicates, late ones, ties and NULLs."""
    rng = random.Random(seed)
    found: dict[str | None, list[Event]] = {}
    for key in KEYS:
        events = []
        for n in range(60):
            at = START + rng.randrange(0, 4 * 48) * 30 * MINUTE + rng.choice((0, 0, 0, 1, -1))
            late = rng.choice((0, 0, 1, MINUTE, 2 * HOUR, 7 * HOUR, 30 * HOUR))
            amount = rng.choice((None, *range(-500, 90_000, 777)))
            name = f"{key}{rng.randrange(45)}" if rng.random() > 0.1 else None
            events.append(Event(at, amount, at + late, name, (n,)))
        found[key] = events
    return found


def some_times(seed: int) -> list[int]:
    rng = random.Random(-seed)
    return sorted(
        {
            START + rng.randrange(-10, 4 * 48) * 30 * MINUTE + rng.choice((0, 0, 1, -1))
            for _ in range(50)
        }
    )


def stored(feature: Feature, exact: Any) -> Any:
    """What a correct pipeline writes for an exact value in hundredths."""
    if exact is None or feature.aggregate.function in ("count", "count_distinct"):
        return exact
    kind = TYPES[feature.name]
    if kind == "double":
        return float(exact) / 100
    scale = int(kind.rpartition(",")[2].rstrip(")"))
    found = rounded(Fraction(exact) / 100, scale)
    return Decimal(found.numerator) / Decimal(found.denominator)


def tables(spark: Any, rows: list[tuple[Any, ...]], events: dict[Any, list[Event]]) -> Frames:
    columns = ", ".join(f"{name} {TYPES[name]}" for name in FEATURES)
    features = spark.createDataFrame(rows, f"key string, at timestamp, {columns}")
    source = spark.createDataFrame(
        [
            (
                key,
                moment(e.time) if e.time is not None else None,
                moment(e.arrival or 0),
                e.id,
                None if e.value is None else Decimal(e.value) / 100,
                e.order[0],
            )
            for key, listed in events.items()
            for e in listed
        ],
        "key string, time timestamp, arrival timestamp, id string, amount decimal(12,2), n int",
    )
    return Frames(features=features, events=source)


QUICK = ("range as of, corrected", "calendar", "rows", "session")
"""What every test run looks at; the others are of the full tier."""


@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.full) for n in SPECS],
)
def test_equals_the_obvious_oracle(spark: Any, name: str) -> None:
    declared = by_number(SPECS[name])
    features = tuple(by_number_feature(f) for f in FEATURES.values())
    events = some_events(len(name))
    for key in KEYS:
        events[key].append(Event(None, 5, START, "placeless", (99,)))
    rows = [
        (key, moment(at), *(stored(f, expected(declared, f.aggregate, events[key], at))
                            for f in features))
        for key in KEYS
        for at in some_times(len(name))
    ]  # fmt: skip
    frames = tables(spark, rows, events)
    for group in engines(features):
        found = rows_compared(declared, group, frames, ()).collect()
        assert len(found) == len(rows)
        for row in found:
            at, key = row[TIME], row[entity(0)]
            assert row[POPULATION] == len(seen(declared, events[key], at)), (key, moment(at))
            for n, feature in enumerate(group):
                assert row[status(n)] == Status.MATCHING, (feature.name, key, moment(at))


@pytest.mark.parametrize(
    "name",
    ["range as of", *(pytest.param(n, marks=pytest.mark.full) for n in ("range [)", "rows"))],
)
def test_every_changed_value_is_wrong(spark: Any, name: str) -> None:
    declared = by_number(SPECS[name])
    features = tuple(by_number_feature(f) for f in FEATURES.values())
    events = some_events(len(name))
    rows, kinds = [], []
    for key in KEYS:
        for at in some_times(len(name)):
            exact = [stored(f, expected(declared, f.aggregate, events[key], at)) for f in features]
            changed = (_changed(e, TYPES[f.name]) for e, f in zip(exact, features, strict=True))
            rows.append((key, moment(at), *changed))
            kinds.append([Status.VALUE_FOR_NULL if e is None else Status.WRONG for e in exact])
    frames = tables(spark, rows, events)
    wanted = {
        (key, micros(at)): dict(zip(FEATURES, kind, strict=True))
        for (key, at, *_), kind in zip(rows, kinds, strict=True)
    }
    for group in engines(features):
        for row in rows_compared(declared, group, frames, ()).collect():
            kind = wanted[row[entity(0)], row[TIME]]
            assert [row[status(n)] for n in range(len(group))] == [kind[f.name] for f in group]


def _changed(value: Any, kind: str) -> Any:
    if kind == "double":
        return 1.0 if value is None else value * 1.0001 + 0.01
    return (value or 0) + (Decimal(1) if kind.startswith("decimal") else 1)


def by_number(declared: WindowSpec) -> WindowSpec:
    """The same window with ties broken by the column `n`."""
    import dataclasses

    if declared.window.order is None:
        return declared
    return dataclasses.replace(declared, window=dataclasses.replace(declared.window, order=("n",)))


def by_number_feature(feature: Feature) -> Feature:
    import dataclasses

    if feature.aggregate.order is None:
        return feature
    return dataclasses.replace(
        feature, aggregate=dataclasses.replace(feature.aggregate, order=("n",))
    )


def engines(features: tuple[Feature, ...]) -> Iterator[tuple[Feature, ...]]:
    """Features that come from running totals, and those that come from pairs."""
    by_totals = tuple(f for f in features if f.adds or f.aggregate.function == "count")
    yield by_totals
    yield features


def test_units_follow_the_type_of_the_column(spark: Any) -> None:
    events = spark.createDataFrame([], "i int, d decimal(10,3), f double")
    units = [
        unit_of(Feature(("x",), Aggregate("sum", None, column, decimals)), events)
        for column, decimals in (("i", None), ("d", None), ("f", 2))
    ]
    assert units == [1, 1000, 100]


def _statuses(spark: Any, declared: WindowSpec, rows: list[Any], events: Any) -> list[Any]:
    feature = Feature(("total",), Aggregate("sum", 0, "amount"))
    frames = Frames(
        features=spark.createDataFrame(rows, "key string, at timestamp, total bigint"),
        events=spark.createDataFrame(events, "key string, time timestamp, amount int"),
    )
    found = rows_compared(declared, (feature,), frames, ()).collect()
    return sorted(
        (str(row[entity(0)]), (row[TIME] or 0) // HOUR, Status(row[status(0)]).name)
        for row in found
    )


@pytest.mark.parametrize("clock", ["elapsed", "calendar"])
def test_rows_missing_extra_and_duplicate(spark: Any, clock: str) -> None:
    """Calendar windows of New York go through pairs, elapsed ones through running totals."""
    zone = NEW_YORK if clock == "calendar" else "UTC"
    declared = spec(window(length="P1D", clock=clock, bounds="[)"), timezone=zone)
    at = [moment(n * HOUR) for n in range(60)]
    rows = [
        ("a", at[2], 7),
        ("a", at[3], 7),
        ("a", at[3], 7),
        ("quiet", at[2], 0),
        ("ghost", at[2], 3),
    ]
    events = [("a", at[1], 7), ("absent", at[1], 1), ("absent", at[5], 1)]
    found = _statuses(spark, declared, rows, events)
    assert sorted((key, name) for key, _, name in found) == [
        ("a", "DUPLICATE"),
        *([("a", "DUPLICATE")] if clock == "elapsed" else []),
        ("a", "MATCHING"),
        ("absent", "MISSING"),
        ("ghost", "EXTRA"),
        ("quiet", "MATCHING"),
    ]


@pytest.mark.parametrize("clock", ["elapsed", "calendar"])
@pytest.mark.parametrize("bounds", ["[)", "(]"])
def test_a_row_is_due_at_each_event(spark: Any, clock: str, bounds: str) -> None:
    zone = NEW_YORK if clock == "calendar" else "UTC"
    declared = spec(
        window(length="P1D", clock=clock, bounds=bounds), timezone=zone, required="events"
    )
    at = [moment(n * HOUR) for n in range(60)]
    inclusive = bounds == "(]"
    rows = [("a", at[1], 7 if inclusive else 0), ("a", at[2], 7)]
    events = [("a", at[1], 7), ("a", at[4], 1), ("a", at[4], 2)]
    assert _statuses(spark, declared, rows, events) == [
        ("a", 1, "MATCHING"),
        ("a", 2, "EXTRA"),
        ("a", 4, "MISSING"),
    ]


def test_windows_before_the_first_retained_event_are_set_aside(spark: Any) -> None:
    declared = spec(window(length="PT5H", bounds="[)"), history="retained")
    at = [moment(n * HOUR) for n in range(60)]
    rows = [("a", at[3], 50), ("a", at[4], 9), ("a", at[6], 9), ("a", at[7], 7)]
    events = [("a", at[1], 7), ("a", at[3], 2)]
    assert _statuses(spark, declared, rows, events) == [
        ("a", 3, "TRUNCATED"),
        ("a", 4, "MATCHING"),
        ("a", 6, "MATCHING"),
        ("a", 7, "WRONG"),
    ]


def test_sums_beyond_64_bits_are_exact(spark: Any) -> None:
    declared = spec(window(length=f"P{40}D", bounds="(]"))
    biggest = 2**63 - 1
    frames = Frames(
        features=spark.createDataFrame(
            [("a", moment(DAY), Decimal(4 * biggest)), ("b", moment(DAY), Decimal(-3 * 2**63 + 1))],
            "key string, at timestamp, total decimal(38,0)",
        ),
        events=spark.createDataFrame(
            [("a", moment(n), biggest) for n in range(4)]
            + [("b", moment(n), -(2**63)) for n in range(3)],
            "key string, time timestamp, amount bigint",
        ),
    )
    feature = Feature(("total",), Aggregate("sum", None, "amount"))
    found = {
        row[entity(0)]: Status(row[status(0)]).name
        for row in rows_compared(declared, (feature,), frames, ()).collect()
    }
    assert found == {"a": "MATCHING", "b": "WRONG"}


def test_entities_are_sampled_whole_and_the_hottest_always(spark: Any) -> None:
    """Of 300 entities the first 20 have the most events."""
    declared = spec(window(length="P1D", bounds="(]"), share=0.2)
    at = [moment(n * HOUR) for n in range(60)]
    many = {f"k{n}": 5 if n < 20 else 3 for n in range(300)}
    events = [(key, at[h], 1) for key, hours in many.items() for h in range(hours)]
    rows = [(key, time, time.hour + 1) for key, time, _ in events]
    found = _statuses(spark, declared, rows, events)
    by_key: dict[str, int] = {}
    for key, _, name in found:
        assert name == "MATCHING"
        by_key[key] = by_key.get(key, 0) + 1
    assert by_key == {key: many[key] for key in by_key}
    assert {f"k{n}" for n in range(20)} <= set(by_key)
    # A fifth of the other 280, give or take three standard deviations of chance.
    assert abs(len(by_key) - 20 - 56) <= 20
