"""Whether the labelled predictions are a fair sample of all by their scores, and what if not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sparkguard.drift.distances import jensen_shannon_corrected
from sparkguard.evaluation.scores import BINS, INVALID, ONE, ZERO
from sparkguard.evaluation.tasks import Binary, Cells

LIMIT = 0.134
CELLS = 20
STEPS = 1_000_000
"""Weights are counted in whole millionths, as metrics are computed from whole numbers."""


@dataclass(frozen=True)
class Selection:
    """Corrected Jensen-Shannon distance of labelled from all scores; weights by score bin.

    A label weighs w = N_all / N_labelled of its cell, None where a cell has no label: nobody
    knows then what its predictions are worth. `effective` is (Σw)² / Σw²: how many labels of
    equal weight the reweighted ones are worth.
    """

    distance: float
    effective: float
    weights: Mapping[int, float] | None = field(default=None, repr=False)

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
    held = (part > 0) | (whole == 0)
    weights = dict(zip(bins, weight[place].tolist(), strict=True)) if held.all() else None
    return Selection(distance, effective, weights)


def selection_of(cells: Cells) -> Selection | None:
    """Of a binary model's cells."""
    every = bins_of({(int(k[0] or 0), int(k[1] or 0)): s[0] for k, s in cells.items()})
    known = bins_of({(int(k[0] or 0), int(k[1] or 0)): s[1] + s[2] for k, s in cells.items()})
    return selection(every, known)


def reweighted(task: Binary, cells: Cells) -> Mapping[str, tuple[float | None, float]]:
    """Each metric as of labels whose scores are spread as all scores are, and `effective`.

    Nothing where the labels are a fair sample, or a cell of scores has none. The value assumes
    that labels are missing at random given the score, so it stands beside the plain one.
    """
    found = selection_of(cells)
    if found is None or not found.is_biased or found.weights is None:
        return {}
    weights = {bin_: STEPS * weight for bin_, weight in found.weights.items()}
    again = {
        key: (sums[0], *(round(weights.get(int(key[0] or 0), 0.0) * x) for x in sums[1:]))
        for key, sums in cells.items()
    }
    return {metric.name: (metric.value, found.effective) for metric in task.metrics(again)}


def bins_of(cells: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Numbers by bin from numbers by (bin, step)."""
    found: dict[int, int] = {}
    for (bin_, _), n in cells.items():
        if ZERO <= bin_ <= ONE or 0 <= bin_ < BINS:
            found[bin_] = found.get(bin_, 0) + n
    return found
