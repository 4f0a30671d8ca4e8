"""Comparisons, references and decisions together: what a night of real features comes to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from sparkguard.drift.cells import Binned, Feature, Listed, feature_of
from sparkguard.drift.comparison import Level, compare
from sparkguard.drift.decision import Case, Step, Trial, decide, populations, settled
from sparkguard.drift.false_alarms import FalseAlarms, halves
from sparkguard.drift.multiplicity import Dependence
from sparkguard.drift.partitions import Partitions
from sparkguard.drift.references import in_order, seasons, with_rolling
from sparkguard.measures.base import Measure
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.families import Family
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.measures.values import Values, ValuesState
from sparkguard.slices import Slice

EDGES = tuple(float(i) for i in range(1, 100))


def binned(rows: int, null: int = 0) -> Binned:
    state = BinsState((rows // 100,) * 100, null)
    found = feature_of(Bins(("x",), Family.FLOAT, EDGES), state)
    assert isinstance(found, Binned)
    return found


def listed(counts: dict[str | None, int], family: Family = Family.STRING) -> Listed:
    found = feature_of(Values(("x",), family), ValuesState(counts))
    assert isinstance(found, Listed)
    return found


def shifted(rows: int, share: float) -> list[int]:
    """Even bins of which `share` of the rows moved from the lower half to the upper one."""
    p = np.full(20, 0.05)
    p[:10] -= share / 10
    p[10:] += share / 10
    return [*np.round(p * rows).astype(int).tolist(), 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("family", "edges", "labels"),
    [
        (Family.FLOAT, (0.5, 2.0), ["to 0.5", "0.5 to 2", "above 2"]),
        (Family.INTEGER, (math.nextafter(5.0, 0.0), 5.0, 9.0), ["to 4", "5", "6 to 9", "from 10"]),
        (
            Family.DATE,
            (19_782.0, 19_784.0),
            ["to 2024-02-29", "2024-03-01 to 2024-03-02", "from 2024-03-03"],
        ),
        (Family.TIMESTAMP, (0.0,), ["to 1970-01-01T00:00:00", "above 1970-01-01T00:00:00"]),
        (Family.FLOAT, (), ["all values"]),
    ],
)
def test_bins_are_named_as_people_would(
    family: Family, edges: tuple[float, ...], labels: list[str]
) -> None:
    state = BinsState((100,) * (len(edges) + 1))
    found = feature_of(Bins(("x",), family, edges), state)
    assert [cell.label for cell in found.cells] == [*labels, "null", "nan", "+inf", "-inf"]


def test_a_hundred_bins_become_twenty_and_four_special_cells() -> None:
    found = binned(10_000, null=50)
    assert len(found.cells) == 24
    assert found.reference.tolist() == [500] * 20 + [50, 0, 0, 0]
    assert (found.cells[0].low, found.cells[0].high) == (None, 5.0)
    assert (found.cells[19].low, found.cells[19].high) == (95.0, None)


@pytest.mark.parametrize("rows", [200, 400, 870])
def test_too_few_rows_are_not_evaluable(rows: int) -> None:
    found = compare(
        binned(rows // 100 * 100), np.array(shifted(rows, 0)), np.array(shifted(rows, 0.4))
    )
    assert not found.evaluable[0]


@pytest.mark.parametrize("rows", [1_000, 10_000, 10**6, 10**8, 10**10])
@pytest.mark.parametrize(("share", "level"), [(0.05, 0), (0.38, 2)])
def test_one_shift_has_one_verdict_at_every_size(rows: int, share: float, level: int) -> None:
    base = binned(rows)
    found = compare(base, base.reference, np.array(shifted(rows, share)))
    assert found.evaluable[0]
    assert found.level()[0] == level


def test_how_far_out_one_outlier_lies_changes_nothing() -> None:
    values = np.random.default_rng(1).normal(50, 20, size=20_000)
    base = binned(20_000)
    assert isinstance(base, Binned)
    found = []
    for outlier in (1e3, 1e9, 1e300):
        counts = np.bincount(np.searchsorted(EDGES, [*values, outlier]), minlength=100)
        state = BinsState(tuple(int(c) for c in counts))
        found.append(compare(base, base.reference, base.counts(state)))
    assert len({float(f.psi[0]) for f in found}) == 1
    assert len({int(f.level()[0]) for f in found}) == 1


def test_a_jump_of_nulls_alerts_whatever_the_distance() -> None:
    base = listed({"a": 9_000, "b": 1_000})
    now = base.counts(ValuesState({"a": 8_300, "b": 900, None: 800}))
    found = compare(base, base.reference, now)
    assert found.level()[0] == Level.ALERT
    assert found.why[0] == "null share 8.00%, was 0.00%"


def test_values_that_the_baseline_lacks_alert() -> None:
    base = listed({"a": 9_000, "b": 1_000})
    found = compare(
        base, base.reference, base.counts(ValuesState({"a": 8_800, "b": 1_000, "z": 200}))
    )
    assert found.direct[0] == Level.ALERT
    assert "2.00% of rows" in found.why[0]
    few = compare(base, base.reference, base.counts(ValuesState({"a": 8_950, "b": 1_000, "z": 50})))
    assert few.direct[0] == Level.STEADY


def test_a_category_that_grew_is_named() -> None:
    base = listed({"a": 5_000, "b": 5_000})
    found = compare(base, base.reference, base.counts(ValuesState({"a": 6_200, "b": 3_800})))
    assert found.why[0] == "the share of 'a' moved by 0.120"


def test_texts_of_many_values_are_judged_by_shares_alone() -> None:
    base = listed({f"v{i}": 10 for i in range(1_000)})
    assert not base.has_distance
    same = compare(base, base.reference, base.reference)
    assert np.isnan(same.psi[0])
    assert same.evaluable[0]
    one = base.counts(ValuesState({"v0": 4_000, **{f"v{i}": 6 for i in range(1, 1_000)}}))
    assert compare(base, base.reference, one).direct[0] == Level.ALERT


def test_constant_columns_can_be_compared() -> None:
    base = listed({"a": 1_000})
    same = compare(base, base.reference, base.counts(ValuesState({"a": 500})))
    assert (same.level()[0], bool(same.evaluable[0]), float(same.psi[0])) == (0, True, 0.0)
    other = compare(base, base.reference, base.counts(ValuesState({"b": 500})))
    assert other.level()[0] == Level.ALERT


def test_a_column_of_which_only_nulls_are_counted() -> None:
    base = feature_of(Counts(("x",), Family.BINARY), CountsState(10_000, 10))
    found = compare(base, base.reference, base.counts(CountsState(10_000, 9_000)))
    assert found.level()[0] == Level.ALERT
    with pytest.raises(TypeError, match="no distribution"):
        feature_of(Rows(), RowsState(3))


def night(shares: list[float]) -> tuple[list[int], list[int | None]]:
    base = binned(10_000)
    counts = np.array([shifted(10_000, s) for s in shares])
    pinned, rolling, has, _ = with_rolling(base, counts, [0] * len(shares), [False] * len(shares))
    return (
        pinned.level().tolist(),
        [int(x) if h else None for x, h in zip(rolling.level(), has, strict=True)],
    )


def test_a_step_differs_from_both_references_and_stays_out_of_the_second() -> None:
    pinned, rolling = night([0, 0, 0, 0.4, 0.4, 0.4])
    assert pinned == [0, 0, 0, 2, 2, 2]
    assert rolling == [None, None, 0, 2, 2, 2]


def test_slow_drift_differs_from_the_baseline_only() -> None:
    pinned, rolling = night([0.05 * i for i in range(9)])
    assert pinned[-1] == 2
    assert all(level in (None, 0, 1) for level in rolling)


def test_an_accepted_step_becomes_the_new_reference() -> None:
    counts = np.array([shifted(10_000, s) for s in (0, 0, 0.4, 0.4, 0.4, 0.4)])
    base = binned(10_000)
    _, rolling, _, _ = with_rolling(base, counts, [0] * 6, [False, False, True, True, False, False])
    assert rolling.level().tolist()[-1] < 2


def last_step(rows: list[int], shares: list[float], baseline: int) -> Step:
    """What the policy says of the last partition, the one judged."""
    edges = tuple(float(i) for i in range(1, 100))
    months = [Slice.of({"month": str(i)}) for i in range(len(rows))]
    states = {
        where: BinsState(tuple(int(x) for x in np.repeat(shifted(n, share)[:20], 5) // 5))
        for where, n, share in zip(months, rows, shares, strict=True)
    }
    base = BinsState((baseline // 100,) * 100)
    found = Partitions(Bins(("x",), Family.FLOAT, edges), base, states, "month")
    pinned, rolling = found.trials(len(rows) - 1)
    assert rolling is not None
    case = Case("t", "x", pinned, rolling, found.lasts(len(rows) - 1))
    return settled({("x", months[-1]): case})["x", months[-1]]


@pytest.mark.parametrize(
    "rows", [[500] * 5, [100] * 4 + [100_000]], ids=["all are small", "those before are small"]
)
def test_partitions_before_of_too_few_rows_make_no_slow_drift_of_a_move(rows: list[int]) -> None:
    found = last_step(rows, [0, 0, 0, 0, 0.49], 1_000_000)
    assert found == Step(Level.ALERT, "differs from the baseline")


def test_a_step_fails_though_the_baseline_has_too_few_rows() -> None:
    found = last_step([100_000] * 5, [0, 0, 0, 0, 0.4], 400)
    assert found == Step(Level.ALERT, "step: differs from the partitions before")
    assert last_step([100_000] * 5, [0] * 5, 400) == Step(Level.STEADY)


def test_what_moves_somewhat_without_a_baseline_of_rows_enough_stays_unjudged() -> None:
    short = Trial(math.nan, math.nan, Level.STEADY, evaluable=False)
    somewhat = Trial(0.0, 1.0, Level.STEADY, evaluable=True)
    assert settled({("x", 1): Case("t", "x", short, somewhat)})["x", 1] == Step(Level.STEADY)


def test_partitions_of_too_few_rows_do_not_let_a_step_into_the_reference() -> None:
    counts = np.array([shifted(100, 0), shifted(100, 0), *[shifted(100_000, 0.45)] * 3])
    _, rolling, has, references = with_rolling(binned(10**6), counts, [0] * 5, [False] * 5)
    assert has.tolist() == [False, False, True, True, True]
    assert references.sum(axis=1).tolist() == [0, 0, 200, 200, 200]
    assert not rolling.evaluable.any()


def test_a_step_from_the_partitions_before_enters_none_while_the_baseline_is_too_small() -> None:
    counts = np.array([shifted(100_000, s) for s in (0, 0, *[0.4] * 5)])
    _, rolling, _, _ = with_rolling(binned(400), counts, [0] * 7, [False] * 7)
    assert rolling.level().tolist()[2:] == [Level.ALERT] * 5
    _, rolling, _, _ = with_rolling(binned(400), counts, [0] * 7, [False] * 2 + [True] * 5)
    assert rolling.level().tolist()[6] < Level.ALERT


@pytest.mark.parametrize(
    ("pinned", "rolling", "lasting", "level"),
    [
        (2, 2, False, 2),
        (2, None, False, 2),
        (2, 0, True, 1),
        (0, 2, True, 1),
        (1, 2, False, 2),
        (1, 1, True, 1),
        (1, 1, False, 0),
        (0, 0, True, 0),
    ],
)
def test_decisions(pinned: int, rolling: int | None, lasting: bool, level: int) -> None:
    found = decide(Level(pinned), None if rolling is None else Level(rolling), lasting)
    assert found.level == level
    assert bool(found.text) == (pinned + (rolling or 0) > 0)


def test_each_rule_controls_its_false_discoveries_as_it_says() -> None:
    """Of 20 tests, p = 0.0004 is below 1 % / 20, and not below it over 1 + 1/2 + ... + 1/20."""
    case = Case("t", "x", Trial(0.0004, 1.0, Level.STEADY, evaluable=True))
    steady = replace(case, pinned=Trial(1.0, 1.0, Level.STEADY, evaluable=True))
    choices: tuple[Dependence, ...] = ("bh", "by")
    cases = {
        (f"rule of {dependence}", at): replace(one, dependence=dependence)
        for dependence in choices
        for at, one in enumerate([case, *[steady] * 19])
    }
    found = settled(cases)
    assert [found[f"rule of {d}", 0].level for d in choices] == [Level.WARN, Level.STEADY]


def test_partitions_in_time() -> None:
    assert in_order(["10", "9", None, "11"]) == [1, 0, 3, 2]
    assert in_order(["2024-02-01", "2024-01-31"]) == [1, 0]
    assert seasons(["2024-01-01", "2024-01-02", "2024-01-08"]) == [0, 1, 0]
    assert seasons(["1", "2"]) == [0, 0]
    assert seasons(["2024-01-01", None, "2024-01-08"]) == [0, -1, 0]


def test_many_features_that_move_in_a_partition_are_one_population() -> None:
    moved = {("a", "may"): 0.5, ("b", "may"): 0.9, ("c", "may"): 0.3, ("a", "june"): 0.5}
    assert populations(moved, {"may": 10, "june": 10}) == {"may": ("b", "a", "c")}


def test_undrifted_noise_stays_within_the_budget() -> None:
    """1,000 features over 30 days through the whole policy, of 2,000 rows each day.

    Half are numbers against 60,000 rows, half categories; the budget is 1 in 1,000.
    """
    rng = np.random.default_rng(12)
    fine, shares = np.full(100, 0.01), [0.4, 0.3, 0.2, 0.1]
    edges = tuple(map(float, range(1, 100)))
    bins, texts = Bins(("x",), Family.FLOAT, edges), Values(("x",), Family.STRING)

    def numbers(rows: int) -> BinsState:
        return BinsState(tuple(rng.multinomial(rows, fine).tolist()))

    def categories(rows: int) -> ValuesState:
        return ValuesState(dict(zip("abcd", rng.multinomial(rows, shares).tolist(), strict=True)))

    days = [Slice.of({"day": str(date(2024, 1, 1) + timedelta(days=i))}) for i in range(30)]
    cases: dict[tuple[str, Slice], Case] = {}
    for i in range(1_000):
        measure: Measure[Any] = bins if i % 2 else texts
        drawn: Callable[[int], Any] = numbers if i % 2 else categories
        found = Partitions(measure, drawn(60_000), {day: drawn(2_000) for day in days}, "day")
        for at, day in enumerate(found.slices):
            pinned, rolling = found.trials(at)
            cases[f"f{i}", day] = Case("t", f"f{i}", pinned, rolling, found.lasts(at))
    assert sum(case.rolling is not None for case in cases.values()) >= 15_000
    alarms = sum(step.level > 0 for step in settled(cases).values())
    assert alarms <= 30


def test_shares_of_undrifted_noise_stay_within_the_budget() -> None:
    rng = np.random.default_rng(13)
    base: Feature = listed({"a": 30_000, "b": 15_000, None: 15_000})
    p = np.array([0.5, 0.25, 0.25, 0.0])
    found = compare(base, rng.multinomial(60_000, p), rng.multinomial(1_000, p, size=30_000))
    assert int((found.level() > 0).sum()) <= 30
    assert int((found.level() == 2).sum()) == 0


def test_halves_of_noise_do_not_alarm_and_halves_that_differ_do() -> None:
    rng = np.random.default_rng(14)
    base = binned(10_000)
    p = np.concatenate((np.full(20, 0.05), np.zeros(4)))
    days = list(range(20))
    noise = rng.multinomial(2_000, p, size=(2, 20))
    quiet = halves({f"f{i}": (base, days, *noise) for i in range(5)})
    assert (quiet.alarms, quiet.compared, quiet.is_over_budget) == (0, 100, False)
    loud = halves({"f": (base, days, noise[0], np.array([shifted(2_000, 0.4)] * 20))})
    assert loud.alarms == 20
    assert loud.is_over_budget
    assert "OVER BUDGET" in str(loud)


def test_the_line_that_every_report_prints() -> None:
    assert str(FalseAlarms(2, 4_000)) == (
        "A/A: 2 alarms in 4,000 feature-partitions, 0.50 per 1,000 (95 % 0.06 to 1.80; budget 1)"
    )
    assert FalseAlarms(0, 0).rate == 0
