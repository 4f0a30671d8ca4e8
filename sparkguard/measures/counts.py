"""Rows of a column that hold no ordinary value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, OfColumn, from_json, to_json
from sparkguard.measures.families import Family
from sparkguard.sql import Sql


@dataclass(frozen=True)
class CountsState:
    """Numbers of rows; `infinite` counts both signs, `empty` is text of length 0."""

    rows: int = 0
    null: int = 0
    nan: int = 0
    infinite: int = 0
    empty: int = 0

    @property
    def values(self) -> int:
        return self.rows - self.null

    def merge(self, other: CountsState, /) -> CountsState:
        return CountsState(
            self.rows + other.rows,
            self.null + other.null,
            self.nan + other.nan,
            self.infinite + other.infinite,
            self.empty + other.empty,
        )


@dataclass(frozen=True)
class Counts(OfColumn, Measure[CountsState], kind="counts"):
    """Rows, and those that are NULL, NaN, infinite or empty, as far as the type can be."""

    family: Family

    def aggregates(self) -> tuple[Sql, ...]:
        value = sql.path(self.column)
        cells = [sql.template("count(1)"), sql.template("count({})", value)]
        if self.family is Family.FLOAT:
            infinity = sql.literal(float("inf"))
            cells.append(sql.count_if(sql.template("isnan({})", value)))
            cells.append(sql.count_if(sql.template("abs({}) = {}", value, infinity)))
        if self.family in (Family.STRING, Family.BINARY):
            cells.append(sql.count_if(sql.template("octet_length({}) = 0", value)))
        return tuple(cells)

    def state(self, cells: Sequence[Any], /) -> CountsState:
        rows, values, *special = cells
        if self.family is Family.FLOAT:
            return CountsState(rows, rows - values, nan=special[0], infinite=special[1])
        return CountsState(rows, rows - values, empty=special[0] if special else 0)

    def metrics(self, state: CountsState, /) -> Metrics:
        found = {"rows": state.rows, "null": state.null}
        if self.family is Family.FLOAT:
            found |= {"nan": state.nan, "infinite": state.infinite}
        if self.family in (Family.STRING, Family.BINARY):
            found |= {"empty": state.empty}
        return found

    def payload(self, state: CountsState, /) -> bytes:
        return to_json([state.rows, state.null, state.nan, state.infinite, state.empty])

    def restore(self, payload: bytes, version: int, /) -> CountsState:
        return CountsState(*from_json(payload))
