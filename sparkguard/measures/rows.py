"""How many rows a relation holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql, template


@dataclass(frozen=True)
class RowsState:
    rows: int = 0

    def merge(self, other: RowsState, /) -> RowsState:
        return RowsState(self.rows + other.rows)


@dataclass(frozen=True)
class Rows(Measure[RowsState], kind="rows"):
    """Counts rows. Every scan carries it: it is the proof that all rows were seen."""

    def columns(self) -> frozenset[str]:
        return frozenset()

    def aggregates(self) -> tuple[Sql, ...]:
        return (template("count(1)"),)

    def state(self, cells: Sequence[Any], /) -> RowsState:
        return RowsState(cells[0])

    def metrics(self, state: RowsState, /) -> Metrics:
        return {"rows": state.rows}

    def payload(self, state: RowsState, /) -> bytes:
        return to_json(state.rows)

    def restore(self, payload: bytes, version: int, /) -> RowsState:
        return RowsState(from_json(payload))
