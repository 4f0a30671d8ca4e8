from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance

from sparkguard.checks.base import Judged
from sparkguard.checks.drift import Drift, DriftJudgement, FeatureDrift
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.families import Family
from sparkguard.measures.quantiles import Quantiles, QuantilesState
from sparkguard.measures.sample import Sample, SampleState
from sparkguard.measures.values import Values
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


def test_every_column_but_slices_and_times_by_default() -> None:
    assert list(checks()) == ["delay", "dest"]
    assert list(checks(ignore=("dest",))) == ["delay"]
    assert list(checks(columns=(("at",),))) == ["at"]


def test_it_asks_for_the_very_need_of_the_baseline() -> None:
    assert checks()["delay"].needs(context()) == (DELAY,)
    assert checks()["delay"].needs(context(baseline=None)) == ()


def test_a_new_baseline_is_made_in_steps() -> None:
    check = checks()["delay"]
    empty = context(baseline=None)
    (sample,) = check.baseline_needs(empty)
    assert isinstance(sample.measure, Sample)
    few = replace(empty, seen=Profile({(sample, WHOLE): SampleState(100, 1, 3, 3)}))
    assert isinstance(check.baseline_needs(few)[0].measure, Values)
    many = {(sample, WHOLE): SampleState(8_192, 1, 4_000, 8_000)}
    _, quantiles = check.baseline_needs(replace(empty, seen=Profile(many)))
    assert isinstance(quantiles.measure, Quantiles)
    points = QuantilesState(points=tuple(float(i) for i in range(101)))
    seen = Profile({**many, (quantiles, WHOLE): points})
    assert check.baseline_needs(replace(empty, seen=seen)) == (DELAY,)


def test_edges_stay_frozen_though_merged_sketches_differ_from_time_to_time() -> None:
    check = checks()["delay"]
    (sample,) = check.baseline_needs(context(baseline=None))
    _, quantiles = check.baseline_needs(
        context({(sample, WHOLE): SampleState(8_192, 1, 4_000, 8_000)}, baseline=None)
    )
    other = QuantilesState(points=tuple(2.0 * i for i in range(101)))
    seen = {
        (sample, WHOLE): SampleState(8_192, 1, 4_000, 8_000),
        (quantiles, WHOLE): other,
        (DELAY, WHOLE): bins(),
    }
    assert check.baseline_needs(context(seen, baseline=None)) == (DELAY,)


def test_steady_partitions_pass_and_the_whole_with_them() -> None:
    assert outcomes([bins(), bins(), bins(9_000)]) == ["pass"] * 4


def test_a_step_fails_from_its_first_partition() -> None:
    found = run(
        checks()["delay"],
        by_month([bins(), bins(), bins(), bins(shift=0.4), bins(shift=0.4)]),
        [WHOLE, *map(month, range(1, 6))],
    )
    assert [j.outcome.value for j in found.values()] == [
        "fail",
        "pass",
        "pass",
        "pass",
        "fail",
        "fail",
    ]
    assert found[WHOLE].reason.startswith("moved in 2 of 5 slices, first month=4: step: differs")
    assert found[month(4)].observed == pytest.approx(0.87, abs=0.02)
    assert found[month(4)].rows == 10_000
    assert "against q1" in found[month(4)].expected


def test_an_accepted_step_is_a_slow_drift_from_then_on() -> None:
    states = [bins(), bins(), *[bins(shift=0.4)] * 4]
    accepted = frozenset({month(3), month(4)})
    found = outcomes(states, accepted=accepted)
    assert found[-1] == "warn"


def test_a_reference_of_too_few_rows_makes_no_verdict_milder() -> None:
    large, small = (Profile({(DELAY, WHOLE): bins(rows)}) for rows in (1_000_000, 400))
    few = [*[bins(500)] * 4, bins(500, shift=0.49)]
    assert outcomes(few, baseline=large)[-1] == "fail"
    many = by_month([*[bins(100_000)] * 4, bins(100_000, shift=0.4)])
    found = run(checks()["delay"], many, [month(4), month(5)], baseline=small)
    assert [found[month(i)].outcome.value for i in (4, 5)] == ["not_evaluable", "fail"]
    assert found[month(5)].reason == (
        "step: differs from the partitions before; "
        "INSUFFICIENT_ROWS: 100,000 against 400 can't tell a move from chance"
    )


