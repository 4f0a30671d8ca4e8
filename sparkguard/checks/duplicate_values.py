"""How many rows repeat a value, against a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sparkguard.checks.base import Check, Context, Judgement, not_evaluable
from sparkguard.checks.row_rule import by_threshold
from sparkguard.measures.totals import Totals, TotalsState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.key_counts import KeyCounts
from sparkguard.thresholds import Threshold


@dataclass(frozen=True)
class DuplicateValues(Check, kind="duplicate_values"):
    """The number or percentage of rows that repeat a value of `columns` obeys `threshold`.

    Counted are the rows beyond the first of each value; rows with a NULL in `columns` repeat
    nothing.
    """

    columns: tuple[ColumnPath, ...]
    threshold: Threshold

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError("duplicate_values needs at least one column")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset((context.table.name, column) for column in self.columns)

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return (self._need(context),)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        found = seen.at(context.where, self._need(context))
        if found is None or not found.count("rows"):
            return not_evaluable("no rows", rows=0)
        rows = found.count("rows")
        if found.count("null_rows") == rows:
            return not_evaluable("every row has a NULL in its columns", rows=rows)
        return by_threshold(self.threshold, found.count("surplus_rows"), rows, "repeating a value")

    def _need(self, context: Context) -> Need[TotalsState]:
        counts = KeyCounts(context.table.name, self.columns)
        reads = frozenset(column[0] for column in self.columns)
        return Need(counts, Totals(counts.repetitions, reads))
