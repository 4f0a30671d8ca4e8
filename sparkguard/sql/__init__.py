"""The only place where SQL text is quoted and built.

`Sql` is text that Spark's parser may see. It comes from this file alone: quoted names, quoted
literals, and templates whose text is written in SparkGuard's own source and whose holes take
nothing but `Sql`. What a contract author writes reaches Spark only through
`sparkguard.expressions`, which rebuilds it from a checked tree with these same functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal

from sparkguard.errors import EvaluationError

Literal = None | bool | int | float | str | bytes | Decimal | date | datetime
Path = tuple[str, ...]
"""A column and, inside it, the struct fields that lead to the value: `("address", "city")`."""


@dataclass(frozen=True)
class Sql:
    """A piece of Spark SQL. Make it with the functions of this module only."""

    text: str

    def __str__(self) -> str:
        return self.text


def name(identifier: str) -> Sql:
    """A quoted identifier: dots, spaces and backticks inside it mean themselves.

    Raises EvaluationError for a name of which `unnameable` tells a reason.
    """
    if reason := unnameable(identifier):
        raise EvaluationError(reason, UNNAMEABLE)
    return Sql("`" + identifier.replace("`", "``") + "`")


UNNAMEABLE = "SPARKGUARD_UNNAMEABLE"


def unnameable(identifier: str) -> str:
    """Why SQL can't name this column or table, "" where it can.

    Spark replaces `${...}` in the text of SQL before it parses it, inside quotes too.
    """
    if "${" not in identifier:
        return ""
    return f"Spark's SQL can't name {identifier[:200]!r}: it replaces '${{...}}', also in quotes"


def path(parts: Path) -> Sql:
    """A quoted reference to a column or to a field nested in structs."""
    return Sql(".".join(name(part).text for part in parts))


def literal(value: Literal) -> Sql:
    """A typed literal that means `value` under every session setting.

    Strings are written without escape sequences wherever `spark.sql.parser.
    escapedStringLiterals` could change their meaning, and without the `${...}` that Spark would
    replace by a variable.
    """
    match value:
        case None:
            return Sql("NULL")
        case bool():
            return Sql("true" if value else "false")
        case int():
            return _integer(value)
        case float():
            return _float(value)
        case Decimal():
            return Sql(f"{value:f}BD")
        case datetime():
            return _timestamp(value)
        case date():
            return Sql(f"DATE'{value.isoformat()}'")
        case bytes():
            return Sql(f"X'{value.hex()}'")
        case str():
            return _string(value)


def template(text: str, *holes: Sql, **named: Sql) -> Sql:
    """`text` of our own source with `Sql` put into its `{}` holes.

    Raises TypeError when a hole is given anything but `Sql`.
    """
    for hole in (*holes, *named.values()):
        if not isinstance(hole, Sql):
            raise TypeError(f"a template takes Sql only, found {type(hole).__name__}")
    return Sql(text.format(*holes, **named))


def call(function: str, *arguments: Sql) -> Sql:
    """A function call; `function` is a name from our own source or an allow-list."""
    if not function.isidentifier():
        raise ValueError(f"not a function name: {function!r}")
    return Sql(f"{function}({', '.join(a.text for a in arguments)})")


def joined(separator: str, parts: Iterable[Sql]) -> Sql:
    """`parts` with a separator of our own source between them, as `a AND b`."""
    return Sql(separator.join(part.text for part in parts))


def all_of(conditions: Iterable[Sql]) -> Sql:
    """Conjunction in parentheses; `true` when there is no condition."""
    parts = [template("({})", c) for c in conditions]
    return joined(" AND ", parts) if parts else literal(True)


def any_of(conditions: Iterable[Sql]) -> Sql:
    """Disjunction in parentheses; `false` when there is no condition."""
    parts = [template("({})", c) for c in conditions]
    return joined(" OR ", parts) if parts else literal(False)


def as_text(value: Sql) -> Sql:
    """Spark's text of a value, the same in every session.

    `CAST` writes a decimal's zeros with an exponent where ANSI mode is off.
    """
    return template("try_cast({} AS STRING)", value)


def in_utc(timestamp: Sql) -> Sql:
    """The time in UTC of a TIMESTAMP, as TIMESTAMP_NTZ, whatever the session's zone."""
    return template(
        "try_add(TIMESTAMP_NTZ'1970-01-01 00:00:00', "
        "make_dt_interval(0, 0, 0, try_cast(unix_micros({}) * 0.000001BD AS DECIMAL(18,6))))",
        timestamp,
    )


def is_true(condition: Sql) -> Sql:
    """`condition` with NULL read as false, so that `NOT` loses no row."""
    return template("coalesce({}, false)", condition)


def count_if(condition: Sql) -> Sql:
    """Rows for which `condition` is true; 0, not NULL, for no rows."""
    return template("count_if({})", condition)


def alias(expression: Sql, as_name: str) -> Sql:
    return template("{} AS {}", expression, name(as_name))


def _integer(value: int) -> Sql:
    if -(2**31) <= value < 2**31:
        return Sql(str(value))
    if -(2**63) < value < 2**63:
        return Sql(f"{value}L")
    return Sql(f"{value}BD")


def _float(value: float) -> Sql:
    if math.isnan(value) or math.isinf(value):
        special = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return Sql(f"CAST('{special}' AS DOUBLE)")
    return Sql(f"{value!r}D")


def _timestamp(value: datetime) -> Sql:
    if value.tzinfo is None:
        return Sql(f"TIMESTAMP_NTZ'{value.isoformat(sep=' ')}'")
    # Python's calendar ends with the year 9999 in UTC, Spark's does not: then the zone stays.
    with suppress(OverflowError):
        value = value.astimezone(timezone.utc)
    return Sql(f"TIMESTAMP'{value.isoformat(sep=' ')}'")


_SPECIAL = frozenset("\\'$")


def _string(value: str) -> Sql:
    if not _SPECIAL.intersection(value) and value.isprintable():
        return Sql(f"'{value}'")
    return Sql(f"CAST(X'{value.encode().hex()}' AS STRING)")
