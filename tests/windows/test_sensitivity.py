"""Which bugs the data at hand would have shown, and which only seem to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from sparkguard.windows.cases import Case
from sparkguard.windows.durations import DAY, HOUR, MINUTE, SECOND
from sparkguard.windows.oracle import Event
from sparkguard.windows.replay import Replayed, replay
from sparkguard.windows.spec import Window
from sparkguard.windows.values import Output
from tests.windows.mutants import SPEC, SUM

NOW = 20_000 * DAY
WEEK = Window(bounds="[)", length="P7D", clock="elapsed")
PLAIN = replace(SPEC, knowledge="final", distinct_id=None, arrival_time=None, window=WEEK)


def _case(times: Iterable[int], window: Window = WEEK, at: int = NOW) -> Case:
    """A right value of a window of these events, each of another value."""
    events = [Event(t, 3 + 2**n, None, n, (n,)) for n, t in enumerate(times)]
    case = Case(replace(PLAIN, window=window), SUM, Output(), "k", at, None, events)
    return replace(case, observed=case.exact)


def test_an_edge_that_no_event_lies_on_is_not_vouched_for_by_the_other_edge() -> None:
    times = [NOW - n * 10 * HOUR - n for n in range(40)]
    found = replay([_case(times, at=at) for at in times])
    assert found.sensitivity["boundary (right edge)"] == 3
    assert found.sensitivity["boundary (left edge)"] == 0
    assert "boundary (left edge)" in found.blind
    assert found.unshown("boundary") == ("boundary (left edge)",)
    both = replay([_case([NOW - 7 * DAY, NOW - HOUR, NOW])])
    assert (both.unshown("boundary"), "boundary" in " ".join(both.blind)) == ((), False)


def test_a_bug_of_which_no_part_shows_is_blind_as_a_whole() -> None:
    found = replay([_case([NOW - DAY])])
    assert "boundary" in found.blind
    assert found.unshown("boundary") == ("boundary",)
    assert found.unshown("cap_lost") == ("cap_lost",)


@pytest.mark.parametrize(
    ("ago", "finest"),
    [(SECOND // 2, SECOND), (3 * HOUR + 1, 4 * HOUR), (20 * HOUR, DAY), (2 * DAY, None)],
)
def test_a_long_lag_does_not_vouch_for_a_short_one(ago: int, finest: int | None) -> None:
    found = replay([_case([NOW - ago, NOW - 4 * DAY])])
    assert found.finest.get("stale") == finest


def test_a_coarse_step_does_not_vouch_for_a_fine_one() -> None:
    at = NOW + 12 * HOUR + 25 * MINUTE
    found = replay([_case([at - 20 * MINUTE, at - 4 * DAY], at=at)])
    assert found.finest["snapshot (whole window)"] == 30 * MINUTE
    assert "snapshot (left edge)" in found.blind


def test_a_day_that_is_missed_does_not_vouch_for_an_hour_nor_for_a_day_too_much() -> None:
    found = replay([_case([NOW - 7 * DAY + 2 * HOUR, NOW - DAY])])
    assert found.finest["length (shorter)"] == DAY
    assert found.unshown("length") == ("length (longer)",)


def test_other_numbers_of_rows_do_not_vouch_for_ties() -> None:
    closed = replace(WEEK, bounds="(]")
    hourly = [NOW - n * HOUR for n in range(30)]
    found = replay([_case(hourly, closed)])
    assert found.unshown("rows_for_range") == ("rows_for_range (ties)",)
    assert replay([_case([*hourly, NOW], closed)]).unshown("rows_for_range") == ()


def test_what_shows_in_one_slice_shows_in_all() -> None:
    a = Replayed(sensitivity={"stale": 0}, finest={})
    b = Replayed(sensitivity={"stale": 2}, finest={"stale": DAY})
    c = Replayed(sensitivity={"stale": 1}, finest={"stale": HOUR})
    assert a.merge(b).finest == {"stale": DAY}
    assert b.merge(c).finest == {"stale": HOUR}
