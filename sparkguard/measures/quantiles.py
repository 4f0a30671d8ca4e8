"""Quantiles of finite values, by a KLL sketch."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, OfColumn, Pass
from sparkguard.measures.families import Family, Input, number
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from datasketches import kll_doubles_sketch

K = 1024
"""Rank error at most 0.27 % in 99 % of cases."""

RANKS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_FINE = tuple(i / 100 for i in range(101))
_FALLBACK_ACCURACY = 1_000
_SKETCH, _POINTS = b"K", b"P"


def label(rank: float) -> str:
    """`q05` for 0.05."""
    return f"q{round(rank * 100):02d}"


@dataclass(frozen=True)
class QuantilesState:
    """A KLL sketch as Apache DataSketches writes it; or 101 percentiles, which do not merge.

    `points` stand in for the sketch on Spark before 4.1. Merging two states of which one holds
    points gives a state without quantiles. `sketch` is empty when there are no values.
    """

    sketch: bytes = b""
    points: tuple[float, ...] = ()
    unknown: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.sketch or self.points or self.unknown)

    def merge(self, other: QuantilesState, /) -> QuantilesState:
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        if not (self.sketch and other.sketch):
            return QuantilesState(unknown=True)
        merged = _read(self.sketch)
        merged.merge(other._sketch)
        return QuantilesState(bytes(merged.serialize()))

    @cached_property
    def _sketch(self) -> kll_doubles_sketch:
        return _read(self.sketch)

    @property
    def n(self) -> int | None:
        """Values seen; None where only points are known."""
        if self.sketch:
            return int(self._sketch.n)
        return 0 if self.is_empty else None

    def at(self, rank: float) -> float | None:
        """The value below or at which a share `rank` of the values lies; None when unknown."""
        if self.sketch:
            return float(self._sketch.get_quantile(rank, True))
        return self.points[round(rank * 100)] if self.points else None

    def repeated(self, share: float) -> tuple[float, ...]:
        """The values that may fill a `share` of the rows, ascending; few others are among them.

        From percentiles those that stand for two or more of them. Empty where ranks are unknown.
        """
        if not self.sketch:
            return tuple(sorted({a for a, b in pairwise(self.points) if a == b}))
        steps = math.ceil(4 / share)
        ranks = [i / steps for i in range(steps + 1)]
        found = self._sketch.get_quantiles(ranks, True)
        twice = sorted({float(a) for a, b in pairwise(found) if a == b})
        least = share - self._sketch.normalized_rank_error(True)
        return tuple(v for v in twice if self._filled(v) >= least)

    def _filled(self, value: float) -> float:
        below, through = (self._sketch.get_rank(value, inclusive) for inclusive in (False, True))
        return float(through - below)

    @property
    def error(self) -> float | None:
        """How far the rank of a quantile may be off, with 99 % certainty."""
        if self.sketch:
            exact = not self._sketch.is_estimation_mode()
            return 0.0 if exact else float(self._sketch.normalized_rank_error(False))
        return 1 / _FALLBACK_ACCURACY if self.points else None


@dataclass(frozen=True)
class Quantiles(OfColumn, Measure[QuantilesState], kind="quantiles"):
    """Quantiles of a number; of a date in days, of a timestamp in seconds since 1970.

    NULL, NaN and infinities are left out. The bytes differ between runs over the same rows.
    """

    family: Family
    pass_ = Pass.SKETCHES
    functions = frozenset({"kll_sketch_agg_double"})

    def inputs(self) -> tuple[Input, ...]:
        return (number(self.column, self.family),)

    def aggregates(self) -> tuple[Sql, ...]:
        value = sql.name(self.inputs()[0][0])
        return (sql.call("kll_sketch_agg_double", value, sql.literal(K)),)

    def fallback(self) -> tuple[Sql, ...]:
        value = sql.name(self.inputs()[0][0])
        ranks = sql.call("array", *map(sql.literal, _FINE))
        return (sql.call("percentile_approx", value, ranks, sql.literal(_FALLBACK_ACCURACY)),)

    def state(self, cells: Sequence[Any], /) -> QuantilesState:
        found = cells[0]
        if found is None:
            return QuantilesState()
        if isinstance(found, (bytes, bytearray)):
            sketch = bytes(found)
            return QuantilesState() if _read(sketch).is_empty() else QuantilesState(sketch)
        return QuantilesState(points=tuple(found))

    def metrics(self, state: QuantilesState, /) -> Metrics:
        found: dict[str, float | int | None] = {label(rank): state.at(rank) for rank in RANKS}
        return found | {"quantile_error": state.error}

    def payload(self, state: QuantilesState, /) -> bytes:
        if state.sketch:
            return _SKETCH + state.sketch
        return _POINTS + struct.pack(f">?{len(state.points)}d", state.unknown, *state.points)

    def restore(self, payload: bytes, version: int, /) -> QuantilesState:
        kind, rest = payload[:1], payload[1:]
        if kind == _SKETCH:
            return QuantilesState(rest)
        unknown, *points = struct.unpack(f">?{(len(rest) - 1) // 8}d", rest)
        return QuantilesState(points=tuple(points), unknown=unknown)


def _read(sketch: bytes) -> kll_doubles_sketch:
    from datasketches import kll_doubles_sketch

    return kll_doubles_sketch.deserialize(sketch)
