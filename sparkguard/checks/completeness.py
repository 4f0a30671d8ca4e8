"""No value of a column is missing."""

from __future__ import annotations

from dataclasses import dataclass, field

from sparkguard.checks.base import Context
from sparkguard.checks.row_rule import ThresholdRule
from sparkguard.sql import Sql
from sparkguard.sql.values import any_missing
from sparkguard.thresholds import Threshold, zero_rows


@dataclass(frozen=True)
class Completeness(ThresholdRule, kind="completeness"):
    """As many rows lack a value in `column` as `threshold` allows, by default none.

    A field nested in a struct lacks a value only where the struct is there, and an array lacks
    one where an element is NULL.
    """

    threshold: Threshold = field(default_factory=zero_rows, kw_only=True)
    what = "without a value"

    def violates(self, context: Context) -> Sql:
        return any_missing(self.column)
