"""Which types of keys can be compared without a cast that decides silently."""

from __future__ import annotations

from collections.abc import Collection

from sparkguard.datatypes import (
    Array,
    Atomic,
    DataType,
    Decimal,
    Map,
    Struct,
    is_float,
    is_integer,
    is_string,
)


def incomparable(one: DataType, other: DataType, rules: Collection[str] | None = None) -> str:
    """Why keys of these types can't be compared; the empty text when they can.

    `rules` are None where keys are never normalised, so that the reason does not propose it. With
    normalising `rules` whole numbers and text are compared as text, which needs the rule `number`.
    """
    for type_ in (one, other):
        if is_float(type_):
            return (
                f"{type_} is no key: beyond 2^53 whole numbers collapse, and NaN equals nothing; "
                "store it as bigint, decimal or text"
            )
        if isinstance(type_, (Map, Array, Struct)):
            return f"{type_} is no key; refer by its atomic parts"
        if isinstance(type_, Atomic) and type_.name in ("variant", "void"):
            return f"{type_} is no key"
    if rules:
        return _incomparable_text(one, other, rules)
    if _family(one) == _family(other):
        return ""
    hint = ""
    if rules is not None and {_family(one), _family(other)} == {"string", "whole number"}:
        hint = "; add number to normalise if '007' means 7"
    return f"{one} against {other} would need a cast that decides silently{hint}"


def _incomparable_text(one: DataType, other: DataType, rules: Collection[str]) -> str:
    families = {_family(one), _family(other)}
    if not families <= {"string", "whole number"}:
        return f"normalise works on text and whole numbers, found {one} and {other}"
    if len(families) == 2 and "number" not in rules:
        return f"{one} against {other} needs the rule number in normalise"
    return ""


def _family(type_: DataType) -> str:
    if is_integer(type_):
        return "whole number"
    if is_string(type_):
        return "string"
    if isinstance(type_, Decimal):
        return f"decimal of scale {type_.scale}"
    return str(type_)
