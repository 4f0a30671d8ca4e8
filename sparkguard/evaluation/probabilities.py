"""Losses of probabilities: logarithmic and squared."""

from __future__ import annotations

from dataclasses import dataclass

from sparkguard.evaluation.metric import Metric, mean
from sparkguard.evaluation.scores import SQUARES_UNIT, UNIT, Scores


def log_loss(scores: Scores) -> Metric:
    """Mean of -ln of the probability given to what happened, kept 2.2e-16 from 0 and 1."""
    return mean("log_loss", scores.losses / UNIT, scores.losses2 / SQUARES_UNIT, scores.n)


def brier(scores: Scores) -> Metric:
    """Mean squared distance of the score from 0 or 1 (Brier, 1950)."""
    return mean("brier", scores.squares / UNIT, scores.squares2 / UNIT, scores.n)


@dataclass(frozen=True)
class BrierParts:
    """Brier = reliability - resolution + uncertainty + remainder (Murphy, 1973).

    The remainder is what scores of one bin differ among themselves.
    """

    reliability: float
    resolution: float
    uncertainty: float
    remainder: float


def brier_parts(scores: Scores) -> BrierParts | None:
    """None without labels."""
    if not scores.n:
        return None
    n = scores.negatives + scores.positives
    share, base = scores.positives / n, float(scores.positives.sum() / n.sum())
    reliability = float((n * (scores.scores / UNIT / n - share) ** 2).sum() / n.sum())
    resolution = float((n * (share - base) ** 2).sum() / n.sum())
    uncertainty = base * (1 - base)
    whole = scores.squares / UNIT / scores.n
    return BrierParts(
        reliability, resolution, uncertainty, whole - (reliability - resolution + uncertainty)
    )
