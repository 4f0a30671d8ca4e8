"""One number per day against its own past: robust, by weekday, with a floor."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

import numpy as np

from sparkguard.verdicts import Evidence

WEEKS = 8
LEAST = 4
TICKET, PAGE = 4.0, 5.0
MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Score:
    """How far a point lies from where its weekday usually is.

    `z` is None before there are four same weekdays; `expected` is their median, `scale` the
    robust deviation with its floor, both in the unit of the metric. `alike` says how many same
    weekdays there were.
    """

    z: float | None
    expected: float | None = None
    scale: float | None = None
    alike: int = 0

    @property
    def band(self) -> tuple[float, float] | None:
        """What lies within the ticket's limit."""
        if self.expected is None or self.scale is None:
            return None
        reach = TICKET * self.scale * _widening(self.alike)
        return self.expected - reach, self.expected + reach


def score(
    points: Mapping[date, float],
    day: date,
    *,
    weeks: int = WEEKS,
    floor: float = 0.01,
    quantum: float = 0.0,
    step: int = 7,
) -> Score:
    """z of the point of `day` against the days before it; a missing day stays missing.

    z = (x - med) / (s sqrt(1 + pi / (2 k))): med is the median of the k same weekdays among the
    `weeks` before, s is 1.4826 times the median absolute residual of all their days, each from
    its own weekday's median, and at least `floor` times |med| and at least `quantum`. The point
    itself enters neither. `step` is the season in days. Raises KeyError when `day` has no point.
    """
    value = points[day]
    window = {
        k: points[d] for k in range(1, weeks * step + 1) if (d := day - timedelta(days=k)) in points
    }
    alike = [x for k, x in window.items() if k % step == 0]
    if len(alike) < LEAST:
        return Score(None, alike=len(alike))
    middles = {
        r: median(x for k, x in window.items() if k % step == r) for r in {k % step for k in window}
    }
    residuals = [abs(x - middles[k % step]) for k, x in window.items()]
    expected = median(alike)
    scale = max(MAD_TO_SD * median(residuals), floor * abs(expected), quantum)
    if scale == 0:
        z = 0.0 if value == expected else math.copysign(math.inf, value - expected)
    else:
        z = (value - expected) / (scale * _widening(len(alike)))
    return Score(z, expected, scale, len(alike))


@dataclass(frozen=True)
class Change:
    """Where the level of a series changed: first position after it, the levels, and how surely.

    `strength` is the difference in robust deviations of the points around their own side's
    median, times sqrt(n1 n2 / (n1 + n2)).
    """

    at: int
    before: float
    after: float
    strength: float


def changepoint(
    values: Sequence[float], least: float = PAGE, *, floor: float = 0.01, quantum: float = 0.0
) -> Change | None:
    """The one split that separates a series best; None below `least` deviations.

    Of the splits, the one with the least sum of absolute residuals from both sides' medians. A
    deviation is at least `floor` times the greater level and at least `quantum`.
    """
    n = len(values)
    if n < 4:
        return None
    x = np.asarray(values, dtype=np.float64)
    best = min(range(1, n), key=lambda k: _residue(x[:k]) + _residue(x[k:]))
    before, after = float(np.median(x[:best])), float(np.median(x[best:]))
    residuals = np.concatenate((x[:best] - before, x[best:] - after))
    scale = MAD_TO_SD * float(np.median(np.abs(residuals)))
    scale = max(scale, floor * max(abs(before), abs(after)), quantum, 1e-12)
    strength = abs(after - before) / scale * math.sqrt(best * (n - best) / n)
    return Change(best, before, after, strength) if strength > least else None


def worked(points: Mapping[date, float], day: date, found: Score) -> tuple[Evidence, ...]:
    """The numbers from which z can be worked out again; none without a score."""
    if found.z is None or found.expected is None or found.scale is None:
        return ()
    numbers = (
        ("x", points[day], "the partition's number"),
        ("med", found.expected, f"median of {found.alike} like it"),
        ("s", found.scale, "1.4826 times the median absolute residual, with its floor"),
        ("z", found.z, "(x - med) / (s sqrt(1 + pi / (2 k)))"),
    )
    return tuple(
        Evidence("work", "robust score", i, label, number=number, text=text)
        for i, (label, number, text) in enumerate(numbers)
    )


def _residue(x: Any) -> float:
    return float(np.abs(x - np.median(x)).sum())


def _widening(k: int) -> float:
    """The median of k points is itself uncertain, by pi / (2 k) of a point's variance."""
    return math.sqrt(1 + math.pi / (2 * k))
