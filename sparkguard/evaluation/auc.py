"""The area under the ROC curve as a guaranteed interval, and its sampling error."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from sparkguard.evaluation.metric import Metric, in_unit, undefined, z_of
from sparkguard.evaluation.scores import Floats, Scores

ONE_OF_A_CLASS = "one label of a class tells no standard error"


def auc(scores: Scores) -> Metric:
    """The AUC with ties counted one half.

    Between `bin_low` (pairs in one bin count nothing) and `bin_high` (they count whole) the AUC
    of the unbinned scores always lies; the value is the middle, which is exact where every bin
    holds one score. The interval is DeLong's (DeLong et al., 1988) over bins, on the logit scale,
    and `beside_separated` where the scores separate the classes.
    """
    negatives, positives = scores.negatives, scores.positives
    n, p = negatives.sum(), positives.sum()
    if not n or not p:
        return undefined("auc", "the labels are all of one class")
    below = np.cumsum(negatives) - negatives
    pairs = negatives * positives
    ties = pairs[scores.tied].sum() / 2
    loose = pairs[~scores.tied].sum()
    low = float(((positives * below).sum() + ties) / (p * n))
    high = float(low + loose / (p * n))
    value = (low + high) / 2
    error = delong(negatives, positives, value)
    if min(n, p) < 2:
        found = Metric("auc", value, reason=ONE_OF_A_CLASS)
    elif error is None:
        found = beside_separated(value, n, p)
    elif not error:
        found = Metric("auc", value, value, value, error=error)
    else:
        found = in_unit("auc", value, error)
    return replace(found, bin_low=low, bin_high=high)


def delong(negatives: Floats, positives: Floats, value: float) -> float | None:
    """Standard error of an AUC from placement values by bin.

    None for fewer than two labels of a class, and where the scores separate the classes: the
    next label may be the first out of its place. It is 0 where all scores are in one bin: one
    score for all has an AUC of one half, whatever the labels.
    """
    n, p = float(negatives.sum()), float(positives.sum())
    if n < 2 or p < 2:
        return None
    below = np.cumsum(negatives) - negatives
    above = p - np.cumsum(positives)
    of_positives = (below + negatives / 2) / n
    of_negatives = (above + positives / 2) / p
    varies = np.ptp(of_positives[positives > 0]) or np.ptp(of_negatives[negatives > 0])
    if not varies:
        return 0.0 if 0 < value < 1 else None
    variance = (positives * (of_positives - value) ** 2).sum() / (p * (p - 1))
    variance += (negatives * (of_negatives - value) ** 2).sum() / (n * (n - 1))
    return math.sqrt(float(variance))


def beside_separated(value: float, n: float, p: float) -> Metric:
    """The interval of an AUC of 0 or 1, of `n` negatives and `p` positives.

    Where it ends, Hanley and McNeil's variance there would just leave the value within 95 %
    (method 5 of Newcombe, 2006). The standard error is its length over that quantile.
    """
    z, labels = z_of(), (n + p) / 2 - 1

    def beyond(limit: float) -> float:
        spread = 1 + labels * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        return 1 - limit - z**2 * limit * spread / (n * p)

    limit = float(brentq(beyond, 0, 1))
    low, high = (limit, 1.0) if value else (0.0, 1 - limit)
    return Metric("auc", value, low, high, error=(high - low) / z)


def plain(negatives: Floats, positives: Floats) -> float:
    """The AUC of counts by ascending bin, ties one half; NaN without both classes."""
    n, p = float(negatives.sum()), float(positives.sum())
    if not n or not p:
        return math.nan
    below = np.cumsum(negatives) - negatives
    return float((positives * (below + negatives / 2)).sum() / (n * p))
