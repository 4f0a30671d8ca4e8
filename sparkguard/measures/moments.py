"""Mean and variance of finite values, numerically stable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, OfColumn, from_json, to_json
from sparkguard.measures.families import Family, Input, number
from sparkguard.sql import Sql


@dataclass(frozen=True)
class MomentsState:
    """Number of finite values, their mean, and the sum of squared distances from it."""

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0

    def merge(self, other: MomentsState, /) -> MomentsState:
        """Chan, Golub and LeVeque (1979), formula 2.1."""
        if not self.n or not other.n:
            return self if self.n else other
        n = self.n + other.n
        delta = other.mean - self.mean
        mean = self.mean + delta * other.n / n
        return MomentsState(n, mean, self.m2 + other.m2 + delta * delta * self.n * other.n / n)

    @property
    def variance(self) -> float | None:
        """Of a sample: divided by n - 1; None below two values."""
        return self.m2 / (self.n - 1) if self.n > 1 else None


@dataclass(frozen=True)
class Moments(OfColumn, Measure[MomentsState], kind="moments"):
    """Moments of a numeric column in double precision; NULL, NaN and infinities are left out."""

    family: Family

    def inputs(self) -> tuple[Input, ...]:
        return (number(self.column, self.family),)

    def aggregates(self) -> tuple[Sql, ...]:
        value = sql.name(self.inputs()[0][0])
        return tuple(sql.call(f, value) for f in ("count", "avg", "var_pop"))

    def state(self, cells: Sequence[Any], /) -> MomentsState:
        n, mean, variance = cells
        return MomentsState(n, mean, variance * n) if n else MomentsState()

    def metrics(self, state: MomentsState, /) -> Metrics:
        variance = state.variance
        return {
            "finite": state.n,
            "mean": state.mean if state.n else None,
            "stddev": None if variance is None else math.sqrt(max(variance, 0.0)),
        }

    def payload(self, state: MomentsState, /) -> bytes:
        return to_json([state.n, state.mean.hex(), state.m2.hex()])

    def restore(self, payload: bytes, version: int, /) -> MomentsState:
        n, mean, m2 = from_json(payload)
        return MomentsState(n, float.fromhex(mean), float.fromhex(m2))
