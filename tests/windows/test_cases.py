"""Feature rows to replay, from the source rows that came with them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sparkguard.windows.cases import Case
from sparkguard.windows.durations import DAY, HOUR
from sparkguard.windows.oracle import Event, expected
from sparkguard.windows.spec import Aggregate
from sparkguard.windows.values import Output
from tests.windows.mutants import SPEC, SUM

NOW = 20_000 * DAY


def _case(*events: Event, held: object = None, aggregate: Aggregate = SUM) -> Case:
    return Case(SPEC, aggregate, Output(is_float=True), "k", NOW, held, events)


def test_a_later_version_takes_an_event_out_of_reach_of_the_window() -> None:
    inside = Event(NOW - HOUR, 1, NOW - HOUR, "x")
    rows = (
        inside,
        replace(inside, time=NOW - 9 * DAY, arrival=NOW - 1),
        Event(NOW - 2, 2, NOW - 2),
    )
    assert _case(*rows).exact == expected(SPEC, SUM, rows, NOW) == 2


@pytest.mark.parametrize("held", [math.nan, math.inf, -math.inf])
def test_a_stored_value_that_is_no_number_is_wrong(held: float) -> None:
    case = _case(Event(NOW - HOUR, 1, NOW - HOUR, "x"), held=held)
    assert not case.is_right
    assert not replace(case, output=Output()).is_right
    assert not replace(case, events=()).is_right


def test_rows_without_a_tie_breaker_come_first() -> None:
    last = Aggregate("last", None, "v", order=("n",))
    rows = [Event(NOW - 1, n, NOW - 1, n, (tie,)) for n, tie in enumerate((5, None, 3))]
    assert _case(*rows, aggregate=last).exact == 0
