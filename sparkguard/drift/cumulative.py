"""Distances between cumulative distributions: Kolmogorov-Smirnov and Wasserstein-1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def kolmogorov(R: ArrayLike, X: ArrayLike) -> tuple[Floats, Floats]:
    """(least, greatest) Kolmogorov-Smirnov distance that counts in ordered fine bins allow, 0 to 1.

    The distance at the edges is exact; between two edges it grows by at most the greater mass
    of the bin between them.
    """
    p, q = _shares(R), _shares(X)
    least = np.abs(np.cumsum(p, axis=-1) - np.cumsum(q, axis=-1)).max(axis=-1, initial=0.0)
    width = np.maximum(p, q).max(axis=-1, initial=0.0)
    return np.asarray(least), np.asarray(np.minimum(1.0, least + width))


@dataclass(frozen=True)
class Trimmed:
    """Wasserstein-1 of values clipped to the baseline's 1 % to 99 %, in its robust deviations.

    That is the integral of |F - G| (Vallender, 1974) between the outer edges. `low` and `high`
    bound what the counts leave open; `scale` is the interquartile range divided by 1.349, in the
    unit of the values.
    """

    distance: float
    low: float
    high: float
    scale: float


def trimmed_wasserstein(
    edges: Sequence[float],
    R: ArrayLike,
    X: ArrayLike,
) -> Trimmed | None:
    """From counts in fine bins: trapezoids of |F - G| between the edges.

    One value, however far out, moves it by at most 1/m of the range between the outer edges.
    None where the baseline's interquartile range is zero, or a side is empty.
    """
    a, b = np.asarray(R, dtype=np.float64), np.asarray(X, dtype=np.float64)
    if len(edges) < 3 or not a.sum() or not b.sum():
        return None
    at = np.asarray(edges, dtype=np.float64)
    F, G = np.cumsum(a)[:-1] / a.sum(), np.cumsum(b)[:-1] / b.sum()
    first, third = (min(int(np.searchsorted(F, rank)), len(at) - 1) for rank in (0.25, 0.75))
    scale = float(at[third] - at[first]) / 1.349
    if scale <= 0:
        return None
    width, gap = np.diff(at), np.abs(F - G)
    middle = np.sum(width * (gap[1:] + gap[:-1]) / 2)
    most = np.sum(width * np.maximum(np.abs(F[1:] - G[:-1]), np.abs(G[1:] - F[:-1])))
    least = np.sum(width * np.maximum(0.0, np.maximum(F[:-1] - G[1:], G[:-1] - F[1:])))
    return Trimmed(float(middle) / scale, float(least) / scale, float(most) / scale, scale)


def _shares(counts: ArrayLike) -> Floats:
    found = np.asarray(counts, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.nan_to_num(found / found.sum(axis=-1, keepdims=True)))
