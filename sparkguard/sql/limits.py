"""Limits and listed values of rules as SQL that compares exactly with a column's type."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from datetime import date, datetime, timezone
from decimal import ROUND_FLOOR
from decimal import Decimal as Number
from typing import Any

from sparkguard import sql
from sparkguard.datatypes import (
    Atomic,
    DataType,
    Decimal,
    is_float,
    is_integer,
    is_numeric,
    is_string,
    is_temporal,
)
from sparkguard.sql import Sql, number_texts
from sparkguard.sql.number_texts import EXACT

_DOUBLE = Atomic("double")
_BEYOND = Number(10) ** 38
"""More than any decimal of Spark's."""


def below(value: Sql, limit: int | float, type_: DataType, *, or_equal: bool = False) -> Sql:
    """True when a number is less than `limit`, exactly: a float limit means its shortest text.

    Limits between two numbers that the column's type can hold are moved to the nearer one, so
    that no comparison rounds. Text is converted.
    """
    if is_string(type_):
        rough = below(number_texts.as_double(value), limit, _DOUBLE, or_equal=or_equal)
        return number_texts.below(value, exactly(limit), rough, or_equal=or_equal)
    if is_float(type_):
        held, side = _nearest(limit, type_)
        operator = "<=" if side < 0 or (side == 0 and or_equal) else "<"
        return sql.template(f"{{}} {operator} {{}}", value, held)
    floor, equal = _floor(limit, type_)
    # x < 2.5 is x <= 2 for whole numbers, and x < 2 is itself.
    operator = "<=" if or_equal or not equal else "<"
    return _compared(value, operator, floor, type_)


def above(value: Sql, limit: int | float, type_: DataType, *, or_equal: bool = False) -> Sql:
    """True when a number is greater than `limit`; see `below`."""
    return sql.template("NOT ({})", below(value, limit, type_, or_equal=not or_equal))


def _nearest(limit: int | float, type_: DataType) -> tuple[Sql, int]:
    """The float nearest to `limit`; whether it is less (-1), equal (0) or greater (1).

    A float means its shortest text, as a limit with a point does. A whole number may also be what
    the float holds, of which the text shows 17 digits at most.
    """
    number = exactly(limit)
    text = _float_text(limit) if type_ == Atomic("float") else None
    if text is not None:
        # Beside a double, Spark would compare with what the float holds.
        found = sql.template("CAST({} AS FLOAT)", sql.literal(text))
        held = _as_float(float(text))
    else:
        held = _as_double(limit)
        found, text = sql.literal(held), repr(held)
    ends = (Number(text), Number(held) if isinstance(limit, int) else Number(text))
    return found, (min(ends) > number) - (max(ends) < number)


def _as_double(limit: int | float) -> float:
    try:
        return float(limit)
    except OverflowError:
        return math.inf if limit > 0 else -math.inf


def _as_float(limit: int | float) -> float:
    (nearest,) = struct.unpack("f", struct.pack("f", limit))
    return float(nearest)


def _float_text(limit: int | float) -> str | None:
    """The shortest text of the float nearest to `limit`; None beyond what a float can hold."""
    try:
        nearest = _as_float(limit)
    except (OverflowError, struct.error):
        return None
    if not math.isfinite(nearest):
        return None
    texts = (f"{nearest:.{digits}g}" for digits in range(1, 10))
    return next(text for text in texts if _as_float(float(text)) == nearest)


def exactly(limit: int | float) -> Number:
    """The number that is written: of a float its shortest text."""
    return Number(repr(limit)) if isinstance(limit, float) else Number(limit)


def _floor(limit: int | float, type_: DataType) -> tuple[Number, bool]:
    """The largest number of the type's scale that is not above `limit`; whether it equals it."""
    number = exactly(limit)
    if number.copy_abs() >= _BEYOND:
        return number, True
    scale = type_.scale if isinstance(type_, Decimal) else 0
    step = Number(1).scaleb(-scale)
    floor = number.quantize(step, rounding=ROUND_FLOOR, context=EXACT)
    return floor, floor == number


def _compared(value: Sql, operator: str, limit: Number, type_: DataType) -> Sql:
    digits = type_.precision - type_.scale if isinstance(type_, Decimal) else 19
    if limit.is_infinite() or limit.copy_abs() >= Number(10) ** digits:
        return sql.literal(limit > 0)
    if is_integer(type_):
        return sql.template(f"{{}} {operator} {{}}", value, sql.literal(int(limit)))
    return sql.template(f"{{}} {operator} {{}}", value, sql.literal(limit))


