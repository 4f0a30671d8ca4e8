"""Losses of probabilities: logarithmic and squared."""

from __future__ import annotations

from dataclasses import replace

from sparkguard.evaluation.metric import Metric, mean
from sparkguard.evaluation.scores import SQUARES_UNIT, UNIT, Scores


def log_loss(scores: Scores) -> Metric:
    """Mean of -ln of the probability given to what happened, kept 2.2e-16 from 0 and 1."""
    return mean("log_loss", scores.losses / UNIT, scores.losses2 / SQUARES_UNIT, scores.n)


def brier(scores: Scores) -> Metric:
    """Mean squared distance of the score from 0 or 1 (Brier, 1950), with its `brier_parts`."""
    found = mean("brier", scores.squares / UNIT, scores.squares2 / UNIT, scores.n)
    return found if found.value is None else replace(found, parts=brier_parts(scores, found.value))


def brier_parts(scores: Scores, whole: float) -> tuple[tuple[str, float], ...]:
    """Brier = reliability - resolution + uncertainty + remainder (Murphy, 1973).

    The remainder is what scores of one bin differ among themselves.
    """
    n = scores.negatives + scores.positives
    share, base = scores.positives / n, float(scores.positives.sum() / n.sum())
    reliability = float((n * (scores.scores / UNIT / n - share) ** 2).sum() / n.sum())
    resolution = float((n * (share - base) ** 2).sum() / n.sum())
    uncertainty = base * (1 - base)
    return (
        ("reliability", reliability),
        ("resolution", resolution),
        ("uncertainty", uncertainty),
        ("remainder", whole - (reliability - resolution + uncertainty)),
    )
