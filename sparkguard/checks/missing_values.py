"""How many rows have no real value in a column: NULL, or text that stands for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.checks.base import Check, Context, Judgement
from sparkguard.checks.row_rule import by_threshold
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.numbers import among
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.sql import Sql
from sparkguard.thresholds import Threshold
from sparkguard.values import any_missing, any_value
from sparkguard.verdicts import Outcome


@dataclass(frozen=True)
class MissingValues(Check, kind="missing_values"):
    """The number or percentage of rows without a real value in `column` obeys `threshold`.

    `missing` lists the values that stand for none, as '' or 'N/A'. NULL is missing whether it is
    listed or not.
    """

    column: ColumnPath
    missing: tuple[bool | int | float | str | None, ...]
    threshold: Threshold

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.column)})

    def violates(self, context: Context) -> Sql:
        """Raises ValueError when a listed value is of another kind than the column."""
        found = context.table.schema.at(self.column)
        values = [value for value in self.missing if value is not None]
        if found is None or not values:
            return any_missing(self.column)
        type_ = found.type
        stand_ins = any_value(self.column, lambda value: among(value, values, type_))
        return sql.any_of([any_missing(self.column), stand_ins])

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        try:
            return (self._need(context),)
        except ValueError:
            return ()

    def judge(self, seen: Profile, context: Context) -> Judgement:
        try:
            need = self._need(context)
        except ValueError as error:
            return Judgement(Outcome.ERROR, reason=f"missing_values: {error}")
        tally = seen.at(context.where, need) or TallyState()
        return by_threshold(self.threshold, tally.true, tally.rows, "without a real value")

    def _need(self, context: Context) -> Need[TallyState]:
        reads = frozenset({self.column[0]})
        return Need(Table(context.table.name), Tally(self.violates(context), reads))
