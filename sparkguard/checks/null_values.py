"""How many rows have NULL in a column, against a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sparkguard.checks.base import Check, Context, Judgement
from sparkguard.checks.row_rule import by_threshold
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.sql import Sql
from sparkguard.thresholds import Threshold
from sparkguard.values import any_missing


@dataclass(frozen=True)
class NullValues(Check, kind="null_values"):
    """The number or percentage of rows with NULL in `column` obeys `threshold`.

    A field nested in a struct is NULL only where the struct is there, and an array counts where
    an element is NULL.
    """

    column: ColumnPath
    threshold: Threshold

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.column)})

    def violates(self, context: Context) -> Sql:
        return any_missing(self.column)

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return (self._need(context),)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        tally = seen.at(context.where, self._need(context)) or TallyState()
        return by_threshold(self.threshold, tally.true, tally.rows, "with NULL")

    def _need(self, context: Context) -> Need[TallyState]:
        reads = frozenset({self.column[0]})
        return Need(Table(context.table.name), Tally(self.violates(context), reads))
