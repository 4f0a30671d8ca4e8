"""Rows counted in bins whose edges are fixed beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from operator import add
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Grouped, Metrics, OfColumn, from_json, to_json
from sparkguard.measures.families import Family, Input, named, ordinal
from sparkguard.sql import Sql

NULL, NAN, POSITIVE, NEGATIVE = -1, -2, -3, -4
MICROS, MOST = 1_000_000, 2**63 - 1
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
        if len(self.fine) != len(other.fine):
            raise ValueError("states of different edges can't be added up")
        fine = tuple(map(add, self.fine, other.fine))
        return BinsState(fine, *map(add, self._special, other._special))


@dataclass(frozen=True)
class Bins(OfColumn, Grouped[BinsState], kind="bins"):
    """Counts the values of a numeric or time column between `edges`, at most 99 ascending numbers.

    Times count in the units of `families.number`. Raises ValueError for edges that are not
    ascending and finite.
    """

    family: Family
    edges: tuple[float, ...]
    expected: int = field(default=104, init=False, compare=False)
    alone = True

    def __post_init__(self) -> None:
        if len(self.edges) > 99:
            raise ValueError(f"bins take at most 99 edges, found {len(self.edges)}")
        if not all(map(math.isfinite, self.edges)) or any(a >= b for a, b in pairwise(self.edges)):
            raise ValueError("the edges of bins are finite and ascending")

    def inputs(self) -> tuple[Input, ...]:
        """The value without NULLs, for which every comparison would ask again.

        What counts in whole units stays a whole number: that is exact, and compares faster.
        """
        value = sql.path(self.column)
        match self.family:
            case Family.FLOAT:
                nan = sql.literal(math.nan)
                plain = sql.template("coalesce(CAST({} AS DOUBLE) + 0D, {})", value, nan)
            case Family.DECIMAL:
                plain = sql.template("coalesce(CAST({} AS DOUBLE), 0D)", value)
            case _:
                whole = ordinal(value, self.family) if self.family.is_time else value
                plain = sql.template("coalesce(CAST({} AS BIGINT), 0L)", whole)
        return ((named("binned", self.column), plain),)

    def group_by(self) -> tuple[Sql, ...]:
        value, column = sql.name(self.inputs()[0][0]), sql.path(self.column)
        steps = self._steps()
        bins = [sql.literal(i) for i in range(len(self.edges) - len(steps), len(self.edges) + 1)]
        if self.family is not Family.FLOAT:
            inside = _tree(value, steps, bins)
            return (sql.template(f"if({{}} IS NULL, {NULL}, {{}})", column, inside),)
        # Spark orders NaN above infinity: only the outer bins can hold special values.
        infinity = sql.literal(math.inf)
        bins[-1] = sql.template(
            f"CASE WHEN {{0}} IS NULL THEN {NULL} WHEN isnan({{1}}) THEN {NAN}"
            f" WHEN {{1}} = {{2}} THEN {POSITIVE} ELSE {{3}} END",
            *(column, value, infinity, bins[-1]),
        )
        bins[0] = sql.template(f"if({{}} = -{{}}, {NEGATIVE}, {{}})", value, infinity, bins[0])
        return (_tree(value, steps, bins),)

    def _steps(self) -> list[Sql]:
        """The edges as literals of the value's type, without those that no value is below."""
        if self.family in (Family.FLOAT, Family.DECIMAL):
            return [sql.literal(float(edge)) for edge in self.edges]
        unit = 1 if self.family in (Family.INTEGER, Family.DATE) else MICROS
        whole = (math.floor(Fraction(edge) * unit) for edge in self.edges)
        return [sql.literal(min(edge, MOST)) for edge in whole if edge >= -MOST - 1]

    def of_groups(self, groups: Iterable[tuple[tuple[Any, ...], int]], /) -> BinsState:
        rows: dict[int, int] = {}
        for (bin_,), n in groups:
            rows[bin_] = rows.get(bin_, 0) + n
        fine = tuple(rows.get(i, 0) for i in range(len(self.edges) + 1))
        return BinsState(fine, *(rows.get(cell, 0) for cell in SPECIALS))

    def overflow(self) -> BinsState:
        raise OverflowError("there are more bins and slices than can be held")

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


def _tree(value: Sql, steps: Sequence[Sql], bins: Sequence[Sql]) -> Sql:
    """The one of `bins` that the value is in, by binary search; `steps` lie between them."""
    if not steps:
        return bins[0]
    middle = len(steps) // 2
    return sql.template(
        "if({} <= {}, {}, {})",
        value,
        steps[middle],
        _tree(value, steps[:middle], bins[: middle + 1]),
        _tree(value, steps[middle + 1 :], bins[middle + 1 :]),
    )
