"""The share of NULL in a column lies between two limits."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sparkguard.checks.base import Check, Context, Judgement, not_evaluable, passed, violated
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.sql import Sql
from sparkguard.sql.values import any_missing
from sparkguard.thresholds import exact


@dataclass(frozen=True)
class NullShare(Check, kind="null_share"):
    """The share of rows with NULL in `column` is at least `min` and at most `max` (0 to 1)."""

    column: ColumnPath
    max: float
    min: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.min <= self.max <= 1:
            raise ValueError("null_share needs 0 <= min <= max <= 1")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.column)})

    def violates(self, context: Context) -> Sql | None:
        return any_missing(self.column)

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return (self._need(context),)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        tally = seen.at(context.where, self._need(context))
        if tally is None or not tally.rows:
            return not_evaluable("no rows", rows=0)
        share = Fraction(tally.true, tally.rows)
        details: dict[str, Any] = {
            "observed": float(share),
            "expected": f"a share of NULL from {self.min:g} to {self.max:g}",
            "unit": "share",
            "rows": tally.rows,
            "violations": tally.true,
        }
        if exact(self.min) <= share <= exact(self.max):
            return passed(**details)
        return violated(f"{tally.true:,} of {tally.rows:,} rows are NULL", **details)

    def _need(self, context: Context) -> Need[TallyState]:
        reads = frozenset({self.column[0]})
        return Need(Table(context.table.name), Tally(any_missing(self.column), reads))
