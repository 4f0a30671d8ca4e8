"""Edges of windows, worked by hand."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.windows.clock import changes, edges, instant, micros, moment, wall
from sparkguard.windows.durations import HOUR
from sparkguard.windows.spec import Window

NEW_YORK, CAIRO = "America/New_York", "Africa/Cairo"


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=timezone.utc))


@pytest.mark.parametrize(
    ("options", "zone", "query", "first", "last"),
    [
        ({"length": "P1D", "bounds": "[)"}, "UTC", "2024-03-02T12:00", "2024-03-01T12:00",
         "2024-03-02T11:59:59.999999"),
        ({"length": "P1D", "bounds": "(]"}, "UTC", "2024-03-02T12:00",
         "2024-03-01T12:00:00.000001", "2024-03-02T12:00"),
        # New York's clocks went forward at 07:00 UTC on 2024-03-10: that local day has 23 hours.
        ({"length": "P1D", "bounds": "[]", "clock": "calendar"}, NEW_YORK, "2024-03-10T16:00",
         "2024-03-09T17:00", "2024-03-10T16:00"),
        ({"length": "P1D", "bounds": "[]"}, NEW_YORK, "2024-03-10T16:00", "2024-03-09T16:00",
         "2024-03-10T16:00"),
        ({"length": "P1M", "bounds": "[]", "clock": "calendar"}, "UTC", "2024-03-31T12:00",
         "2024-02-29T12:00", "2024-03-31T12:00"),
        ({"kind": "hopping", "length": "PT2H", "hop": "PT1H", "bounds": "[)"}, "UTC",
         "2024-03-02T12:34", "2024-03-02T10:00", "2024-03-02T11:59:59.999999"),
        ({"kind": "tumbling", "length": "P1D", "label": "start", "bounds": "[)"}, "UTC",
         "2024-03-02T12:34", "2024-03-02T00:00", "2024-03-02T23:59:59.999999"),
        ({"kind": "tumbling", "length": "P1D", "label": "end", "bounds": "(]"}, "UTC",
         "2024-03-02T12:34", "2024-03-01T00:00:00.000001", "2024-03-02T00:00"),
        ({"kind": "tumbling", "length": "P1D", "label": "end", "bounds": "[)",
          "clock": "calendar"}, NEW_YORK, "2024-03-11T12:00", "2024-03-10T05:00",
         "2024-03-11T03:59:59.999999"),
        # Cairo's clocks went from 0:00 to 1:00 on 2024-04-26, which is 22:00 UTC the day before.
        ({"kind": "tumbling", "length": "P1D", "label": "end", "bounds": "[)",
          "clock": "calendar"}, CAIRO, "2024-04-26T10:00", "2024-04-24T22:00",
         "2024-04-25T21:59:59.999999"),
        ({"kind": "tumbling", "length": "P1D", "label": "start", "bounds": "[)",
          "clock": "calendar"}, CAIRO, "2024-04-26T10:00", "2024-04-25T22:00",
         "2024-04-26T20:59:59.999999"),
        ({"kind": "hopping", "length": "P2D", "hop": "P1D", "bounds": "(]",
          "clock": "calendar"}, CAIRO, "2024-04-28T10:00", "2024-04-25T22:00:00.000001",
         "2024-04-27T21:00"),
        # They went from 24:00 back to 23:00 on 2024-10-31: that day has 25 hours.
        ({"kind": "tumbling", "length": "P1D", "label": "start", "bounds": "[)",
          "clock": "calendar"}, CAIRO, "2024-10-31T21:30", "2024-10-30T21:00",
         "2024-10-31T21:59:59.999999"),
    ],
)  # fmt: skip
def test_edges(options: dict[str, Any], zone: str, query: str, first: str, last: str) -> None:
    window = Window(**{"clock": "elapsed", **options})
    assert edges(window, at(query), zone) == (at(first), at(last))


def test_local_times_in_a_gap_move_on_and_doubled_ones_are_the_earlier() -> None:
    gap = instant(at("2024-03-10T02:30"), NEW_YORK)
    assert gap == at("2024-03-10T07:30")
    twice = instant(at("2024-11-03T01:30"), NEW_YORK)
    assert twice == at("2024-11-03T05:30")
    assert wall(twice + HOUR, NEW_YORK) == at("2024-11-03T01:30")


def test_changes_of_the_clocks_are_found_to_the_microsecond() -> None:
    found = changes(NEW_YORK, at("2024-01-01T00:00"), at("2024-12-31T00:00"))
    assert found == (at("2024-03-10T07:00"), at("2024-11-03T06:00"))
    assert changes("UTC", 0, at("2024-12-31T00:00")) == ()


def test_moments_keep_microseconds() -> None:
    assert micros(moment(1_234_567_890_123_456)) == 1_234_567_890_123_456
