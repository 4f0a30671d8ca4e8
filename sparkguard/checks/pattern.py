"""Every text holds a match of a regular expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparkguard import sql
from sparkguard.checks.row_rule import RowRule, Unsupported
from sparkguard.datatypes import DataType, is_string
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Pattern(RowRule, kind="pattern"):
    """Every value of `column` holds a match of `pattern`, a Java regular expression.

    It is a search: write `\\A` and `\\z` to match the whole text (`$` would allow a final line
    break). Contracts write ECMA-262 patterns, which are translated when they are loaded.
    `format` names the format that the pattern stands for, as date or uuid.
    """

    pattern: str
    format: str = ""

    def __post_init__(self) -> None:
        if not self.pattern:
            raise ValueError("pattern needs a regular expression")

    def expected(self) -> str:
        return f"a match of {self.format or self.pattern}"

    def causes(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        if not is_string(type_):
            raise Unsupported(f"pattern reads text, and the column is {type_}")
        matches = sql.template("{} RLIKE {}", value, sql.literal(self.pattern))
        return {"without a match": sql.template("NOT ({})", matches)}
