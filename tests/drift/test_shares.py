from __future__ import annotations

import pytest
from scipy import stats

from sparkguard.drift.shares import clopper_pearson, newcombe, outside, wilson


@pytest.mark.parametrize(("count", "rows"), [(0, 20), (7, 20), (20, 20), (300, 10_000)])
def test_wilson_is_that_of_scipy(count: int, rows: int) -> None:
    expected = stats.binomtest(count, rows).proportion_ci(0.99, "wilson")
    low, high = wilson(count, rows)
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_rows_say_nothing_about_a_share() -> None:
    low, high = wilson(0, 0)
    assert (float(low), float(high)) == (0, 1)


def test_newcombes_published_interval() -> None:
    """Example (a) of Newcombe (1998): 56/70 less 48/80, method 10, 95 %."""
    d, low, high = newcombe(48, 80, 56, 70, 0.95)
    assert (round(float(d), 4), round(float(low), 4), round(float(high), 4)) == (
        0.2,
        0.0524,
        0.3339,
    )


@pytest.mark.parametrize(
    ("after", "warn", "alert"), [(100, False, False), (400, True, False), (1_000, True, True)]
)
def test_a_share_that_moved_lies_outside(after: int, warn: bool, alert: bool) -> None:
    _, low, high = newcombe(100, 10_000, after, 10_000)
    assert bool(outside(low, high, 0.01)) is warn
    assert bool(outside(low, high, 0.05)) is alert


@pytest.mark.parametrize(("count", "of"), [(0, 100), (3, 3_000), (5, 5)])
def test_clopper_pearson_is_that_of_scipy(count: int, of: int) -> None:
    expected = stats.binomtest(count, of).proportion_ci(0.95, "exact")
    assert clopper_pearson(count, of) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_none_of_none() -> None:
    assert clopper_pearson(0, 0) == (0, 1)
