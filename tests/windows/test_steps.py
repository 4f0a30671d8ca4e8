"""The volume curve and its step."""

from __future__ import annotations

import random

import pytest

from sparkguard.windows.steps import HOT_UNIT, RUNGS, curve, step_change, wilson


def _counts(
    rate_above: float, rate_below: float, units: int = 101
) -> dict[tuple[int, int], tuple[int, int]]:
    found = {}
    for unit in range(units):
        for size in range(10):
            n = 20
            rate = rate_above if size >= 7 else rate_below
            found[unit, size] = (round(n * rate), n)
    return found


def test_a_clean_step_is_found_where_it_is() -> None:
    step = step_change(_counts(1.0, 0.0))
    assert step is not None
    assert (step.at, step.above.rate, step.below.rate, step.is_step) == (7, 1.0, 0.0, True)
    assert step.p == pytest.approx(1 / 200)


def test_a_rate_that_does_not_depend_on_population_is_no_step() -> None:
    step = step_change(_counts(0.25, 0.25))
    assert step is not None
    assert not step.is_step


def test_a_bug_of_some_entities_is_no_step() -> None:
    """Entities are wrong as a whole, whatever the population of their windows."""
    counts = {
        (unit, size): (30 if unit % 10 == 0 else 0, 30) for unit in range(101) for size in range(8)
    }
    step = step_change(counts)
    assert step is not None
    assert not step.is_step


@pytest.mark.parametrize("wrong", [1, 2, 5, 30])
def test_a_few_errors_at_random_are_no_step(wrong: int) -> None:
    rng = random.Random(wrong)
    steps = [step_change(_scattered(rng, wrong, range(8))) for _ in range(25)]
    assert sum(step is not None and step.is_step for step in steps) <= 1


def _scattered(
    rng: random.Random, wrong: int, sizes: range, units: range = range(101)
) -> dict[tuple[int, int], tuple[int, int]]:
    """So many wrong rows at these sizes, among 40 windows of each unit and size."""
    hit = [(rng.choice(units), rng.choice(sizes)) for _ in range(wrong)]
    return {
        (unit, size): (min(hit.count((unit, size)), 40), 40)
        for unit in range(101)
        for size in range(8)
    }


def test_a_few_errors_in_large_windows_alone_are_a_step() -> None:
    step = step_change(_scattered(random.Random(1), 12, range(6, 8)))
    assert step is not None
    assert (step.at, step.is_step) == (6, True)


def test_errors_of_one_unit_may_be_of_one_entity_and_are_no_step() -> None:
    step = step_change(_scattered(random.Random(1), 12, range(6, 8), range(5, 6)))
    assert step is not None
    assert (step.units, step.is_step) == (1, False)


def test_more_windows_than_can_be_dealt_are_dealt_in_shares() -> None:
    found = {key: (bad * 10**9, n * 10**9) for key, (bad, n) in _counts(0.4, 0.1).items()}
    step = step_change(found)
    assert step is not None
    assert (step.at, step.is_step) == (7, True)


def test_nothing_wrong_is_no_step() -> None:
    assert step_change(_counts(0.0, 0.0)) is None
    assert step_change({(0, 3): (5, 10)}) is None


def test_the_same_counts_give_the_same_step() -> None:
    assert step_change(_counts(0.4, 0.1)) == step_change(_counts(0.4, 0.1))


def test_entities_beside_the_sample_leave_its_step_alone() -> None:
    counts = _counts(1.0, 0.0, 11)
    assert step_change({**counts, (HOT_UNIT, 9): (5_000, 5_000)}) == step_change(counts)


def test_rungs_are_nested() -> None:
    counts = _counts(1.0, 0.0)
    sizes = [sum(p.compared for p in curve(counts, last)) for _, last in RUNGS]
    assert sizes == [200, 400, 2_200, 20_200]


def test_wilson_bounds_a_share() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(5, 10)
    assert (round(low, 3), round(high, 3)) == (0.237, 0.763)
    assert wilson(10, 10)[1] == 1.0
