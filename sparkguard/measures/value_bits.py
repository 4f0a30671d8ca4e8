"""Which values occur, as bits at their hashes: a new bit is certainly a new value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, OfColumn, Pass, from_json, to_json
from sparkguard.measures.families import Family, hashed
from sparkguard.sql import Sql

BITS = 32_768  # what Spark's bitmap_construct_agg holds
MOST = 512


@dataclass(frozen=True)
class Bits:
    """Positions of the values seen; above `MOST` of them only that there are many."""

    positions: frozenset[int] = frozenset()
    many: bool = False

    def merge(self, other: Bits, /) -> Bits:
        return bits(self.positions | other.positions, self.many or other.many)


def bits(positions: frozenset[int], many: bool = False) -> Bits:
    """The state of these positions, forgotten where there are too many."""
    return Bits(many=True) if many or len(positions) > MOST else Bits(positions)


@dataclass(frozen=True)
class ValueBitsState:
    """`exact` of the values as they are, `folded` without case and surrounding blanks."""

    exact: Bits = field(default_factory=Bits)
    folded: Bits = field(default_factory=Bits)

    def merge(self, other: ValueBitsState, /) -> ValueBitsState:
        return ValueBitsState(self.exact.merge(other.exact), self.folded.merge(other.folded))


@dataclass(frozen=True)
class ValueBits(OfColumn, Measure[ValueBitsState], kind="value_bits"):
    """Two values share a bit with probability 1/32,768; no value can be read from the bits."""

    family: Family
    pass_ = Pass.SKETCHES

    def aggregates(self) -> tuple[Sql, ...]:
        place = "bitmap_construct_agg(pmod({}, 32768L))"
        cells = [sql.template(place, hashed(self.column, self.family))]
        if self.family is Family.STRING:
            folded = sql.template("xxhash64(lower(trim({})))", sql.path(self.column))
            cells.append(sql.template(place, folded))
        present = sql.template("{} IS NOT NULL", sql.path(self.column))
        return tuple(sql.template("{} FILTER (WHERE {})", cell, present) for cell in cells)

    def state(self, cells: Sequence[Any], /) -> ValueBitsState:
        found = [bits(_positions(cell)) for cell in cells]
        return ValueBitsState(found[0], found[-1])

    def metrics(self, state: ValueBitsState, /) -> Metrics:
        return {"bits": None if state.exact.many else len(state.exact.positions)}

    def payload(self, state: ValueBitsState, /) -> bytes:
        return to_json([[b.many, sorted(b.positions)] for b in (state.exact, state.folded)])

    def restore(self, payload: bytes, version: int, /) -> ValueBitsState:
        exact, folded = (Bits(frozenset(places), many) for many, places in from_json(payload))
        return ValueBitsState(exact, folded)


def _positions(cell: Any) -> frozenset[int]:
    return frozenset(
        8 * at + bit
        for at, byte in enumerate(bytes(cell or b""))
        if byte
        for bit in range(8)
        if byte >> bit & 1
    )
