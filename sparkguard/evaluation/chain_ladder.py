"""How many labels there will be when nobody knows the total: the chain ladder (Mack, 1993)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Triangle = Sequence[Sequence[float]]
"""Cumulative counts: one row per cohort, the oldest first, with the ages it has reached."""


@dataclass(frozen=True)
class ChainLadder:
    """Development factors `f`, their variances and what follows from them.

    Where only one cohort tells of an age, its variance is extrapolated: by Mack's rule from the
    two before it, or by a line through the logarithms of all before it.

    Raises ValueError unless at least 3 cohorts are given, none with more ages than the one before,
    and something was known at every age but the last.
    """

    triangle: Triangle
    last_variance: Literal["mack", "log_linear"] = "mack"

    def __post_init__(self) -> None:
        ages = [len(row) for row in self.triangle]
        if len(ages) < 3 or ages[0] < 3 or ages != sorted(ages, reverse=True) or not ages[-1]:
            raise ValueError("a triangle has at least 3 cohorts, the oldest with as many ages")
        if any(self._known(k) <= 0 for k in range(self.n - 1)):
            raise ValueError("no label of any cohort is known at some age; no factor follows")
        if sum(row[0] > 0 for row in self._reached(0)) < 2:
            raise ValueError("only one cohort tells of the first age; no variance follows")

    @property
    def n(self) -> int:
        """How many ages there are."""
        return len(self.triangle[0])

    def _reached(self, k: int) -> Triangle:
        """The cohorts that reached age k + 1."""
        return [row for row in self.triangle if len(row) > k + 1]

    def _known(self, k: int) -> float:
        """Σ C[c, k] over the cohorts that reached age k + 1."""
        return sum(row[k] for row in self._reached(k))

    @cached_property
    def factors(self) -> tuple[float, ...]:
        """f_k = Σ C[c, k+1] / Σ C[c, k]."""
        return tuple(
            sum(row[k + 1] for row in self._reached(k)) / self._known(k) for k in range(self.n - 1)
        )

    @cached_property
    def variances(self) -> tuple[float, ...]:
        """σ²_k = Σ C[c, k] (C[c, k+1] / C[c, k] - f_k)² / (cohorts - 1)."""
        found: list[float] = []
        for k, f in enumerate(self.factors):
            rows = [row for row in self._reached(k) if row[k]]
            terms = (row[k] * (row[k + 1] / row[k] - f) ** 2 for row in rows)
            found.append(sum(terms) / (len(rows) - 1) if len(rows) > 1 else self._beyond(found))
        return tuple(found)

    def _beyond(self, found: Sequence[float]) -> float:
        """The variance after those found."""
        held = [(k, math.log(v)) for k, v in enumerate(found) if v > 0]
        if self.last_variance == "log_linear" and len(held) > 1:
            slope, level = np.polyfit([k for k, _ in held], [v for _, v in held], 1)
            return float(math.exp(level + slope * len(found)))
        last, before = found[-1], found[-2] if len(found) > 1 else found[-1]
        return min(last * last / before if before else 0.0, before, last)

    @cached_property
    def developed(self) -> NDArray[np.float64]:
        """The share of all labels that is known at each age: F(k) = 1 / Π_{j≥k} f_j."""
        tail = np.cumprod(np.array(self.factors[::-1]))[::-1]
        return np.append(1 / tail, 1.0)

    @cached_property
    def ultimates(self) -> tuple[float, ...]:
        """The expected total of each cohort."""
        return tuple(row[-1] / self.developed[len(row) - 1] for row in self.triangle)

    @property
    def outstanding(self) -> float:
        """Labels still to come, over all cohorts."""
        return sum(self.ultimates) - sum(row[-1] for row in self.triangle)

    @cached_property
    def _risk(self) -> tuple[float, ...]:
        """σ²_k / f²_k."""
        return tuple(v / f**2 for v, f in zip(self.variances, self.factors, strict=True))

    def mean_square_error(self, cohort: int) -> float:
        """Of the ultimate of one cohort, by its position."""
        age, ultimate = len(self.triangle[cohort]) - 1, self.ultimates[cohort]
        total = 0.0
        for k in range(age, self.n - 1):
            expected = ultimate * self.developed[k]
            if expected:
                total += self._risk[k] * (1 / expected + 1 / self._known(k))
        return ultimate**2 * total

    @cached_property
    def standard_error(self) -> float:
        """Of the sum of all ultimates; cohorts share their factors, so errors go together."""
        total = 0.0
        for cohort, row in enumerate(self.triangle):
            age = len(row) - 1
            shared = sum(2 * self._risk[k] / self._known(k) for k in range(age, self.n - 1))
            later = sum(self.ultimates[cohort + 1 :])
            total += self.mean_square_error(cohort) + self.ultimates[cohort] * later * shared
        return math.sqrt(total)
