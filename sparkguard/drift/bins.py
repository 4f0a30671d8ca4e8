"""Where the bins of a baseline lie, and how a hundred of them are united to twenty."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

FINE = 100
COARSE = 20


def frozen_edges(quantile: Callable[[float], float | None], bins: int = FINE) -> tuple[float, ...]:
    """Edges of `bins` bins of about equal mass; the first and last bin are open-ended.

    `quantile` gives the value below or at which a share of the values lies, None where there are
    no values. A value that spans several quantiles gets a bin of its own.
    """
    found = [quantile(i / bins) for i in range(1, bins)]
    values = [float(x) for x in found if x is not None and math.isfinite(x)]
    edges: dict[float, None] = {}
    for at, value in enumerate(values):
        if at and values[at - 1] == value:
            edges[math.nextafter(value, -math.inf)] = None
        edges[value] = None
    ascending = sorted(edges)
    while len(ascending) > bins - 1:  # a last point bin may add one edge too many
        ascending.pop(0)
    return tuple(ascending)


def pooled(groups: Iterable[tuple[int, Sequence[float]]]) -> Callable[[float], float]:
    """Quantiles over groups of which each is known by its rows and its percentiles.

    A rank may be off by two hundredths: good enough for edges, whose bins are counted exactly.
    """
    known = [(rows, points) for rows, points in groups if points]
    values = np.concatenate([np.asarray(points, dtype=np.float64) for _, points in known])
    weights = np.concatenate([np.full(len(points), rows / len(points)) for rows, points in known])
    order = np.argsort(values, kind="stable")
    ascending, share = values[order], np.cumsum(weights[order]) / weights.sum()
    return lambda rank: float(ascending[min(int(np.searchsorted(share, rank)), len(order) - 1)])


def united(counts: Sequence[int], bins: int = COARSE) -> NDArray[np.intp]:
    """For each fine bin the number of the coarse one it belongs to, from the baseline's counts.

    Neighbours are united by the rank of their middle, so that coarse bins have about equal mass.
    """
    mass = np.asarray(counts, dtype=np.float64)
    total = mass.sum()
    if not total:
        return np.zeros(len(mass), dtype=np.intp)
    middle = (np.cumsum(mass) - mass / 2) / total
    cut = np.minimum(bins - 1, np.floor(middle * bins + 1e-9)).astype(np.intp)
    return np.unique(np.maximum.accumulate(cut), return_inverse=True)[1].astype(np.intp)
