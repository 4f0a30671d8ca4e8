"""Values as canonical text and back: 1, 1.0 and 1.00 are one text, and -0.0 is 0."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

from sparkguard.measures.families import Family

NAN, INFINITY, MINUS_INFINITY = "NaN", "Infinity", "-Infinity"
_EPOCH = date(1970, 1, 1).toordinal()


def text_of(value: Any, family: Family) -> str:
    """Canonical text of a value as Spark gave it; times are ISO 8601, instants in UTC.

    Dates come as days and timestamps as microseconds since 1970.
    """
    match family:
        case Family.BOOLEAN:
            return "true" if value else "false"
        case Family.DECIMAL:
            return _plain(value)
        case Family.FLOAT:
            return _float(value)
        case Family.DATE:
            return _date(value)
        case Family.TIMESTAMP | Family.TIMESTAMP_NTZ:
            days, micros = divmod(value, 86_400_000_000)
            seconds, micros = divmod(micros, 1_000_000)
            minutes, second = divmod(seconds, 60)
            fraction = f".{micros:06d}".rstrip("0") if micros else ""
            clock = f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}{fraction}"
            return f"{_date(days)}T{clock}{'Z' if family is Family.TIMESTAMP else ''}"
    return str(value)


def number_of(text: str, family: Family) -> Decimal | int | float | None:
    """The number that canonical text stands for, in the units of `families.number`.

    Exact for whole numbers, decimals and dates; None for NaN, infinities and text.
    """
    match family:
        case Family.INTEGER:
            return int(text)
        case Family.DECIMAL:
            return Decimal(text)
        case Family.FLOAT:
            found = float(text)
            return found if math.isfinite(found) else None
        case Family.DATE:
            return _days(text)
        case Family.TIMESTAMP | Family.TIMESTAMP_NTZ:
            day, _, clock = text.rstrip("Z").partition("T")
            hours, minutes, seconds = clock.split(":")
            return _days(day) * 86_400 + int(hours) * 3_600 + int(minutes) * 60 + Decimal(seconds)
    return None


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _float(value: float) -> str:
    if math.isnan(value):
        return NAN
    if math.isinf(value):
        return INFINITY if value > 0 else MINUS_INFINITY
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _date(days: int) -> str:
    if 1 <= days + _EPOCH <= date.max.toordinal():
        return date.fromordinal(days + _EPOCH).isoformat()
    # Beyond Python's calendar: the same day of a year some whole 400-year cycles away.
    cycles, rest = divmod(days + _EPOCH - 1, 146_097)
    near = date.fromordinal(rest + 1)
    year = near.year + 400 * cycles
    return f"{'-' if year < 0 else '+'}{abs(year):04d}-{near.month:02d}-{near.day:02d}"


def _days(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    year, month, day = (int(part) for part in text.lstrip("+-").split("-"))
    cycles, rest = divmod(sign * year - 1, 400)
    return date(rest + 1, month, day).toordinal() + cycles * 146_097 - _EPOCH
