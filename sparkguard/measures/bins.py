"""Rows counted in bins whose edges are fixed beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Grouped, Metrics, from_json, to_json
from sparkguard.measures.families import Family, Input, number
from sparkguard.sql import Path, Sql

NULL, NAN, POSITIVE, NEGATIVE = -1, -2, -3, -4
SPECIALS = {NULL: "null", NAN: "nan", POSITIVE: "inf", NEGATIVE: "-inf"}


@dataclass(frozen=True)
class BinsState:
    """Rows per bin, in the order of the edges, and per special cell. All integers: states add up.

    There is one bin more than edges: bin i holds the values above edge i - 1 and up to edge i.
    """

    fine: tuple[int, ...]
    null: int = 0
    nan: int = 0
    positive_infinity: int = 0
    negative_infinity: int = 0

    @property
    def rows(self) -> int:
        return sum(self.fine) + sum(self._special)

    @property
    def _special(self) -> tuple[int, ...]:
        return self.null, self.nan, self.positive_infinity, self.negative_infinity

    def merge(self, other: BinsState, /) -> BinsState:
        fine = tuple(a + b for a, b in zip(self.fine, other.fine, strict=True))
        return BinsState(fine, *(a + b for a, b in zip(self._special, other._special, strict=True)))

    def minus(self, other: BinsState, /) -> BinsState:
        """What remains of these rows without those of `other`.

        Raises ValueError when `other` is no part of this state.
        """
        fine = tuple(a - b for a, b in zip(self.fine, other.fine, strict=True))
        special = tuple(a - b for a, b in zip(self._special, other._special, strict=True))
        if min((*fine, *special)) < 0:
            raise ValueError("the rows to subtract are no part of the state")
        return BinsState(fine, *special)


@dataclass(frozen=True)
class Bins(Grouped[BinsState], kind="bins"):
    """Counts the values of a numeric or time column between `edges`, at most 99 ascending numbers.

    Times count in the units of `families.number`. Raises ValueError for edges that are not
    ascending and finite.
    """

    column: Path
    family: Family
    edges: tuple[float, ...]
    expected: int = field(default=104, init=False, compare=False)
    alone = True

    def __post_init__(self) -> None:
        if len(self.edges) > 99:
            raise ValueError(f"bins take at most 99 edges, found {len(self.edges)}")
        if not all(map(math.isfinite, self.edges)) or any(a >= b for a, b in pairwise(self.edges)):
            raise ValueError("the edges of bins are finite and ascending")

    def columns(self) -> frozenset[str]:
        return frozenset({self.column[0]})

    def inputs(self) -> tuple[Input, ...]:
        return (number(self.column, self.family),)

    def group_by(self) -> tuple[Sql, ...]:
        value = sql.name(self.inputs()[0][0])
        special = sql.literal(NULL)
        if self.family is Family.FLOAT:
            special = sql.template(
                f"CASE WHEN {{0}} IS NULL THEN {NULL} WHEN isnan({{0}}) THEN {NAN}"
                f" WHEN {{0}} > 0 THEN {POSITIVE} ELSE {NEGATIVE} END",
                sql.path(self.column),
            )
        inside = _tree(value, self.edges, 0)
        return (sql.template("if({} IS NULL, {}, {})", value, special, inside),)

    def of_groups(self, groups: Iterable[tuple[tuple[Any, ...], int]], /) -> BinsState:
        rows: dict[int, int] = {}
        for (bin_,), n in groups:
            rows[bin_] = rows.get(bin_, 0) + n
        fine = tuple(rows.get(i, 0) for i in range(len(self.edges) + 1))
        return BinsState(fine, *(rows.get(cell, 0) for cell in SPECIALS))

    def overflow(self) -> BinsState:
        raise OverflowError("there are more slices than can be counted in bins")

    def metrics(self, state: BinsState, /) -> Metrics:
        return {
            "rows": state.rows,
            "null": state.null,
            "nan": state.nan,
            "infinite": state.positive_infinity + state.negative_infinity,
        }

    def payload(self, state: BinsState, /) -> bytes:
        return to_json([list(state.fine), *state._special])

    def restore(self, payload: bytes, version: int, /) -> BinsState:
        fine, *special = from_json(payload)
        return BinsState(tuple(fine), *special)


def _tree(value: Sql, edges: Sequence[float], first: int) -> Sql:
    """The number of edges below `value`, plus `first`, by binary search."""
    if not edges:
        return sql.literal(first)
    middle = len(edges) // 2
    return sql.template(
        "if({} <= {}, {}, {})",
        value,
        sql.literal(float(edges[middle])),
        _tree(value, edges[:middle], first),
        _tree(value, edges[middle + 1 :], first + middle + 1),
    )
