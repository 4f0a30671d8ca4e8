"""The share of NULL in a column lies between two limits."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sparkguard.checks.base import Context, Judgement, not_evaluable, passed, violated
from sparkguard.checks.row_rule import CountedRule
from sparkguard.sql import Sql
from sparkguard.sql.values import any_missing
from sparkguard.thresholds import exact


@dataclass(frozen=True)
class NullShare(CountedRule, kind="null_share"):
    """The share of rows with NULL in `column` is at least `min` and at most `max` (0 to 1)."""

    max: float
    min: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.min <= self.max <= 1:
            raise ValueError("null_share needs 0 <= min <= max <= 1")

    def violates(self, context: Context) -> Sql:
        return any_missing(self.column)

    def conclude(self, count: int, rows: int) -> Judgement:
        if not rows:
            return not_evaluable("no rows", rows=0)
        share = Fraction(count, rows)
        details: dict[str, Any] = {
            "observed": float(share),
            "expected": f"a share of NULL from {self.min:g} to {self.max:g}",
            "unit": "share",
            "rows": rows,
            "violations": count,
        }
        if exact(self.min) <= share <= exact(self.max):
            return passed(**details)
        reason = f"{count:,} of {rows:,} rows are NULL; expected {details['expected']}"
        return violated(reason, **details)