def comparable(lower: Any, upper: Any) -> tuple[Any, Any]:
    """Two numbers or two texts as what their order is that of: moments where both are ISO 8601.

    A moment without zone is UTC. Other texts stay, ordered by code points.
    """
    try:
        first, second = (datetime.fromisoformat(limit) for limit in (lower, upper))
    except (TypeError, ValueError):
        return lower, upper
    return _zoned(first), _zoned(second)


def _zoned(found: datetime) -> datetime:
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def moment(text: str, type_: Atomic) -> Sql:
    """A date or time limit, written in ISO 8601, as a literal of the column's type.

    A time without zone is UTC for `timestamp`. Raises ValueError for other text.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        kind = "date" if type_.name == "date" else "time"
        raise ValueError(f"{text[:60]!r} is no ISO 8601 {kind}") from None
    if type_.name == "date":
        if "T" in text or " " in text:
            raise ValueError("a date column is compared with a date")
        return sql.literal(date(found.year, found.month, found.day))
    if type_.name == "timestamp_ntz":
        if found.tzinfo is not None:
            raise ValueError("a timestamp_ntz column is compared with a time without zone")
        return sql.literal(found)
    return sql.literal(_zoned(found))


def among(value: Sql, values: Iterable[bool | int | float | str], type_: DataType) -> Sql:
    """True when `value` is one of `values`, compared exactly.

    Raises ValueError when a listed value is of another kind than the column.
    """
    literals = [one for v in values if (one := _listed(v, type_)) is not None]
    if not literals:
        return sql.literal(False)
    return sql.template("{} IN ({})", value, sql.joined(", ", literals))


def _listed(value: bool | int | float | str, type_: DataType) -> Sql | None:
    """The value as the column's type; None when the type can't hold it, so nothing equals it."""
    wrong = ValueError(f"a listed value is of another type than {type_}")
    if isinstance(type_, Atomic) and type_.name == "boolean" and isinstance(value, bool):
        return sql.literal(value)
    if isinstance(value, bool):
        raise wrong
    if isinstance(value, str):
        if is_string(type_):
            return sql.literal(value)
        if isinstance(type_, Atomic) and is_temporal(type_):
            return moment(value, type_)
        raise wrong
    if is_float(type_):
        if isinstance(value, float) and not math.isfinite(value):
            return sql.literal(value)
        found, side = _nearest(value, type_)
        return found if side == 0 else None
    if not (is_integer(type_) or isinstance(type_, Decimal)):
        raise wrong
    scale, digits = (type_.scale, type_.precision) if isinstance(type_, Decimal) else (0, 19)
    number = exactly(value)
    if not number.is_finite() or number.copy_abs() >= Number(10) ** (digits - scale):
        return None
    held = number.quantize(Number(1).scaleb(-scale), context=EXACT)
    if held != number:
        return None
    return sql.literal(int(number)) if is_integer(type_) else sql.literal(held)


def micros(value: Sql, type_: DataType) -> Sql:
    """A date or time as microseconds since 1970 in UTC, whatever the session's time zone.

    A date is its midnight; a time without zone counts as UTC. Raises ValueError for other types.
    """
    match str(type_):
        case "timestamp":
            return sql.template("unix_micros({})", value)
        case "timestamp_ntz":
            # Spark's own difference of times leaves out the hours that the session's zone lacks.
            return sql.template(
                "(CAST(datediff({0}, {1}) AS BIGINT) * 86400000000L + hour({0}) * 3600000000L"
                " + minute({0}) * 60000000L + CAST(extract(SECOND FROM {0}) * 1000000 AS BIGINT))",
                value,
                sql.literal(date(1970, 1, 1)),
            )
        case "date":
            days = sql.template("datediff({}, {})", value, sql.literal(date(1970, 1, 1)))
            return sql.template("CAST({} AS BIGINT) * 86400000000L", days)
    raise ValueError(f"{type_} is no date and no timestamp")


def is_number_like(type_: DataType) -> bool:
    """True for numbers and for text, which is converted and counted where it can't be."""
    return is_numeric(type_) or is_string(type_)
