"""What a tree's leaves mean: names, numbers, times, types. Nothing here calls Spark."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlglot import exp

from sparkguard import datatypes, sql
from sparkguard.datatypes import Struct
from sparkguard.errors import did_you_mean, listed
from sparkguard.expressions import families
from sparkguard.expressions.functions import (
    BOOLEAN,
    CASTS,
    INTEGER,
    LOCAL,
    NUMBER,
    TEXT,
    TIMES,
)
from sparkguard.expressions.parse import given
from sparkguard.sql import Sql

Typed = tuple[Sql, str | None]
"""SQL and the family of its value; None when it can't be known without Spark."""

_AGREED_DIGITS = 38  # Spark's longest decimal


class Refused(Exception):
    """A part of an expression that is not allowed; the message says why."""


def called(node: Any) -> str:
    """What to call a node in a message: its kind, never the author's text."""
    words = {
        exp.JSONExtract: "a lambda or JSON path",
        exp.Bracket: "brackets; use element_at",
        exp.Concat: "texts side by side; write \\' for a quote inside a text",
    }
    name = words.get(type(node), type(node).__name__)
    if " " in name:
        return name
    return "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(name))


def number(text: str) -> Typed:
    """The literal that Spark would read: whole number, decimal, or double when it has an `e`."""
    if text.lstrip("-").isdigit() and len(text) <= _AGREED_DIGITS:
        return sql.literal(int(text)), INTEGER
    try:
        value = float(text) if "e" in text.lower() else Decimal(text)
    except (ValueError, ArithmeticError):
        raise Refused(f"not a number: {text[:60]!r}") from None
    digits = 0
    if isinstance(value, Decimal):
        digits = max(len(value.as_tuple().digits), -int(value.as_tuple().exponent))
    if not math.isfinite(value) or digits > _AGREED_DIGITS:
        raise Refused(f"a number beyond Spark's types: {text[:60]!r}")
    return sql.literal(value), NUMBER


def as_decimal(whole: Sql) -> Sql:
    """A whole number as a decimal, so that what is made of it outgrows no integer type."""
    return sql.template("try_add({}, 0BD)", whole)


def as_double(whole: Sql) -> Sql:
    """A whole number as Spark divides and averages it; decimals would lose places."""
    return sql.template("CAST({} AS DOUBLE)", whole)


def as_int(value: Typed) -> Typed:
    """A whole number where Spark takes no other type, NULL beyond 32 bits; others as they are."""
    found, family = value
    if family != INTEGER or found.text.isdigit():
        return value
    return sql.template("try_cast({} AS INT)", found), family


def cast_target(to: Any) -> tuple[str, str]:
    """Spark's text and the family of the type that a cast gives."""
    target = CASTS.get(to.this.name if isinstance(to.this, exp.DType) else "")
    if target is None or given(to) - {"this", "expressions", "nested"}:
        names = sorted({name for name, _ in CASTS.values()})
        raise Refused(f"cast gives {listed(names, 20)}; found another type")
    spark, family = target
    if not to.expressions:
        return ("DECIMAL(10,0)" if spark == "DECIMAL" else spark), family
    numbers = [str(part.this.this) for part in to.expressions]
    if spark != "DECIMAL" or not all(n.isascii() and n.isdigit() for n in numbers):
        raise Refused(f"{spark} takes no length here")
    try:
        return str(datatypes.parse(f"decimal({','.join(numbers)})")), family
    except ValueError as error:
        raise Refused(str(error)) from None


def parts(node: Any) -> tuple[str, ...]:
    """The names of a column reference, outermost first."""
    match node:
        case exp.Identifier() if not given(node) - {"this", "quoted"}:
            return (str(node.this),)
        case exp.Dot():
            return parts(node.this) + parts(node.expression)
        case exp.Column():
            names = [node.args.get(part) for part in ("catalog", "db", "table", "this")]
            return tuple(name for found in names if found is not None for name in parts(found))
    raise Refused(f"{called(node)} is not a column")


def column(names: tuple[str, ...], struct: Struct | None) -> Typed:
    """A quoted reference, after looking the names up where the columns are known."""
    for reason in filter(None, map(sql.unnameable, names)):
        raise Refused(reason)
    if struct is None:
        if names[0].lower().startswith("_metadata"):
            raise Refused("the hidden column '_metadata' is not readable here")
        return sql.path(names), None
    field = struct.at(names)
    if field is not None:
        return sql.path(names), family_of(field.type)
    depth = next(d for d in range(1, len(names) + 1) if struct.at(names[:d]) is None)
    around = struct.at(names[: depth - 1])
    inside = around.type if around is not None else struct
    known = inside.names if isinstance(inside, Struct) else ()
    what = f"field {'.'.join(names[:depth])!r}" if depth > 1 else f"column {names[0]!r}"
    raise Refused(f"unknown {what}.{did_you_mean(names[depth - 1], known)}")


_FAMILIES: Mapping[str, str] = {"boolean": BOOLEAN}


def family_of(type_: datatypes.DataType) -> str | None:
    """What a column's type is to operators; None where it is nothing they take.

    Arrays and maps name what they hold, as `families.inside` reads it.
    """
    if datatypes.is_integer(type_):
        return INTEGER
    if datatypes.is_numeric(type_):
        return NUMBER
    if datatypes.is_string(type_):
        return TEXT
    if datatypes.is_temporal(type_):
        return str(type_)
    match type_:
        case datatypes.Array(element=inside):
            return families.array_of(family_of(inside))
        case datatypes.Map(key=key, value=inside):
            return families.map_of(family_of(key), family_of(inside))
    return _FAMILIES.get(str(type_))


def common(values: tuple[Typed, ...]) -> str | None:
    """The family of all values, or None when they differ or one is unknown."""
    found = {family for _, family in values}
    if len(found) > 1 and found <= TIMES:
        return LOCAL
    return found.pop() if len(found) == 1 else None
