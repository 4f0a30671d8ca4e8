"""Traces of a limit in a feature's own table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.checks.base import Context, Past, TableFacts
from sparkguard.checks.window_volume import WindowVolume
from sparkguard.measures.period_totals import Period, PeriodsState
from sparkguard.measures.tally import TallyState
from sparkguard.measures.volume import GROUPS, Volume, VolumeState
from sparkguard.profile import Profile
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
CHECK = WindowVolume(("n",), ("key",))
CONTEXT = Context(TableFacts("t", None), NOW)  # type: ignore[arg-type]


def _state(rows: int, mean: float, largest: float = 90.0) -> VolumeState:
    """Ten groups whose means lie a little around `mean`."""
    each = rows // GROUPS
    groups = tuple((each, each * (mean + 0.1 * (g - 4.5))) for g in range(GROUPS))
    return VolumeState(groups, largest)


def _judged(state: VolumeState, top: int, below: int, *past: VolumeState) -> Any:
    volume = CHECK.needs(CONTEXT)[0]
    seen = Profile({(volume, WHOLE): state})
    context = replace(CONTEXT, seen=seen)
    _, at_top, under = CHECK.needs(context)
    states = {
        **seen.states,
        (at_top, WHOLE): TallyState(top, state.values - top),
        (under, WHOLE): TallyState(below, state.values - below),
    }
    history = tuple(Past(WHOLE, n, NOW, Profile({(volume, WHOLE): p})) for n, p in enumerate(past))
    context = replace(context, seen=Profile(states), history=history)
    return CHECK.judge(context.seen, context)


@pytest.mark.parametrize(
    ("top", "below", "outcome"),
    [
        (1, 50, Outcome.PASS),
        (19, 0, Outcome.PASS),
        (200, 300, Outcome.PASS),
        (200, 12, Outcome.FAIL),
    ],
)
def test_values_that_pile_up_at_their_maximum_are_flagged(
    top: int, below: int, outcome: Outcome
) -> None:
    found = _judged(_state(10_000, 40), top, below)
    assert (found.outcome, found.rows) == (outcome, 10_000)
    assert ("values look cut at 90" in found.reason) is (outcome is Outcome.FAIL)


@pytest.mark.parametrize(
    ("largest", "below", "outcome"),
    [
        (7.0, 0, Outcome.PASS),
        (0.0, 0, Outcome.PASS),
        (-3.0, 0, Outcome.PASS),
        (7.0, 2, Outcome.FAIL),
        (7.5, 0, Outcome.FAIL),
        (10.0, 0, Outcome.FAIL),
    ],
)
def test_small_whole_numbers_are_not_taken_for_cut(
    largest: float, below: int, outcome: Outcome
) -> None:
    found = _judged(_state(10_000, 4, largest), 200, below)
    assert found.outcome is outcome


def test_a_mean_that_moves_with_volume_is_flagged() -> None:
    found = _judged(_state(1_000_000, 38), 1, 10, _state(10_000, 40))
    assert found.outcome is Outcome.FAIL
    assert "moved from 40 at 10,000 rows (version 0) to 38 at 1,000,000 rows" in found.reason


def test_a_mean_within_sampling_error_or_at_the_same_volume_is_not() -> None:
    assert _judged(_state(1_000_000, 40.2), 1, 10, _state(10_000, 40)).outcome is Outcome.PASS
    assert _judged(_state(10_000, 30), 1, 10, _state(12_000, 40)).outcome is Outcome.PASS


def test_a_column_without_values_is_not_evaluable() -> None:
    context = replace(CONTEXT, seen=Profile())
    assert CHECK.judge(Profile(), context).outcome is Outcome.NOT_EVALUABLE


def test_states_merge_and_survive_their_bytes() -> None:
    a, b = _state(1_000, 5), _state(500, 7, 99.0)
    measure = Volume(("n",), ("key",))
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).largest == 99.0
    assert measure.load(measure.dump(a)) == a


def test_a_capped_count_is_found_in_its_table(spark: Any, judge: Callable[..., Any]) -> None:
    rows = [(f"k{k}", float(min(60, 7 + k * 3 + d))) for k in range(30) for d in range(10)]
    frame = spark.createDataFrame(rows, "key string, n double")
    (found,) = judge([CHECK], {"t": frame})
    top = sum(n == 60 for _, n in rows)
    assert (found.outcome, found.observed, found.rows) == (Outcome.FAIL, top, 300)
    assert "values look cut at 60" in found.reason


def test_the_needs_name_their_columns() -> None:
    (need,) = CHECK.needs(CONTEXT)
    assert need.measure.columns() == {"key", "n"}


DAILY = replace(CHECK, query_time="at", period="P1D")


def _periods(rows: Mapping[int, int], total: float = 2.0) -> PeriodsState:
    return PeriodsState({n: Period(count, count * total, 9.0) for n, count in rows.items()})


def _judged_by_period(state: PeriodsState, *past: PeriodsState) -> Any:
    volume, periods = DAILY.needs(CONTEXT)
    states: dict[Any, Any] = {(volume, WHOLE): _state(10_000, 40), (periods, WHOLE): state}
    _, _, at_top, under = DAILY.needs(replace(CONTEXT, seen=Profile(states)))
    states |= {(at_top, WHOLE): TallyState(1, 9_999), (under, WHOLE): TallyState(50, 9_950)}
    history = tuple(
        Past(WHOLE, n, NOW, Profile({(periods, WHOLE): then})) for n, then in enumerate(past)
    )
    context = replace(CONTEXT, seen=Profile(states), history=history)
    return DAILY.judge(context.seen, context)


GROWN = {n: 100 + n for n in range(30)}


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (_periods(GROWN), ""),
        (_periods({**GROWN, 1: 1_000, 2: 1_000, 3: 1_000}), "rows look cut at 1,000 a period"),
        (_periods({**GROWN, 1: 1_003, 2: 1_003, 3: 1_003}), ""),
        (_periods(dict.fromkeys(range(30), 1_000)), ""),
        (_periods({n: 80 if n < 8 else 130 for n in range(30)}), "8 of 9 past periods lost"),
        (_periods({n: 80 if n < 4 else 130 for n in range(30)}), ""),
        (_periods({n: 80 if n < 8 else 110 for n in range(10)}), ""),
        (_periods(GROWN, total=1.9), "6 of 9 past periods lost"),
    ],
)
def test_what_periods_hold_does_not_shrink_as_the_table_grows(
    now: PeriodsState, reason: str
) -> None:
    found = _judged_by_period(now, _periods(dict.fromkeys(range(10), 100)))
    assert (found.outcome is Outcome.FAIL) is bool(reason)
    assert reason in found.reason


def test_periods_are_given_with_their_time() -> None:
    with pytest.raises(ValueError, match="given together"):
        replace(CHECK, period="P1D")
    with pytest.raises(ValueError, match="no fixed length"):
        replace(CHECK, query_time="at", period="P1M")
