"""The number of rows obeys a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sparkguard.checks.base import OF_THE_TABLE, Check, Context, Judgement, passed, violated
from sparkguard.measures.rows import Rows
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.rendering.plaintext import plural
from sparkguard.thresholds import Threshold


@dataclass(frozen=True)
class RowCount(Check, kind="row_count"):
    """The table, or the slice, holds as many rows as `threshold` asks for."""

    beyond_a_write: ClassVar[str] = OF_THE_TABLE

    evaluates_empty = True

    threshold: Threshold

    def __post_init__(self) -> None:
        if self.threshold.unit != "rows":
            raise ValueError("a row count has no percentage; its unit is rows")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset()

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return (self._need(context),)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        state = seen.at(context.where, self._need(context))
        rows = state.rows if state is not None else 0
        details: dict[str, Any] = {
            "observed": rows,
            "expected": str(self.threshold),
            "unit": "rows",
            "rows": rows,
        }
        if self.threshold.holds(rows):
            return passed(**details)
        return violated(f"{plural(rows, 'row')}{self.threshold.missed(rows)}", **details)

    def _need(self, context: Context) -> Need[Any]:
        return Need(Table(context.table.name), Rows())
