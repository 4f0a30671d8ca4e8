"""Faults that a comparison must detect, seeded into a copy of the shadow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
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
from sparkguard.shadow_rules.tolerance import FEWEST_FOR_BIAS, Tolerance
from sparkguard.sql import Sql

NAMES = (
    "dropped row",
    "duplicated row",
    "swapped NULL",
    "one unit",
    "2^53 against 2^53 + 1",
    "trailing space",
    "zone shift",
    "truncated decimal",
    "small bias",
)


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


def faults(columns: Columns, rows: int = FEWEST_FOR_BIAS) -> tuple[Fault, ...]:
    """The faults that so many rows can hold, each in the first of the compared columns that can."""
    return tuple(_faults([c for c in columns.values if not c.tolerance.unordered], rows))


def left_out(seeded: Iterable[str]) -> tuple[str, ...]:
    """The names of the faults that no column, or too few rows, could hold."""
    held = set(seeded)
    return tuple(name for name in NAMES if name not in held)


def _faults(values: list[Compared], rows: int) -> Iterator[Fault]:
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
    if rows >= FEWEST_FOR_BIAS:
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
    """Half of what is tolerated, added to every row.

    The rows' own values are brought to one magnitude, since differences that follow very unlike
    values show no bias in a sample, and are rounded away in the largest.
    """
    rule = column.tolerance
    if not rule.is_numeric or rule.bias is None:
        return None
    scale = _scale(rule, 2.0**-23 if column.shadow == Atomic("float") else 2.0**-52)
    if scale is None:
        return None
    present = sql.template(
        "(if({0} < 0D, -1D, 1D) * least(greatest(abs({0}), 1D), 2D) * {1})",
        sql.name(column.name),
        sql.literal(scale),
    )
    more = sql.template(
        "{0} + greatest({1}, {2} * abs({0})) / 2D",
        present,
        sql.literal(float(rule.abs)),
        sql.literal(float(rule.rel)),
    )
    type_ = Sql(str(column.shadow))
    return (
        sql.template("CAST({} AS {})", present, type_),
        sql.template("CAST({} AS {})", more, type_),
    )


def _scale(rule: Tolerance, step: float) -> float | None:
    """A power of two from which to its double half the tolerance is two steps of a float or more.

    `step` is the distance from 1 to the next float. None where the tolerance is finer than floats.
    """
    if max(rule.abs, rule.rel) >= 4 * step:
        return 1.0
    if rule.abs < 1e-30:
        return None
    return float(2.0 ** math.floor(math.log2(rule.abs / (4 * step))))
