"""A feature's mean, its sampling error over entities, and its largest value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Path, Sql

GROUPS = 10


@dataclass(frozen=True)
class VolumeState:
    """(values, their sum) by hash group of entities, and the largest value of all."""

    groups: tuple[tuple[int, float], ...] = ((0, 0.0),) * GROUPS
    largest: float | None = None

    def merge(self, other: VolumeState, /) -> VolumeState:
        groups = tuple(
            (n + m, a + b) for (n, a), (m, b) in zip(self.groups, other.groups, strict=True)
        )
        known = [x for x in (self.largest, other.largest) if x is not None]
        return VolumeState(groups, max(known, default=None))

    @property
    def values(self) -> int:
        return sum(n for n, _ in self.groups)

    @property
    def mean(self) -> float | None:
        return sum(total for _, total in self.groups) / self.values if self.values else None

    @property
    def error(self) -> float | None:
        """Standard error of the mean from the groups' means; groups hold whole entities."""
        means = [total / n for n, total in self.groups if n]
        if len(means) < 2:
            return None
        middle = sum(means) / len(means)
        spread = sum((m - middle) ** 2 for m in means) / (len(means) - 1)
        return math.sqrt(spread / len(means))


@dataclass(frozen=True)
class Volume(Measure[VolumeState], kind="volume"):
    """Sums `column` in ten groups of entities, chosen by hash, and takes its maximum."""

    column: Path
    entity: tuple[str, ...]

    def columns(self) -> frozenset[str]:
        return frozenset({self.column[0], *self.entity})

    def aggregates(self) -> tuple[Sql, ...]:
        value = sql.template("TRY_CAST({} AS DOUBLE)", sql.path(self.column))
        finite = sql.template("IF(abs({0}) < double('Infinity'), {0}, NULL)", value)
        parts = [
            part
            for c in self.entity
            for part in (sql.template("({} IS NULL)", sql.name(c)), sql.name(c))
        ]
        hashed = sql.call("xxhash64", sql.literal("sparkguard volume"), *parts)
        group = sql.template("pmod({}, {})", hashed, sql.literal(GROUPS))
        found = [sql.template("max({})", finite)]
        for g in range(GROUPS):
            mine = sql.template("IF({} = {}, {}, NULL)", group, sql.literal(g), finite)
            found += [sql.template("count({})", mine), sql.template("sum({})", mine)]
        return tuple(found)

    def state(self, cells: Sequence[Any], /) -> VolumeState:
        largest, *rest = cells
        pairs = zip(rest[::2], rest[1::2], strict=True)
        return VolumeState(tuple((n, total or 0.0) for n, total in pairs), largest)

    def metrics(self, state: VolumeState, /) -> Metrics:
        return {
            "values": state.values,
            "mean": state.mean,
            "error": state.error,
            "largest": state.largest,
        }

    def payload(self, state: VolumeState, /) -> bytes:
        return to_json([state.groups, state.largest])

    def restore(self, payload: bytes, version: int, /) -> VolumeState:
        groups, largest = from_json(payload)
        return VolumeState(tuple((n, total) for n, total in groups), largest)
