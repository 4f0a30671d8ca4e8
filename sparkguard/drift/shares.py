"""Intervals of shares and of their differences."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]

CONFIDENCE = 0.99


def wilson(count: ArrayLike, rows: ArrayLike, confidence: float = CONFIDENCE) -> tuple[Any, Any]:
    """Interval of a share (Wilson, 1927); (0, 1) for no rows."""
    k, n = np.asarray(count, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    z = float(stats.norm.isf((1 - confidence) / 2))
    safe = np.maximum(n, 1)
    share, square = k / safe, z * z
    middle = (share + square / (2 * safe)) / (1 + square / safe)
    half = z / (1 + square / safe) * np.sqrt(share * (1 - share) / safe + square / (4 * safe**2))
    low = np.where(n > 0, np.maximum(0.0, middle - half), 0.0)
    return low, np.where(n > 0, np.minimum(1.0, middle + half), 1.0)


def newcombe(
    before: ArrayLike,
    rows_before: ArrayLike,
    after: ArrayLike,
    rows_after: ArrayLike,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats, Floats]:
    """(difference, low, high) of the share after less that before (Newcombe, 1998, method 10)."""
    n = np.maximum(np.asarray(rows_before, dtype=np.float64), 1)
    m = np.maximum(np.asarray(rows_after, dtype=np.float64), 1)
    p, q = np.asarray(before, dtype=np.float64) / n, np.asarray(after, dtype=np.float64) / m
    low_p, high_p = wilson(before, rows_before, confidence)
    low_q, high_q = wilson(after, rows_after, confidence)
    d = q - p
    return (
        np.asarray(d),
        np.asarray(d - np.sqrt((q - low_q) ** 2 + (high_p - p) ** 2)),
        np.asarray(d + np.sqrt((high_q - q) ** 2 + (p - low_p) ** 2)),
    )


def outside(low: ArrayLike, high: ArrayLike, limit: float) -> Any:
    """True where an interval lies wholly outside plus and minus `limit`."""
    return (np.asarray(low) > limit) | (np.asarray(high) < -limit)


def clopper_pearson(count: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share (Clopper and Pearson, 1934); (0, 1) for none."""
    if of <= 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else float(stats.beta.ppf(tail, count, of - count + 1))
    high = 1.0 if count == of else float(stats.beta.ppf(1 - tail, count + 1, of - count))
    return low, high
