"""Rows for which a condition is true, false or NULL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql


@dataclass(frozen=True)
class TallyState:
    """Row counts; the three add up to the rows seen."""

    true: int = 0
    false: int = 0
    null: int = 0

    @property
    def rows(self) -> int:
        return self.true + self.false + self.null

    def merge(self, other: TallyState, /) -> TallyState:
        return TallyState(self.true + other.true, self.false + other.false, self.null + other.null)


@dataclass(frozen=True)
class Tally(Measure[TallyState], kind="tally"):
    """Counts rows by the three values of a boolean condition."""

    condition: Sql
    reads: frozenset[str]

    def columns(self) -> frozenset[str]:
        return self.reads

    def aggregates(self) -> tuple[Sql, ...]:
        return (
            sql.count_if(self.condition),
            sql.count_if(sql.template("NOT ({})", self.condition)),
            sql.count_if(sql.template("({}) IS NULL", self.condition)),
        )

    def state(self, cells: Sequence[Any], /) -> TallyState:
        return TallyState(*cells)

    def metrics(self, state: TallyState, /) -> Metrics:
        return {"true": state.true, "false": state.false, "null": state.null}

    def payload(self, state: TallyState, /) -> bytes:
        return to_json([state.true, state.false, state.null])

    def restore(self, payload: bytes, version: int, /) -> TallyState:
        return TallyState(*from_json(payload))
