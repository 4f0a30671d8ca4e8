"""References and decisions: what becomes of partitions that moved."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sparkguard.drift.comparison import Level
from sparkguard.drift.decision import Case, Step, Trial, decide, populations, settled
from sparkguard.drift.multiplicity import Dependence
from sparkguard.drift.partitions import Partitions
from sparkguard.drift.references import in_order, seasons, with_rolling
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.families import Family
from sparkguard.slices import Slice
from tests.drift.features import EDGES, binned, shifted


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
    months = [Slice.of({"month": str(i)}) for i in range(len(rows))]
    states = {
        where: BinsState(tuple(int(x) for x in np.repeat(shifted(n, share)[:20], 5) // 5))
        for where, n, share in zip(months, rows, shares, strict=True)
    }
    base = BinsState((baseline // 100,) * 100)
    found = Partitions(Bins(("x",), Family.FLOAT, EDGES), base, states, "month")
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
