"""Whether the labelled predictions are a fair sample of all, judged by their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sparkguard.drift.distances import jensen_shannon_corrected
from sparkguard.evaluation.scores import BINS, INVALID, ONE, ZERO

LIMIT = 0.134
CELLS = 20


@dataclass(frozen=True)
class Selection:
    """Corrected Jensen-Shannon distance of labelled from all scores; weights by cell.

    `effective` is (Σw)² / Σw²: how many labels the reweighted ones are worth.
    """

    distance: float
    effective: float

    @property
    def is_biased(self) -> bool:
        return self.distance > LIMIT


def selection(every: Mapping[int, int], labelled: Mapping[int, int]) -> Selection | None:
    """From numbers of predictions by score bin, all and labelled; None without labels.

    Scores are put into 20 cells of equal mass of all predictions.
    """
    bins = sorted(b for b in every if b != INVALID and every[b])
    n = np.array([every[b] for b in bins], dtype=np.float64)
    m = np.array([labelled.get(b, 0) for b in bins], dtype=np.float64)
    if not n.sum() or not m.sum():
        return None
    before = np.cumsum(n) - n
    place = np.minimum(CELLS - 1, np.floor(CELLS * before / n.sum())).astype(int)
    whole, part = (np.bincount(place, weights=x, minlength=CELLS) for x in (n, m))
    distance = float(jensen_shannon_corrected(whole, part))
    weight = np.divide(whole, part, out=np.zeros_like(whole), where=part > 0)
    effective = float((part * weight).sum() ** 2 / (part * weight**2).sum())
    return Selection(distance, effective)


def bins_of(cells: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Numbers by bin from numbers by (bin, step)."""
    found: dict[int, int] = {}
    for (bin_, _), n in cells.items():
        if ZERO <= bin_ <= ONE or 0 <= bin_ < BINS:
            found[bin_] = found.get(bin_, 0) + n
    return found
