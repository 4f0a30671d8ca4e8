"""No value of a column is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.checks.base import Check, Context, Judgement, passed, violated
from sparkguard.measures.tally import Tally
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Completeness(Check, kind="completeness"):
    """Every row has a value in `column`; at most `allowed` rows may lack it.

    A field nested in a struct lacks a value only where the struct is there.
    """

    column: ColumnPath
    allowed: int = 0

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.column)})

    def violates(self, context: Context) -> Sql:
        missing = sql.template("{} IS NULL", sql.path(self.column))
        parents = [
            sql.template("{} IS NOT NULL", sql.path(self.column[:depth]))
            for depth in range(1, len(self.column))
        ]
        return sql.all_of([missing, *parents])

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return () if context.seen.states else (self._need(context),)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        tally = seen.whole(self._need(context))
        assert tally is not None
        details = {
            "observed": tally.true,
            "expected": f"at most {self.allowed} rows without a value",
            "unit": "rows",
            "rows": tally.rows,
            "violations": tally.true,
        }
        if tally.true <= self.allowed:
            return passed(**details)
        return violated(f"{tally.true:,} of {tally.rows:,} rows have no value", **details)

    def _need(self, context: Context) -> Need[Any]:
        reads = frozenset({self.column[0]})
        return Need(Table(context.table.name), Tally(self.violates(context), reads))
