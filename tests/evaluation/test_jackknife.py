from __future__ import annotations

import numpy as np
import pytest

from sparkguard.evaluation.auc import plain
from sparkguard.evaluation.jackknife import COARSE, coarse, standard_error
from sparkguard.evaluation.scores import BINS, ONE, ZERO


def test_of_a_mean_it_is_the_known_error() -> None:
    draw = np.random.default_rng(1)
    values = draw.normal(3, 2, 256)
    totals = np.stack((values, np.ones(256)), axis=1)
    found = standard_error(totals, lambda t: float(t[0] / t[1]))
    assert found == pytest.approx(values.std(ddof=1) / 16)


def test_repeated_entities_widen_it() -> None:
    draw = np.random.default_rng(2)
    once = draw.poisson(2.0, (256, 2, COARSE)).astype(float)
    clumped = np.zeros_like(once)
    clumped[:16] = once.reshape(16, 16, 2, COARSE).sum(axis=1)

    def metric(t: np.ndarray) -> float:
        return plain(t[0], t[1])

    alone, together = standard_error(once, metric), standard_error(clumped, metric)
    assert alone is not None
    assert together is not None
    assert standard_error(once[:1], metric) is None
    assert standard_error(once * 4, metric) == pytest.approx(alone)


def test_coarse_bins_keep_order_and_ties() -> None:
    places = [coarse(b) for b in (ZERO, 0, BINS // 2, BINS - 1, ONE)]
    assert places == sorted(set(places))
    assert max(places) == COARSE + 1
