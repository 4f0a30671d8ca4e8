from __future__ import annotations

from sparkguard.measures.period_totals import MOST_PERIODS, Period, PeriodsState, PeriodTotals

MEASURE = PeriodTotals()


def test_states_merge_by_period_and_survive_their_bytes() -> None:
    a = MEASURE.state([[(5, 2, 7.0, 4.0), (4, 1, None, None)]])
    b = MEASURE.state([[(5, 1, -1.0, -1.0)]])
    merged = a.merge(b)
    assert merged == b.merge(a)
    assert merged.periods == {4: Period(1, None, None), 5: Period(3, 6.0, 4.0)}
    assert MEASURE.load(MEASURE.dump(merged)) == merged
    assert MEASURE.metrics(merged) == {"periods": 2, "most_rows": 3}
    assert MEASURE.state([None]) == PeriodsState()


def test_the_latest_periods_are_kept() -> None:
    one = PeriodsState({n: Period(1, 1.0, 1.0) for n in range(MOST_PERIODS)})
    other = PeriodsState({MOST_PERIODS: Period(1, 1.0, 1.0)})
    assert min(one.merge(other).periods) == 1


def test_a_period_fell_when_something_of_it_is_gone() -> None:
    then = Period(10, 100.0, 9.0)
    assert not Period(10, 100.0, 9.0).fell_from(then)
    assert not Period(11, 120.0, 10.0).fell_from(then)
    assert Period(9, 100.0, 9.0).fell_from(then)
    assert Period(10, 99.0, 9.0).fell_from(then)
    assert Period(10, 100.0, 8.0).fell_from(then)
    assert Period(10, 100.0, None).fell_from(then)
