"""Every value is one of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparkguard import sql
from sparkguard.checks.row_rule import RowRule, Unsupported, misspelt
from sparkguard.datatypes import DataType
from sparkguard.errors import listed
from sparkguard.sql import Sql
from sparkguard.sql.limits import among

Value = bool | int | float | str


@dataclass(frozen=True)
class Set(RowRule, kind="set"):
    """Every value of `column` is one of `values`, compared exactly.

    Values are text for strings, dates and times (ISO 8601), numbers for numbers. A NULL is
    judged by `nulls` alone, so it is not written into the list.
    """

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("set needs at least one value")
        if len(set(map(repr, self.values))) < len(self.values):
            raise ValueError("set lists a value twice")

    def expected(self) -> str:
        return f"one of {listed(map(str, self.values))}"

    def causes(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        try:
            inside = among(value, self.values, type_)
        except ValueError as error:
            raise Unsupported(f"set: {error}") from None
        return {"not in the set": sql.template("NOT ({})", inside)}

    def hints(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        return misspelt(value, self.values, type_)
