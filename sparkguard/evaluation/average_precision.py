"""The area under the precision-recall curve, by steps, with the bounds that bins leave."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.special import digamma

from sparkguard.evaluation.auc import ONE_OF_A_CLASS
from sparkguard.evaluation.metric import Metric, in_unit, undefined, z_of
from sparkguard.evaluation.scores import Floats, Scores


def average_precision(scores: Scores) -> Metric:
    """Σ (R_k - R_{k-1}) Prec_k over bins from the greatest score down.

    The bounds hold for every order and every ties inside the bins: at worst all negatives of a
    bin come first and no two scores are equal, at best its positives are tied and come first.
    The standard error takes precision at each recall as a mean over positives; it leaves out
    the chance in the number of positives (Boyd et al., 2013, compare such intervals). There is
    none for one positive. Where precision is 1 at all of them, the interval is Wilson's (1927).
    """
    negatives, positives = scores.negatives[::-1], scores.positives[::-1]
    tied = scores.tied[::-1]
    p = positives.sum()
    if not p:
        return undefined("average_precision", "no label is positive")
    hits, misses = np.cumsum(positives), np.cumsum(negatives)
    precision = hits / (hits + misses)
    value = float((positives * precision).sum() / p)
    hits_before, misses_before = hits - positives, misses - negatives
    best = positives * np.divide(
        hits, hits + misses_before, out=np.ones_like(hits), where=hits + misses_before > 0
    )
    first = hits_before + misses + 1
    worst = positives - misses * (digamma(first + positives) - digamma(first))
    exact = positives * precision
    low = np.where(tied, exact, np.minimum(worst, exact)).sum() / p
    high = np.where(tied, exact, np.maximum(best, exact)).sum() / p
    found = _with_error(value, positives, precision)
    return replace(found, bin_low=float(low), bin_high=float(high))


def _with_error(value: float, positives: Floats, precision: Floats) -> Metric:
    p = float(positives.sum())
    if p < 2:
        return Metric("average_precision", value, reason=ONE_OF_A_CLASS)
    if value == 1:
        z = z_of()
        low = p / (p + z**2)
        return Metric("average_precision", value, low, 1.0, error=(1 - low) / z)
    spread = float((positives * (precision - value) ** 2).sum()) / p
    return in_unit("average_precision", value, math.sqrt((spread + value * (1 - value)) / p))