def test_slow_drift_warns() -> None:
    found = outcomes([bins(shift=0.05 * i) for i in range(9)])
    assert "fail" not in found
    assert found[-1] == "warn"


def test_a_single_partition_somewhat_off_does_not_warn_and_a_second_does() -> None:
    off = bins(shift=0.2)
    assert outcomes([bins(), bins(), off, bins()]) == ["pass"] * 5
    assert outcomes([bins(), bins(), off, off])[-1] == "warn"


def test_without_a_baseline_nothing_is_judged_and_the_run_only_warns() -> None:
    check = checks()["delay"]
    uncut = Need(TABLE, Bins(("delay",), Family.FLOAT, ()))  # whatever comes is in its one bin
    in_one = Profile({(uncut, WHOLE): BinsState((100,))})
    for baseline in (None, Profile({(DEST, WHOLE): values(100)}), in_one):
        found = check.judge(Profile(), context(baseline=baseline))
        assert found.outcome is Outcome.NOT_EVALUABLE
        assert found.counts_as is Outcome.WARN
        assert found.reason.startswith("NO_BASELINE")


def test_too_few_rows_say_so() -> None:
    found = run(checks()["delay"], by_month([bins(200), bins(200)]), [month(1), month(2)])
    assert {j.outcome for j in found.values()} == {Outcome.NOT_EVALUABLE}
    assert found[month(1)].reason.startswith("INSUFFICIENT_ROWS: 200 against 30,000")


def test_a_whole_of_which_no_slice_can_be_compared_is_judged_by_itself() -> None:
    jfk, lga = Slice.of({"month": "1", "origin": "JFK"}), Slice.of({"origin": "LGA"})
    baseline = Profile({(DELAY, lga): bins(30_000)})
    for shift, outcome in ((0.4, Outcome.FAIL), (0.0, Outcome.PASS)):
        seen = {(DELAY, jfk): bins(shift=shift)}
        found = run(checks()["delay"], seen, [WHOLE, jfk], baseline=baseline)
        assert found[jfk].outcome is Outcome.NOT_EVALUABLE
        assert found[WHOLE].outcome is outcome


def test_an_unsliced_table_is_compared_with_the_baseline_alone() -> None:
    check = checks()["delay"]
    seen = {(DELAY, WHOLE): bins(shift=0.4)}
    assert run(check, seen, [WHOLE])[WHOLE].outcome is Outcome.FAIL
    assert run(check, {(DELAY, WHOLE): bins()}, [WHOLE])[WHOLE].outcome is Outcome.PASS


def test_columns_that_move_together_are_told_together() -> None:
    judged = []
    for name in ("a", "b", "c", "d"):
        check = replace(checks()["delay"], importance=2.0 if name == "b" else 1.0)
        states = by_month([bins(), bins(), bins(shift=0.0 if name == "d" else 0.4)])
        seen = context(states)
        seen = replace(seen, survey=check.survey(seen))
        for i in (1, 2, 3):
            one = check.judge(seen.seen, replace(seen, where=month(i)))
            assert isinstance(one, DriftJudgement)
            assert one.case is not None
            one = replace(one, case=replace(one.case, feature=name))
            judged.append(Judged(f"x.{name}", check, month(i), one))
    reasons = {
        (j.check_id, j.slice): j.judgement.reason for j in FeatureDrift.settle(tuple(judged))
    }
    assert reasons["x.a", month(3)].endswith("3 of 4 columns moved together, first b")
    assert reasons["x.d", month(3)] == ""


