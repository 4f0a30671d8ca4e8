"""Columns that say little: without values, without variety, of another type, of too many values."""

from __future__ import annotations

from sparkguard.measures.bins import BinsState
from sparkguard.measures.families import Family
from sparkguard.measures.values import Values, ValuesState
from sparkguard.profile import Need, Profile
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome
from tests.checks.drift_states import (
    DELAY,
    DEST,
    TABLE,
    bins,
    by_month,
    checks,
    context,
    month,
    outcomes,
    run,
    values,
)


def test_a_column_that_went_null_fails_however_few_rows_there_are() -> None:
    empty = BinsState((0,) * 100, null=200)
    found = run(checks()["delay"], by_month([bins(200), empty]), [month(1), month(2)])
    assert found[month(2)].outcome is Outcome.FAIL
    assert "null share 100.00%, was 0.00%" in found[month(2)].reason


def test_a_column_that_was_always_null_is_not_evaluable() -> None:
    empty = BinsState((0,) * 100, null=5_000)
    found = run(
        checks()["delay"],
        by_month([empty]),
        [month(1)],
        baseline=Profile({(DELAY, WHOLE): BinsState((0,) * 100, null=9_000)}),
    )
    assert found[month(1)].outcome is Outcome.NOT_EVALUABLE
    assert found[month(1)].reason.startswith("ALL_NULL")


def test_a_slice_without_rows_is_empty_and_one_that_the_baseline_lacks_has_none() -> None:
    check = checks()["delay"]
    nothing = BinsState((0,) * 100)
    found = run(check, by_month([bins(), nothing]), [month(2), month(3)])
    assert {j.outcome for j in found.values()} == {Outcome.NOT_EVALUABLE}
    assert {j.reason for j in found.values()} == {"EMPTY: there are no rows"}
    jfk = Slice.of({"month": "1", "origin": "JFK"})
    baseline = Profile({(DELAY, Slice.of({"origin": "LGA"})): bins()})
    more = {"baseline": baseline}
    lacking = run(check, {(DELAY, jfk): bins()}, [jfk], **more)[jfk]
    assert lacking.reason == "NO_BASELINE: the baseline lacks this slice"
    assert lacking.counts_as is Outcome.WARN


def test_a_constant_column_is_steady_until_another_value_comes() -> None:
    need = Need(TABLE, Values(("dest",), Family.STRING))
    baseline = Profile({(need, WHOLE): ValuesState({"a": 30_000})})
    states = [ValuesState({"a": 3_000}), ValuesState({"a": 2_900, "b": 100})]
    found = run(checks()["dest"], by_month(states, need), [month(1), month(2)], baseline=baseline)
    assert [j.outcome for j in found.values()] == [Outcome.PASS, Outcome.FAIL]
    assert "3.33% of rows hold values that the baseline lacks" in found[month(2)].reason


def test_another_type_fails() -> None:
    baseline = Profile({(Need(TABLE, Values(("delay",), Family.STRING)), WHOLE): values(100)})
    check = checks()["delay"]
    assert check.needs(context(baseline=baseline)) == ()
    found = run(check, {}, [WHOLE], baseline=baseline)
    assert found[WHOLE].outcome is Outcome.FAIL
    assert "type changed from string to float" in found[WHOLE].reason


def test_categories_that_swap_fail_and_are_named() -> None:
    states = [values(5_000), values(5_000), values(5_000, 0.3)]
    found = run(checks()["dest"], by_month(states, DEST), [*map(month, (1, 2, 3))])
    assert found[month(3)].outcome is Outcome.FAIL
    assert "the share of" in found[month(3)].reason


def test_more_values_than_can_be_counted_fail() -> None:
    found = outcomes([values(5_000), values(5_000), ValuesState({}, overflow=True)], DEST)
    assert found[-1] == "fail"


def test_values_and_slices_that_are_too_many_together_are_no_pass() -> None:
    seen = {(DEST, WHOLE): ValuesState({}, overflow=True)}
    found = run(checks()["dest"], seen, [WHOLE, month(1)])
    assert {j.outcome for j in found.values()} == {Outcome.NOT_EVALUABLE}
    assert {j.reason[:15] for j in found.values()} == {"TOO_MANY_VALUES"}
