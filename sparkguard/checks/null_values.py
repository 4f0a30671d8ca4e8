"""How many rows have NULL in a column, against a limit."""

from __future__ import annotations

from dataclasses import dataclass

from sparkguard.checks.base import Context
from sparkguard.checks.row_rule import ThresholdRule
from sparkguard.sql import Sql
from sparkguard.sql.values import any_missing


@dataclass(frozen=True)
class NullValues(ThresholdRule, kind="null_values"):
    """The number or percentage of rows with NULL in `column` obeys `threshold`.

    A field nested in a struct is NULL only where the struct is there, and an array counts where
    an element is NULL.
    """

    what = "with NULL"

    def violates(self, context: Context) -> Sql:
        return any_missing(self.column)
