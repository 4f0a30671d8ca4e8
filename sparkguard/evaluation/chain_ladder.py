"""How many labels there will be when nobody knows the total: the chain ladder (Mack, 1993)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Triangle = Sequence[Sequence[float]]
"""Cumulative counts: one row per cohort, the oldest first, row c with n - c ages."""


@dataclass(frozen=True)
class ChainLadder:
    """Development factors `f`, their variances and what follows from them.

    Raises ValueError unless the triangle has n cohorts of n, n - 1 ... 1 ages, n at least 3, and
    something was known at every age but the last.
    """

    triangle: Triangle

    def __post_init__(self) -> None:
        n = len(self.triangle)
        if n < 3 or [len(row) for row in self.triangle] != list(range(n, 0, -1)):
            raise ValueError("a triangle has at least 3 cohorts, the oldest with as many ages")
        if any(self._known(k) <= 0 for k in range(n - 1)):
            raise ValueError("no label of any cohort is known at some age; no factor follows")

    @property
    def n(self) -> int:
        return len(self.triangle)

    def _known(self, k: int) -> float:
        """Σ C[c, k] over the cohorts that reached age k + 1."""
        return sum(row[k] for row in self.triangle[: self.n - 1 - k])

    @cached_property
    def factors(self) -> tuple[float, ...]:
        """f_k = Σ C[c, k+1] / Σ C[c, k]."""
        return tuple(
            sum(row[k + 1] for row in self.triangle[: self.n - 1 - k]) / self._known(k)
            for k in range(self.n - 1)
        )

    @cached_property
    def variances(self) -> tuple[float, ...]:
        """σ²_k; the last one by Mack's rule, from the two before it."""
        found = []
        for k in range(self.n - 2):
            rows = self.triangle[: self.n - 1 - k]
            f = self.factors[k]
            terms = (row[k] * (row[k + 1] / row[k] - f) ** 2 for row in rows if row[k])
            found.append(sum(terms) / (self.n - k - 2))
        last, before = found[-1], found[-2] if len(found) > 1 else found[-1]
        found.append(min(last * last / before if before else 0.0, before, last))
        return tuple(found)

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
        age, ultimate = self.n - 1 - cohort, self.ultimates[cohort]
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
        for cohort in range(self.n):
            age = self.n - 1 - cohort
            shared = sum(2 * self._risk[k] / self._known(k) for k in range(age, self.n - 1))
            later = sum(self.ultimates[cohort + 1 :])
            total += self.mean_square_error(cohort) + self.ultimates[cohort] * later * shared
        return math.sqrt(total)
