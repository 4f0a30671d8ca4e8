"""Every value is one of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal as Number

from sparkguard import sql
from sparkguard.checks.row_rule import RowRule, Unsupported
from sparkguard.datatypes import (
    Atomic,
    DataType,
    Decimal,
    is_float,
    is_integer,
    is_string,
    is_temporal,
)
from sparkguard.errors import listed
from sparkguard.numbers import moment
from sparkguard.sql import Sql

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
        literals = [literal for v in self.values if (literal := _literal(v, type_)) is not None]
        if not literals:
            return {"not in the set": sql.literal(True)}
        inside = sql.template("{} IN ({})", value, sql.joined(", ", literals))
        return {"not in the set": sql.template("NOT ({})", inside)}


def _literal(value: Value, type_: DataType) -> Sql | None:
    """The value as the column's type; None when the type can't hold it, so nothing equals it."""
    wrong = Unsupported(f"set compares {type_} with a value of another type")
    if isinstance(type_, Atomic) and type_.name == "boolean" and isinstance(value, bool):
        return sql.literal(value)
    if isinstance(value, bool):
        raise wrong
    if isinstance(value, str):
        if is_string(type_):
            return sql.literal(value)
        if is_temporal(type_) and isinstance(type_, Atomic):
            try:
                return moment(value, type_)
            except ValueError:
                raise Unsupported(f"set has a value that is no ISO 8601 {type_}") from None
        raise wrong
    if is_float(type_):
        text = sql.literal(repr(float(value)))
        return sql.template(f"CAST({{}} AS {type_})", text)
    if not (is_integer(type_) or isinstance(type_, Decimal)):
        raise wrong
    scale, digits = (type_.scale, type_.precision) if isinstance(type_, Decimal) else (0, 19)
    number = Number(repr(value)) if isinstance(value, float) else Number(value)
    if not number.is_finite() or abs(number) >= Number(10) ** (digits - scale):
        return None
    if number != round(number, scale):
        return None
    return sql.literal(int(number)) if is_integer(type_) else sql.literal(round(number, scale))
