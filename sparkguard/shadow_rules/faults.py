"""Faults that a comparison must detect, seeded into a copy of the shadow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from sparkguard import sql
from sparkguard.datatypes import (
    Atomic,
    Decimal,
    is_float,
    is_integer,
    is_string,
)
from sparkguard.shadow_rules.columns import Columns, Compared
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Fault:
    """A change of one row, or of `every` row, of a copy.

    `control` and `shadow` are what stands in a column of either copy, by column name. `row` says
    whether the row is left out of the shadow or stands in it twice.
    """

    name: str
    control: tuple[tuple[str, Sql], ...] = ()
    shadow: tuple[tuple[str, Sql], ...] = ()
    row: Literal["", "dropped", "duplicated"] = ""
    every: bool = False


Make = Callable[[Compared], tuple[Sql, Sql] | None]
"""(value in the control's copy, value in the shadow's copy), or None where there is none."""


def faults(columns: Columns) -> tuple[Fault, ...]:
    """The faults that the compared columns can hold, each in the first column that can."""
    return tuple(_faults([c for c in columns.values if not c.tolerance.unordered]))


def _faults(values: list[Compared]) -> Iterator[Fault]:
    yield Fault("dropped row", row="dropped")
    yield Fault("duplicated row", row="duplicated")
    for one, other in pairwise(values):
        if one.shadow == other.shadow and one.is_plain and one.common != Atomic("void"):
            value = _present(one)
            null = sql.template("CAST(NULL AS {})", Sql(str(one.shadow)))
            here = ((one.name, value), (other.name, null))
            yield Fault("swapped NULL", here, ((one.name, null), (other.name, value)))
            break
    exact = [c for c in values if not c.tolerance.is_tolerant]
    yield from _first("one unit", exact, _one_unit)
    yield from _first("2^53 against 2^53 + 1", exact, _beyond_double)
    yield from _first("trailing space", exact, _trailing_space)
    yield from _first("zone shift", values, _zone_shift)
    yield from _first("truncated decimal", exact, _truncated)
    yield from _first("small bias", values, _bias, every=True)


def _first(name: str, values: list[Compared], make: Make, every: bool = False) -> Iterator[Fault]:
    for column in values:
        pair = make(column)
        if pair is not None:
            control, shadow = pair
            yield Fault(name, ((column.name, control),), ((column.name, shadow),), every=every)
            return


def _typed(column: Compared, value: str) -> Sql:
    return sql.template("CAST({} AS {})", Sql(value), Sql(str(column.shadow)))


def _present(column: Compared) -> Sql:
    match column.shadow:
        case Atomic(name) if name in ("date", "timestamp", "timestamp_ntz"):
            return _typed(column, "DATE'2013-07-04'")
        case Atomic("boolean"):
            return Sql("true")
        case Atomic("binary"):
            return Sql("X'01'")
        case Atomic(name) if name.startswith("interval"):
            return sql.name(column.name)
    return _typed(column, "'1'" if is_string(column.shadow) else "0")


def _one_unit(column: Compared) -> tuple[Sql, Sql] | None:
    if is_integer(column.shadow):
        return _typed(column, "41"), _typed(column, "42")
    if isinstance(column.shadow, Decimal):
        unit = f"{0:.{column.shadow.scale}f}"[:-1] + "1"
        return _typed(column, "0"), _typed(column, f"{unit}BD")
    return None


def _beyond_double(column: Compared) -> tuple[Sql, Sql] | None:
    type_ = column.shadow
    wide = isinstance(type_, Decimal) and type_.precision - type_.scale >= 16
    if type_ == Atomic("bigint") or wide:
        return _typed(column, f"{2**53}L"), _typed(column, f"{2**53 + 1}L")
    return None


def _trailing_space(column: Compared) -> tuple[Sql, Sql] | None:
    if column.shadow == Atomic("string"):
        return Sql("'a'"), Sql("'a '")
    return None


def _zone_shift(column: Compared) -> tuple[Sql, Sql] | None:
    if column.shadow in (Atomic("timestamp"), Atomic("timestamp_ntz")):
        one, other = "'2013-07-04 12:00:00'", "'2013-07-04 13:00:00'"
        return _typed(column, one), _typed(column, other)
    return None


def _truncated(column: Compared) -> tuple[Sql, Sql] | None:
    if isinstance(column.shadow, Decimal) and column.shadow.scale > 0:
        digits = "0." + "1" * column.shadow.scale
        return _typed(column, f"{digits}BD"), _typed(column, f"{digits[:-1]}0BD")
    if is_float(column.shadow):
        return _typed(column, "0.123456789D"), _typed(column, "0.1234D")
    return None


def _bias(column: Compared) -> tuple[Sql, Sql] | None:
    """Half of what is tolerated, added to every row."""
    rule = column.tolerance
    if not rule.is_numeric or rule.bias is None:
        return None
    at = sql.name(column.name)
    present = sql.template("if(abs({0}) BETWEEN 1e-3D AND 1e6D, {0}, 1D)", at)
    if rule.abs:
        more = sql.template("{} + {}", present, sql.literal(rule.abs / 2))
    elif rule.rel:
        more = sql.template("{} * {}", present, sql.literal(1 + rule.rel / 2))
    else:
        return None
    type_ = Sql(str(column.shadow))
    return (
        sql.template("CAST({} AS {})", present, type_),
        sql.template("CAST({} AS {})", more, type_),
    )
