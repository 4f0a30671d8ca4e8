"""Whether scores are the probabilities they claim to be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sparkguard.evaluation.metric import Metric, undefined
from sparkguard.evaluation.scores import UNIT, Floats, Scores

GROUPS = 15


@dataclass(frozen=True)
class Calibration:
    """Mean score beside the share of positives, in groups of about equal numbers of labels."""

    n: Floats
    score: Floats
    share: Floats

    @classmethod
    def of(cls, scores: Scores, groups: int = GROUPS) -> Calibration:
        """Neighbouring bins are put together; a bin of many labels is a group by itself."""
        n = scores.negatives + scores.positives
        before = np.cumsum(n) - n
        place = np.minimum(groups - 1, np.floor(groups * before / max(n.sum(), 1))).astype(int)
        each, sums, hits = (
            np.bincount(place, weights=x, minlength=groups).astype(np.float64)
            for x in (n, scores.scores / UNIT, scores.positives)
        )
        held = each > 0
        return cls(each[held], sums[held] / each[held], hits[held] / each[held])

    @cached_property
    def error(self) -> float:
        """Σ (n_k / n) |s̄_k - ȳ_k|: biased upwards where groups are small."""
        return float((self.n * abs(self.score - self.share)).sum() / self.n.sum())


def calibration_error(scores: Scores) -> Metric:
    """The expected calibration error over 15 groups of equal mass."""
    if not scores.n:
        return undefined("calibration_error", "no labelled prediction")
    return Metric("calibration_error", Calibration.of(scores).error)


def ratio(scores: Scores) -> Metric:
    """Σ scores / Σ positives: above 1 the model promises too much."""
    positives = float(scores.positives.sum())
    if not positives:
        return undefined("calibration_ratio", "no label is positive")
    return Metric("calibration_ratio", float(scores.scores.sum()) / UNIT / positives)
