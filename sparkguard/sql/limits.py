"""Limits and listed values of rules as SQL that compares exactly with a column's type."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from datetime import date, datetime, timezone
from decimal import ROUND_FLOOR, Context
from decimal import Decimal as Number

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
from sparkguard.sql import Sql

_EXACT = Context(prec=400)
_DOUBLE = Atomic("double")
_DECIMAL = Decimal(38, 18)
_TEXT_NUMBER = r"\A[ \t\r\n]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\r\n]*\z"


def is_number_text(value: Sql) -> Sql:
    """True for text that is a decimal number with ASCII digits, blanks around it allowed."""
    return sql.template("{} RLIKE {}", value, sql.literal(_TEXT_NUMBER))


def number_of(value: Sql, type_: DataType) -> Sql:
    """The value as a number: text is converted, NULL where it holds no number."""
    if not is_string(type_):
        return value
    guard = is_number_text(value)
    return sql.template("CASE WHEN {} THEN try_cast({} AS DOUBLE) END", guard, value)


def exact_of(value: Sql, type_: DataType) -> Sql:
    """The value as decimal(38,18), NULL beyond its range; a double by its shortest text."""
    if is_string(type_):
        guard = is_number_text(value)
        return sql.template(
            "CASE WHEN {} THEN try_cast(trim({}) AS DECIMAL(38,18)) END", guard, value
        )
    if is_float(type_):
        value = sql.template("CAST({} AS STRING)", value)
    return sql.template("try_cast({} AS DECIMAL(38,18))", value)


def below(value: Sql, limit: int | float, type_: DataType, *, or_equal: bool = False) -> Sql:
    """True when a number is less than `limit`, exactly: a float limit means its shortest text.

    Limits between two numbers that the column's type can hold are moved to the nearer one, so
    that no comparison rounds.
    """
    if is_string(type_):
        exact = exact_of(value, type_)
        rough = below(number_of(value, type_), limit, _DOUBLE, or_equal=or_equal)
        fine = below(exact, limit, _DECIMAL, or_equal=or_equal)
        return sql.template("CASE WHEN {} IS NULL THEN {} ELSE {} END", exact, rough, fine)
    if is_float(type_):
        nearest = _nearest_float(limit) if type_ == Atomic("float") else None
        if nearest is not None:
            return _below_float(value, nearest, _exactly(limit), or_equal)
        operator = "<=" if or_equal else "<"
        return sql.template(f"{{}} {operator} {{}}", value, _float_limit(limit))
    floor, equal = _floor(limit, type_)
    # x < 2.5 is x <= 2 for whole numbers, and x < 2 is itself.
    operator = "<=" if or_equal or not equal else "<"
    return _compared(value, operator, floor, type_)


def above(value: Sql, limit: int | float, type_: DataType, *, or_equal: bool = False) -> Sql:
    """True when a number is greater than `limit`; see `below`."""
    return sql.template("NOT ({})", below(value, limit, type_, or_equal=not or_equal))


def _float_limit(limit: int | float) -> Sql:
    if isinstance(limit, int) and abs(limit) > 2**53:
        return sql.literal(Number(limit))
    return sql.literal(float(limit))


def _below_float(value: Sql, nearest: str, limit: Number, or_equal: bool) -> Sql:
    """As `below` of a FLOAT, which means its shortest text as the limit does."""
    operator = "<=" if or_equal else "<"
    if Number(nearest) != limit:
        # Between two floats, it is no value's text: x < 0.70000001 is x <= 0.7.
        operator = "<=" if Number(nearest) < limit else "<"
    return sql.template(f"{{}} {operator} CAST({{}} AS FLOAT)", value, sql.literal(nearest))


def _nearest_float(limit: int | float) -> str | None:
    """The shortest text of the float nearest to `limit`; None beyond what a float can hold."""
    try:
        packed = struct.pack("f", limit)
    except (OverflowError, struct.error):
        return None
    (nearest,) = struct.unpack("f", packed)
    if not math.isfinite(nearest):
        return None
    texts = (f"{nearest:.{digits}g}" for digits in range(1, 10))
    return next(text for text in texts if struct.pack("f", float(text)) == packed)


def _exactly(limit: int | float) -> Number:
    """The number that is written: of a float its shortest text."""
    return Number(repr(limit)) if isinstance(limit, float) else Number(limit)


def _floor(limit: int | float, type_: DataType) -> tuple[Number, bool]:
    """The largest number of the type's scale that is not above `limit`; whether it equals it."""
    number = _exactly(limit)
    if math.isinf(limit):
        return number, True
    scale = type_.scale if isinstance(type_, Decimal) else 0
    step = Number(1).scaleb(-scale)
    floor = number.quantize(step, rounding=ROUND_FLOOR, context=_EXACT)
    return floor, floor == number


def _compared(value: Sql, operator: str, limit: Number, type_: DataType) -> Sql:
    digits = type_.precision - type_.scale if isinstance(type_, Decimal) else 19
    if limit.is_infinite() or limit.copy_abs() >= Number(10) ** digits:
        return sql.literal(limit > 0)
    if is_integer(type_):
        return sql.template(f"{{}} {operator} {{}}", value, sql.literal(int(limit)))
    return sql.template(f"{{}} {operator} {{}}", value, sql.literal(limit))


def not_multiple(value: Sql, step: int | float, type_: DataType) -> Sql:
    """True for a number that is no whole multiple of `step`.

    Doubles count by their shortest text: 0.3 is three times 0.1. Beyond 10^20 the remainder is
    that of doubles.
    """
    if is_integer(type_) and step == int(step) and abs(step) < 2**63:
        return sql.template("{} % {} != 0", value, sql.literal(int(step)))
    exact = _exactly(step)
    remainder = sql.template("{} % {}", exact_of(value, type_), sql.literal(exact))
    rough = sql.template("CAST({} AS DOUBLE) % {}", value, sql.literal(float(step)))
    if is_string(type_):
        rough = sql.template("try_cast({} AS DOUBLE) % {}", value, sql.literal(float(step)))
    return sql.template("NOT coalesce({} = 0, {} = 0D, false)", remainder, rough)


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
    return sql.literal(found if found.tzinfo else found.replace(tzinfo=timezone.utc))


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
        text = sql.literal(repr(float(value)))
        return sql.template(f"CAST({{}} AS {type_})", text)
    if not (is_integer(type_) or isinstance(type_, Decimal)):
        raise wrong
    scale, digits = (type_.scale, type_.precision) if isinstance(type_, Decimal) else (0, 19)
    number = _exactly(value)
    if not number.is_finite() or number.copy_abs() >= Number(10) ** (digits - scale):
        return None
    held = number.quantize(Number(1).scaleb(-scale), context=_EXACT)
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
