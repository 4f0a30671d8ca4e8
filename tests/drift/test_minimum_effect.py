from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sparkguard.drift import distances
from sparkguard.drift.minimum_effect import critical, is_evaluable, p_value

TABLE = {
    0.10: (0.634, 0.249, 0.133, 0.109, 0.103, 0.101),
    0.25: (0.880, 0.448, 0.299, 0.264, 0.254, 0.251),
}
SIZES = (200, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)


@pytest.mark.parametrize("delta", TABLE)
def test_critical_values(delta: float) -> None:
    found = [float(critical(2 / n, 20, delta)) for n in SIZES]
    assert [round(x, 3) for x in found] == list(TABLE[delta])


@pytest.mark.parametrize("n", [1_000, 10_000, 10**6, 10**8, 10**10])
@pytest.mark.parametrize("delta", [0.1, 0.25])
def test_the_p_value_at_the_critical_index_is_alpha(n: int, delta: float) -> None:
    found = float(p_value(critical(2 / n, 20, delta), 2 / n, 20, delta))
    assert found == pytest.approx(0.001, rel=0.01)


def test_both_forms_meet() -> None:
    for shift in (9_000.0, 9_999.0, 10_001.0, 12_000.0):
        v = 0.1 / shift
        for z in (-2.0, 0.0, 2.0, 3.0):
            x = 19 + shift + z * np.sqrt(2 * (19 + 2 * shift))
            expected = stats.ncx2.sf(x, 19, shift)
            assert float(p_value(x * v, v, 20, 0.1)) == pytest.approx(expected, rel=2e-3)


def test_rows_from_which_twenty_bins_are_evaluable() -> None:
    assert is_evaluable(2 / 877, 20, 0.1)
    assert not is_evaluable(2 / 870, 20, 0.1)


def test_one_cell_has_nothing_to_test() -> None:
    assert float(p_value(0.0, 0.001, 1, 0.1)) == 1
    assert is_evaluable(0.5, 1, 0.1)


def test_the_hand_check_of_the_decile_case() -> None:
    psi, v = 0.0073888, 0.000478813
    assert psi / v == pytest.approx(15.43, abs=0.005)
    assert float(p_value(psi, v, 10, 0.0)) == pytest.approx(0.080, abs=0.001)
    assert float(p_value(psi, v, 10, 0.1)) == pytest.approx(1.0, abs=1e-9)


def test_a_true_index_at_the_limit_is_found_no_more_often_than_stated() -> None:
    """Two distributions exactly 0.1 apart, 2,000 rows each, 20,000 times."""
    p = np.full(20, 0.05)
    tilt = np.linspace(-1, 1, 20)
    low, high = 0.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        q = p * np.exp(middle * tilt)
        q /= q.sum()
        low, high = (middle, high) if ((p - q) * np.log(p / q)).sum() < 0.1 else (low, middle)
    rng = np.random.default_rng(3)
    R, X = rng.multinomial(2_000, p, size=20_000), rng.multinomial(2_000, q, size=20_000)
    found = p_value(distances.psi(R, X), distances.sampling(R, X), 20, 0.1)
    assert float((found <= 0.01).mean()) <= 0.015
    assert float((found <= 0.05).mean()) == pytest.approx(0.05, abs=0.015)
