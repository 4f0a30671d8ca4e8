"""How many different values there are, by a HyperLogLog sketch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, OfColumn, Pass
from sparkguard.measures.families import Family, hashed
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from datasketches import hll_sketch

LG_K = 12
"""4,096 registers: a standard error of about 1.6 %."""


@dataclass(frozen=True)
class DistinctState:
    """A HyperLogLog sketch of the values' hashes, as Apache DataSketches writes it.

    The estimate is that of the registers alone, so that it does not depend on the order in
    which rows were seen or states merged.
    """

    sketch: bytes

    def merge(self, other: DistinctState, /) -> DistinctState:
        return DistinctState(_union(self.sketch, other.sketch))

    @cached_property
    def _read(self) -> hll_sketch:
        from datasketches import hll_sketch

        return hll_sketch.deserialize(self.sketch)

    @property
    def estimate(self) -> float:
        return float(self._read.get_estimate())

    @property
    def bounds(self) -> tuple[float, float]:
        """Three standard errors to each side: what the number lies between in 99.7 % of cases."""
        return self._read.get_lower_bound(3), self._read.get_upper_bound(3)


@dataclass(frozen=True)
class Distinct(OfColumn, Measure[DistinctState], kind="distinct"):
    """Distinct values without NULL; all NaNs are one value, and -0.0 is 0.0."""

    family: Family
    pass_ = Pass.SKETCHES

    def aggregates(self) -> tuple[Sql, ...]:
        value, size = sql.path(self.column), sql.literal(LG_K)
        hash_ = hashed(self.column, self.family)
        present = sql.template("CASE WHEN {} IS NOT NULL THEN {} END", value, hash_)
        return (sql.call("hll_sketch_agg", present, size),)

    def state(self, cells: Sequence[Any], /) -> DistinctState:
        sketch = bytes(cells[0])
        # A union with itself makes the library estimate from the registers.
        return DistinctState(_union(sketch, sketch))

    def metrics(self, state: DistinctState, /) -> Metrics:
        low, high = state.bounds
        return {"distinct": state.estimate, "distinct_low": low, "distinct_high": high}

    def payload(self, state: DistinctState, /) -> bytes:
        return state.sketch

    def restore(self, payload: bytes, version: int, /) -> DistinctState:
        return DistinctState(payload)


def _union(*sketches: bytes) -> bytes:
    from datasketches import hll_sketch, hll_union, tgt_hll_type

    union = hll_union(LG_K)
    for sketch in sketches:
        union.update(hll_sketch.deserialize(sketch))
    return bytes(union.get_result(tgt_hll_type.HLL_8).serialize_compact())
