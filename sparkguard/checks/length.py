"""Every text has an allowed number of characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparkguard import sql
from sparkguard.checks.row_rule import RowRule, Unsupported
from sparkguard.datatypes import Atomic, DataType, is_string
from sparkguard.rendering.plaintext import plural
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Length(RowRule, kind="length"):
    """Every value of `column` has at least `min` and at most `max` characters.

    Characters are Unicode code points; the length of binary values is in bytes.
    """

    min: int | None = None
    max: int | None = None

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise ValueError("length needs min or max")
        if min(self.min or 0, self.max or 0) < 0:
            raise ValueError("a length is 0 or more")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")

    def expected(self) -> str:
        limits = {"at least": self.min, "at most": self.max}
        said = (f"{w} {plural(n, 'character')}" for w, n in limits.items() if n is not None)
        return " and ".join(said)

    def causes(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        if is_string(type_):
            length = sql.call("char_length", value)
        elif type_ == Atomic("binary"):
            length = sql.call("octet_length", value)
        else:
            raise Unsupported(f"length reads text, and the column is {type_}")
        found = {}
        if self.min is not None:
            found["too short"] = sql.template("{} < {}", length, sql.literal(self.min))
        if self.max is not None:
            found["too long"] = sql.template("{} > {}", length, sql.literal(self.max))
        return found
