"""Every array or map has an allowed number of items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparkguard import sql
from sparkguard.checks.row_rule import RowRule, Unsupported
from sparkguard.datatypes import Array, DataType, Map
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Size(RowRule, kind="size"):
    """Every array or map in `column` has at least `min` and at most `max` items.

    NULL elements are items.
    """

    min: int | None = None
    max: int | None = None

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise ValueError("size needs min or max")
        if min(self.min or 0, self.max or 0) < 0:
            raise ValueError("a size is 0 or more")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")

    def expected(self) -> str:
        limits = {"at least": self.min, "at most": self.max}
        return " and ".join(f"{w} {n} items" for w, n in limits.items() if n is not None)

    def causes(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        if not isinstance(type_, (Array, Map)):
            raise Unsupported(
                f"size counts the items of arrays and maps, and the column is {type_}"
            )
        size = sql.call("cardinality", value)
        found = {}
        if self.min is not None:
            found["too few items"] = sql.template("{} < {}", size, sql.literal(self.min))
        if self.max is not None:
            found["too many items"] = sql.template("{} > {}", size, sql.literal(self.max))
        return found
