from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.drift.bins import frozen_edges, united


def quantile_of(values: list[float]) -> object:
    ordered = sorted(values)

    def at(rank: float) -> float | None:
        return (
            ordered[min(len(ordered) - 1, int(np.ceil(rank * len(ordered))) - 1)]
            if ordered
            else None
        )

    return at


def test_edges_are_the_percentiles_of_spread_values() -> None:
    edges = frozen_edges(quantile_of([float(i) for i in range(1, 1_001)]))  # type: ignore[arg-type]
    assert edges == tuple(float(10 * i) for i in range(1, 100))


def test_a_value_that_spans_quantiles_has_a_bin_of_its_own() -> None:
    values = [0.0] * 500 + [float(i) for i in range(1, 501)]
    edges = frozen_edges(quantile_of(values))  # type: ignore[arg-type]
    assert edges[1] == 0.0
    assert -1e-300 < edges[0] < 0.0
    counts = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)
    assert counts[1] == 500
    coarse = united([int(c) for c in counts])
    assert int((coarse == coarse[1]).sum()) <= 2


def test_no_values_have_no_edges() -> None:
    assert frozen_edges(lambda rank: None) == ()
    assert united([0, 0, 0]).tolist() == [0, 0, 0]


def test_a_hundred_even_bins_unite_by_five() -> None:
    assert united([10] * 100).tolist() == [i // 5 for i in range(100)]


@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, 1e9, -7.0, 1e-300]) | st.floats(-1e6, 1e6)))
def test_edges_ascend_and_are_at_most_99(values: list[float]) -> None:
    edges = frozen_edges(quantile_of(values))  # type: ignore[arg-type]
    assert len(edges) <= 99
    assert all(a < b for a, b in pairwise(edges))


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=100))
def test_coarse_bins_are_at_most_twenty_and_keep_the_order(counts: list[int]) -> None:
    coarse = united(counts)
    assert int(coarse.max()) < 20
    assert (np.diff(coarse) >= 0).all()
    assert set(coarse.tolist()) == set(range(int(coarse.max()) + 1))