def test_evidence_lets_a_reader_redo_the_number() -> None:
    found = run(
        checks()["delay"], by_month([bins(), bins(), bins(shift=0.4)]), [*map(month, (1, 2, 3))]
    )
    rows = found[month(3)].evidence
    work = {e.label: e.number for e in rows if e.kind == "work" and e.name == "to the baseline"}
    terms = [e.number or 0 for e in rows if e.name == "to the baseline: terms"]
    assert sum(terms) == pytest.approx(work["PSI"])
    assert work["PSI / v"] == pytest.approx(work["PSI"] / work["v"])  # type: ignore[operator]
    assert work["v"] == pytest.approx(1 / work["n"] + 1 / work["m"])  # type: ignore[operator]
    current = [e.count for e in rows if e.name == "to the baseline: current"]
    assert sum(c or 0 for c in current) == 10_000
    then, now = (str(e.text) for e in rows if e.name == "work it out again in SQL")
    assert "VERSION AS OF 3" in then
    assert "VERSION AS OF 7" in now
    assert "try_cast(`month` AS STRING) <=> '3'" in now
    assert found[month(1)].evidence == ()


def test_every_distance_is_among_the_evidence_with_its_unit() -> None:
    found = run(checks()["delay"], by_month([bins(), bins(shift=0.4)]), [month(1), month(2)])
    rows = [e for e in found[month(2)].evidence if e.name.startswith("to the baseline")]
    then, now = (
        np.array([e.count or 0 for e in rows if e.name == f"to the baseline: {side}"])
        for side in ("baseline", "current")
    )
    p, q = then / then.sum(), now / now.sum()
    work = {e.label: e for e in rows if e.kind == "work"}
    chi, p_of_chi, freedom, _ = stats.chi2_contingency([then, now])
    assert freedom == (work["B"].number or 0) - 1
    by_hand = {
        "PSI, raw": (p - q) @ np.log(p / q),
        "Jensen-Shannon divergence": distance.jensenshannon(p, q, base=2) ** 2,
        "chi-square": chi,
        "p of chi-square": p_of_chi,
        "effect size": np.sqrt(((p - q) ** 2 / (2 * (p + q))).sum()),
        "L-infinity": np.abs(p - q).max(),
    }
    for label, number in by_hand.items():
        assert work[label].number == pytest.approx(number, rel=1e-9), label
    assert {label: work[label].text for label in by_hand if label != "p of chi-square"} == {
        "PSI, raw": "nats: p = R / n, q = X / m",
        "Jensen-Shannon divergence": "bits",
        "chi-square": "no unit: two-sample, B - 1 degrees of freedom",
        "effect size": "V_b, 0 to 1",
        "L-infinity": "greatest difference of a share, 0 to 1",
    }
    for label in ("Kolmogorov-Smirnov", "Wasserstein-1, trimmed"):
        bound = work[label]
        assert 0 < (bound.low or 0) < (bound.high or 0)
    trimmed = work["Wasserstein-1, trimmed"]
    assert (trimmed.low or 0) <= (trimmed.number or 0) <= (trimmed.high or 0)
    assert str(trimmed.text).startswith("in robust deviations of ")
    assert found[month(1)].evidence == ()


@pytest.mark.parametrize(
    "options",
    [{"warn": 0.3, "alert": 0.2}, {"warn": 0.0}, {"column": ("a",), "columns": (("b",),)}],
)
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Drift(**options)


def test_a_partition_that_another_check_found_bad_is_no_reference_for_later_ones() -> None:
    moved = [bins(), bins(), *(bins(shift=0.4) for _ in range(5))]
    steps = frozenset(map(month, range(3, 7)))
    assert outcomes(moved, accepted=steps)[-1] == "warn"
    assert outcomes(moved, accepted=steps, broken=steps)[-1] == "fail"
    part = Slice.of({"month": "3", "origin": "JFK"})
    others = steps - {month(3)}
    assert outcomes(moved, accepted=steps, broken=others | {part})[-1] == "fail"
    wide = frozenset({WHOLE, Slice.of({"origin": "JFK"})})
    assert outcomes(moved, accepted=steps, broken=wide)[-1] == "warn"
