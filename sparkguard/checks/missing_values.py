"""How many rows have no real value in a column: NULL, or text that stands for it."""

from __future__ import annotations

from dataclasses import dataclass

from sparkguard import sql
from sparkguard.checks.base import Context
from sparkguard.checks.row_rule import ThresholdRule, Unsupported
from sparkguard.sql import Sql
from sparkguard.sql.limits import among
from sparkguard.sql.values import any_missing, any_value


@dataclass(frozen=True)
class MissingValues(ThresholdRule, kind="missing_values"):
    """The number or percentage of rows without a real value in `column` obeys `threshold`.

    `missing` lists the values that stand for none, as '' or 'N/A'. NULL is missing whether it is
    listed or not.
    """

    missing: tuple[bool | int | float | str | None, ...]
    what = "without a real value"

    def violates(self, context: Context) -> Sql:
        """Raises Unsupported when a listed value is of another kind than the column."""
        found = context.table.schema.at(self.column)
        values = [value for value in self.missing if value is not None]
        if found is None or not values:
            return any_missing(self.column)
        type_ = found.type
        try:
            stand_ins = any_value(self.column, lambda value: among(value, values, type_))
        except ValueError as error:
            raise Unsupported(f"missing_values: {error}") from error
        return sql.any_of([any_missing(self.column), stand_ins])
