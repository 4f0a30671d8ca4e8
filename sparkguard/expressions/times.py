"""Dates and times in expressions. Their values never depend on the session's time zone.

Spark reads the calendar of a TIMESTAMP in the zone of the session. Wherever that would show, the
timestamp becomes its time in UTC, as TIMESTAMP_NTZ, before Spark sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timezone
from typing import Any

from sqlglot import exp

from sparkguard import sql
from sparkguard.datatypes import Atomic
from sparkguard.errors import listed
from sparkguard.expressions.families import holds_timestamps
from sparkguard.expressions.functions import (
    CLOCKS,
    DATE,
    INTEGER,
    LOCAL,
    NUMBER,
    OF_TIMES,
    SPAN,
    TEXT,
    TIMES,
    TIMESTAMP,
    UNITS,
)
from sparkguard.expressions.nodes import Refused, Typed, as_int
from sparkguard.sql import Sql
from sparkguard.sql.limits import micros

_LOCAL = Atomic("timestamp_ntz")
_ZONED = r"\A\s*[0-9]+-[0-9]+-[0-9]+[ T][0-9]+:[0-9]+:[0-9]+(\.[0-9]*)?\s*[A-Za-z+-]"
"""Text of a date and a time with a zone behind it; Spark reads a zone after seconds only."""


def in_utc(value: Typed) -> Sql:
    """The value; of a timestamp its time in UTC, which no session reads otherwise."""
    found, family = value
    return sql.in_utc(found) if family == TIMESTAMP else found


def one_family(families: Iterable[str | None]) -> str | None:
    """What Spark makes of dates and times that are brought to one type; None without any."""
    times = [family for family in dict.fromkeys(families) if family in TIMES]
    return LOCAL if len(times) > 1 else next(iter(times), None)


def brought_to(wanted: str, node: Any, value: Typed) -> Typed:
    """A value beside one of the family `wanted`, as `one_family` gives it.

    Text becomes a literal. Raises Refused for text that is no literal of a date or time.
    """
    if value[1] == TEXT:
        return literal(node, wanted)
    if value[1] == TIMESTAMP and wanted != TIMESTAMP:
        return in_utc(value), LOCAL
    return value


def literal(node: Any, wanted: str) -> Typed:
    """A date or time written as text, of the family `wanted`; without a zone it is in UTC.

    A time beside dates keeps its hours.
    """
    found = _read(node, "date or timestamp")
    if wanted == DATE and not isinstance(found, datetime):
        return sql.literal(found), DATE
    moment = _moment(found)
    if wanted == TIMESTAMP:
        return sql.literal(moment), TIMESTAMP
    return sql.literal(_utc(moment).replace(tzinfo=None)), LOCAL


def cast_literal(node: Any, family: str) -> Typed:
    """Text that is cast to a date or time."""
    found = _read(node, family.replace("_ntz", ""))
    if family == DATE:
        # As Spark does, the date is the one that is written, whatever the zone behind it.
        return sql.literal(found.date() if isinstance(found, datetime) else found), DATE
    if family == LOCAL:
        written = found if isinstance(found, datetime) else _moment(found)
        return sql.literal(written.replace(tzinfo=None)), LOCAL
    return sql.literal(_moment(found)), TIMESTAMP


def _read(node: Any, expected: str) -> date | datetime:
    if not (isinstance(node, exp.Literal) and node.is_string):
        raise Refused("text and time are compared or mixed; use cast(... as ...)")
    text = str(node.this)
    try:
        if len(text) == len("2000-01-01"):
            return date.fromisoformat(text)
        return datetime.fromisoformat(text)
    except ValueError:
        message = f"expected an ISO 8601 {expected}, found text {text[:60]!r}"
        raise Refused(message) from None


def _moment(found: date | datetime) -> datetime:
    """With its zone, UTC where none is written."""
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(timezone.utc)
    except OverflowError:
        raise Refused(f"{moment.isoformat()} in UTC is outside the years 1 to 9999") from None


def cast(value: Typed, spark: str, family: str) -> Typed:
    """`value` as Spark's type `spark` of `family`, NULL where it can't be."""
    found, given = value
    if holds_timestamps(given):
        raise Refused("timestamps inside a value are not cast together; use element_at")
    if family == TIMESTAMP:
        if given == TEXT:
            zoned = sql.template("{} RLIKE {}", found, sql.literal(_ZONED))
            instant = in_utc((sql.template("try_cast({} AS TIMESTAMP_LTZ)", found), TIMESTAMP))
            whole = "CASE WHEN {} THEN {} ELSE try_cast({} AS TIMESTAMP_NTZ) END"
            return sql.template(whole, zoned, instant, found), LOCAL
        if given in (DATE, LOCAL):
            return sql.template("try_cast({} AS TIMESTAMP_NTZ)", found), LOCAL
    if family in (INTEGER, NUMBER):
        if given == LOCAL:
            found = sql.template("timestamp_micros({})", micros(found, _LOCAL))
    elif family != TIMESTAMP:
        found = in_utc(value)
    return sql.template(f"try_cast({{}} AS {spark})", found), family


def argument(function: str, value: Typed) -> Typed:
    """An argument of a function; one of dates and times takes text too, NULL where it is none."""
    found, family = in_utc(value), LOCAL if value[1] == TIMESTAMP else value[1]
    if function not in OF_TIMES:
        return found, family
    if family == TEXT and function in CLOCKS:
        return cast(value, "TIMESTAMP_LTZ", TIMESTAMP)
    if family == TEXT:
        return sql.template("try_cast({} AS DATE)", found), DATE
    if family == DATE and function in CLOCKS:
        return sql.template("try_cast({} AS TIMESTAMP_NTZ)", found), LOCAL
    return found, family


def operands(left: Typed, right: Typed) -> tuple[Sql, Sql, str | None] | None:
    """Both sides of a sum or difference with a date or time, and its family; None without one."""
    families = {left[1], right[1]}
    times = families & TIMES
    if not times:
        return None
    one, two = in_utc(as_int(left)), in_utc(as_int(right))
    if SPAN in families and DATE in times:
        # Hours on a date make a TIMESTAMP of the session's zone.
        one, two = (
            sql.template("try_cast({} AS TIMESTAMP_NTZ)", side) if family == DATE else side
            for side, (_, family) in ((one, left), (two, right))
        )
    if families <= TIMES:
        return one, two, None if times == {DATE} else SPAN
    return one, two, DATE if times == {DATE} and SPAN not in families else LOCAL


def interval(node: exp.Expression) -> Typed:
    """An INTERVAL literal. Raises Refused for anything but one whole number and one unit."""
    unit = str(node.args["unit"].this).upper() if node.args.get("unit") else ""
    unit = unit.removesuffix("S")
    amount = str(node.this.this) if isinstance(node.this, exp.Literal) else ""
    digits = amount.removeprefix("-")
    if unit not in UNITS or not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise Refused(f"an interval is a whole number and one of {listed(UNITS)}")
    family = SPAN if unit in ("HOUR", "MINUTE", "SECOND") else None
    return sql.template(f"INTERVAL {{}} {unit}", sql.literal(amount)), family
