from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sparkguard.drift.cumulative import kolmogorov, trimmed_wasserstein
from sparkguard.drift.distances import above_noise, smirnov


def test_constants_of_smirnovs_bound() -> None:
    assert [round(smirnov(a), 3) for a in (0.05, 0.01, 0.001)] == [1.358, 1.628, 1.949]


def test_the_true_distance_lies_between_the_bounds() -> None:
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=4_000), rng.normal(0.3, 1, size=4_000)
    edges = np.quantile(a, np.arange(1, 100) / 100)
    R, X = (np.bincount(np.searchsorted(edges, x), minlength=100) for x in (a, b))
    points = np.concatenate((a, b))
    cdf = [np.searchsorted(np.sort(x), points, side="right") / len(x) for x in (a, b)]
    true = float(np.abs(cdf[0] - cdf[1]).max())
    least, most = kolmogorov(R, X)
    assert float(least) <= true <= float(most)
    assert 0 < float(above_noise(least, 1 / 2_000, 0.001)) < true


def test_one_outlier_moves_the_trimmed_distance_by_its_share_only() -> None:
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=20_000), rng.normal(0.5, 1, size=20_000)
    edges = [float(e) for e in np.quantile(a, np.arange(1, 100) / 100)]
    R, X = (np.bincount(np.searchsorted(edges, x), minlength=100) for x in (a, b))
    without = trimmed_wasserstein(edges, R, X)
    far = X.copy()
    far[int(np.argmax(X))] -= 1
    far[-1] += 1
    moved = trimmed_wasserstein(edges, R, far)
    assert without is not None
    assert moved is not None
    assert without.low <= without.distance <= without.high
    assert without.distance == pytest.approx(0.5, rel=0.06)
    clipped = (np.clip(x, edges[0], edges[-1]) for x in (a, b))
    exact = float(stats.wasserstein_distance(*clipped)) / without.scale
    assert without.low <= exact <= without.high
    assert without.distance == pytest.approx(exact, rel=0.01)
    span = (edges[-1] - edges[0]) / without.scale
    assert abs(moved.distance - without.distance) <= span / 20_000 + 1e-12


def test_a_baseline_without_spread_has_no_trimmed_distance() -> None:
    assert trimmed_wasserstein([1.0, 2.0, 3.0], [0, 100, 0, 0], [0, 50, 50, 0]) is None
