"""Types as statistics see them, and the expressions that read a value of each."""

from __future__ import annotations

from enum import StrEnum

from sparkguard import sql
from sparkguard.datatypes import (
    Atomic,
    DataType,
    Decimal,
    is_float,
    is_integer,
    is_string,
)
from sparkguard.sql import Path, Sql

Input = tuple[str, Sql]


class Family(StrEnum):
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    STRING = "string"
    BINARY = "binary"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIMESTAMP_NTZ = "timestamp_ntz"
    OTHER = "other"  # arrays, maps, variants, intervals, collated strings: NULLs are counted

    @property
    def is_number(self) -> bool:
        return self in (Family.INTEGER, Family.DECIMAL, Family.FLOAT)

    @property
    def is_time(self) -> bool:
        return self in (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMP_NTZ)


def family_of(type_: DataType) -> Family:
    if is_integer(type_):
        return Family.INTEGER
    if is_float(type_):
        return Family.FLOAT
    if isinstance(type_, Decimal):
        return Family.DECIMAL
    if is_string(type_):
        return Family.STRING
    known = {family.value for family in Family} - {"integer", "float", "decimal", "other"}
    if isinstance(type_, Atomic) and type_.name in known:
        return Family(type_.name)
    return Family.OTHER


def number(column: Path, family: Family) -> Input:
    """The value as a finite double: days since 1970 of a date, seconds of a timestamp.

    NULL for NaN and infinities; -0.0 becomes 0.0.
    """
    value = sql.path(column)
    match family:
        case Family.FLOAT:
            finite = "CASE WHEN abs({0}) < {1} THEN CAST({0} AS DOUBLE) + 0D END"
            expression = sql.template(finite, value, sql.literal(float("inf")))
        case Family.DATE:
            expression = sql.template("CAST({} AS DOUBLE)", ordinal(value, family))
        case Family.TIMESTAMP | Family.TIMESTAMP_NTZ:
            expression = sql.template("CAST({} AS DOUBLE) / 1000000D", ordinal(value, family))
        case _:
            expression = sql.template("CAST({} AS DOUBLE)", value)
    return named("number", column), expression


def comparable(column: Path) -> Input:
    """A float without its NaNs, so that its extremes are values."""
    value = sql.path(column)
    expression = sql.template("CASE WHEN NOT isnan({0}) THEN CAST({0} AS DOUBLE) END", value)
    return named("comparable", column), expression


def hashed(column: Path, family: Family) -> Sql:
    """64 bits of the value; equal values have equal ones."""
    value = sql.path(column)
    if family is Family.FLOAT:
        value = sql.template("CAST({} AS DOUBLE) + 0D", value)
    return sql.call("xxhash64", value)


def ordinal(value: Sql, family: Family) -> Sql:
    """A date's days or a timestamp's microseconds since 1970, exactly, in any session time zone."""
    if family is Family.DATE:
        return sql.call("unix_date", value)
    if family is Family.TIMESTAMP:
        return sql.call("unix_micros", value)
    return sql.template(
        "CAST(unix_date(CAST({0} AS DATE)) AS BIGINT) * 86400000000L"
        " + hour({0}) * 3600000000L + minute({0}) * 60000000L"
        " + CAST(extract(SECOND FROM {0}) * 1000000 AS BIGINT)",
        value,
    )


def named(what: str, column: Path) -> str:
    """A name for an input of a column that no column of a user's has."""
    return f"__sparkguard_{what}:{'.'.join(part.replace('.', '..') for part in column)}"
