from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sparkguard.drift import distances as d

PSI_BASELINE = (426, 437, 429, 391, 469, 433, 360, 443, 371, 418)
PSI_CURRENT = (428, 425, 414, 427, 440, 447, 380, 386, 444, 386)
COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=25)


def cells(first: dict[str, int], second: dict[str, int]) -> tuple[list[int], list[int]]:
    keys = sorted(first.keys() | second.keys())
    return [first.get(k, 0) for k in keys], [second.get(k, 0) for k in keys]


def test_psi_of_deciles_agrees_to_every_digit() -> None:
    assert float(d.psi_raw(PSI_BASELINE, PSI_CURRENT)) == pytest.approx(
        0.007406694184014186, abs=1e-17
    )


def test_psi_with_half_a_row_per_cell() -> None:
    assert float(d.psi(PSI_BASELINE, PSI_CURRENT)) == pytest.approx(0.0073888, abs=5e-8)
    assert float(d.sampling(PSI_BASELINE, PSI_CURRENT)) == pytest.approx(0.000478813, abs=5e-10)


def test_psi_without_correction_is_undefined_when_a_cell_is_zero() -> None:
    assert np.isnan(d.psi_raw([5, 0, 5], [5, 1, 4]))
    assert float(d.psi_raw([5, 0, 5], [5, 0, 5])) == 0


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            {"a": 10, "b": 20, "c": 25, "d": 10, "e": 5},
            {"a": 11, "b": 20, "c": 25, "d": 10, "e": 10},
            0.06015037593984962,
        ),
        (
            {"a": 10, "b": 20, "c": 25, "d": 10, "e": 5},
            {"f": 11, "a": 20, "c": 25, "d": 10, "e": 10},
            0.2857142857142857,
        ),
    ],
)
def test_l_infinity_is_that_of_deequ(
    first: dict[str, int], second: dict[str, int], expected: float
) -> None:
    assert float(d.l_infinity(*cells(first, second))) == pytest.approx(expected, abs=1e-16)


@pytest.mark.parametrize(
    ("alpha", "expected"), [(0.003, 0.2726338046550349), (0.1, 0.33774199396969184)]
)
def test_the_robust_distance_is_that_of_deequ(alpha: float, expected: float) -> None:
    first = {"a": 207, "b": 20, "c": 25, "d": 14, "e": 25, "g": 13}
    second = {"a": 22, "b": 20, "c": 25, "d": 12, "e": 13, "f": 15}
    R, X = cells(first, second)
    found = d.above_noise(d.l_infinity(R, X), d.sampling(R, X), alpha)
    assert float(found) == pytest.approx(expected, abs=1e-15)


def test_jensen_shannon_is_the_square_of_scipys_distance_in_bits() -> None:
    bits = float(d.jensen_shannon([1, 0], [0.5, 0.5]))
    assert math.sqrt(bits * math.log(2)) == pytest.approx(0.46450140402245893, abs=1e-16)


def test_two_sample_chi_square_is_that_of_scipy() -> None:
    statistic = float(d.chi_square([10, 10, 20], [20, 20, 20]))
    assert statistic == pytest.approx(2.7777777777777777, abs=1e-15)
    assert stats.chi2.sf(statistic, 2) == pytest.approx(0.24935220877729619, abs=1e-15)


def test_chi_square_gives_scipys_association() -> None:
    R, X = [100, 203, 420, 320], [150, 322, 700, 210]
    v = math.sqrt(float(d.chi_square(R, X)) / (sum(R) + sum(X)))
    assert v == pytest.approx(0.18617813077483678, abs=1e-16)


def test_replicated_data_leave_pure_distances_where_they_are() -> None:
    R, X = np.array([120, 80, 40, 10]), np.array([100, 90, 30, 30])
    for distance in (d.psi_raw, d.jensen_shannon, d.effect_size, d.l_infinity):
        assert float(distance(200 * R, 200 * X)) == pytest.approx(float(distance(R, X)), rel=1e-12)
    assert float(d.chi_square(200 * R, 200 * X)) == pytest.approx(200 * float(d.chi_square(R, X)))
    assert float(d.psi(200 * R, 200 * X)) != pytest.approx(float(d.psi(R, X)), rel=1e-3)


def test_an_effect_size_does_not_depend_on_how_many_rows_a_side_has() -> None:
    R, X = np.array([60, 40]), np.array([40, 60])
    sizes = [float(d.effect_size(k * R, X)) for k in (1, 10, 1000)]
    assert sizes == pytest.approx([0.2] * 3)


def test_psi_without_drift_follows_its_null_law() -> None:
    """Quantiles of 100,000 simulated comparisons of 1,000 rows in ten equal bins."""
    rng = np.random.default_rng(20_260_101)
    R, X = rng.multinomial(1_000, [0.1] * 10, size=(2, 100_000))
    found = d.psi_raw(R, X)
    assert float(np.quantile(found, 0.95)) == pytest.approx(0.0338, rel=0.03)
    assert float(np.quantile(found, 0.999)) == pytest.approx(0.0558, rel=0.03)


@given(COUNTS, st.data())
def test_distances_are_symmetric_and_zero_for_equals(R: list[int], data: st.DataObject) -> None:
    X = data.draw(st.lists(st.integers(0, 10_000), min_size=len(R), max_size=len(R)))
    if not sum(R) or not sum(X):
        return
    for distance in (d.psi, d.jensen_shannon, d.effect_size, d.l_infinity, d.chi_square):
        assert float(distance(R, X)) == pytest.approx(float(distance(X, R)), abs=1e-9)
        assert float(distance(R, R)) == pytest.approx(0, abs=1e-12)
        assert float(distance(R, X)) >= 0
    padded = [*R, 0, 0], [*X, 0, 0]
    assert float(d.psi(*padded)) == pytest.approx(float(d.psi(R, X)), abs=1e-12)


def test_many_partitions_are_compared_at_once() -> None:
    R, X = np.array([50, 30, 20]), np.array([[50, 30, 20], [10, 30, 60]])
    both = d.psi(R, X)
    assert both.shape == (2,)
    assert float(both[1]) == pytest.approx(float(d.psi(R, X[1])))
