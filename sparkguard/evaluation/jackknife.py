"""Standard errors that respect repeated entities: one bucket of them left out at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sparkguard.evaluation.scores import BINS, ONE, ZERO

BUCKETS = 256
"""Entities fall into as many buckets by their hash."""

COARSE = 64
"""Bins in which scores are counted by bucket: enough for a standard error."""


def coarse(bin_: int) -> int:
    """The coarse bin of a fine one: exact 0 and exact 1 keep their own."""
    if bin_ in (ZERO, ONE):
        return 0 if bin_ == ZERO else COARSE + 1
    return 1 + bin_ * COARSE // BINS


def standard_error(
    totals: NDArray[np.float64],
    metric: Callable[[NDArray[np.float64]], float],
) -> float | None:
    """SE of `metric` from sums by bucket, the first axis of `totals`.

    var = (G - 1) / G Σ (θ_(g) - θ̄)² over the metric without each bucket. None where the metric
    has no value without some bucket, or fewer than two buckets hold anything.
    """
    held = totals[totals.reshape(len(totals), -1).any(axis=1)]
    if len(held) < 2:
        return None
    whole = held.sum(axis=0)
    left: Sequence[float] = [metric(whole - part) for part in held]
    values = np.asarray(left, dtype=np.float64)
    if not np.isfinite(values).all():
        return None
    g = len(values)
    return math.sqrt((g - 1) / g * float(((values - values.mean()) ** 2).sum()))
