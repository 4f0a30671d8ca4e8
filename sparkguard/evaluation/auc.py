"""The area under the ROC curve as a guaranteed interval, and its sampling error."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sparkguard.evaluation.metric import Metric, in_unit, undefined
from sparkguard.evaluation.scores import Floats, Scores


def auc(scores: Scores) -> Metric:
    """The AUC with ties counted one half.

    Between `bin_low` (pairs in one bin count nothing) and `bin_high` (they count whole) the AUC
    of the unbinned scores always lies; the value is the middle, which is exact where every bin
    holds one score. The interval is DeLong's (DeLong et al., 1988) over bins, on the logit scale.
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
    found = in_unit("auc", value, delong(negatives, positives, value))
    return replace(found, bin_low=low, bin_high=high)


def delong(negatives: Floats, positives: Floats, value: float) -> float:
    """Standard error of an AUC from placement values by bin; 0 for one label of a class."""
    n, p = float(negatives.sum()), float(positives.sum())
    if n < 2 or p < 2:
        return 0.0
    below = np.cumsum(negatives) - negatives
    above = p - np.cumsum(positives)
    of_positives = (below + negatives / 2) / n
    of_negatives = (above + positives / 2) / p
    variance = (positives * (of_positives - value) ** 2).sum() / (p * (p - 1))
    variance += (negatives * (of_negatives - value) ** 2).sum() / (n * (n - 1))
    return math.sqrt(float(variance))


def plain(negatives: Floats, positives: Floats) -> float:
    """The AUC of counts by ascending bin, ties one half; NaN without both classes."""
    n, p = float(negatives.sum()), float(positives.sum())
    if not n or not p:
        return math.nan
    below = np.cumsum(negatives) - negatives
    return float((positives * (below + negatives / 2)).sum() / (n * p))
