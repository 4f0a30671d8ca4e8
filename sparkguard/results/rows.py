"""Rows of a result table: from records to DataFrames, and the digest that proves them stored.

The digest of a set of rows is the sum, over the rows, of the first 60 bits of SHA-256 of the
row's digested columns, each written as `length:text`, NULL as `-`. It is the same whatever the
order of the rows, and Python and Spark compute it alike.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.errors import did_you_mean
from sparkguard.results.schemas import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Cells = tuple[Any, ...]


def cells_of(table: Table, row: Any) -> Cells:
    """`row`, a record or a mapping, as cells in the order of the table's columns.

    Columns that the row lacks are NULL. Raises TypeError for a name that is no column, and for
    a timestamp without a time zone.
    """
    given = _mapping(row)
    unknown = sorted(set(given) - {column.name for column in table.columns})
    if unknown:
        hint = did_you_mean(unknown[0], (column.name for column in table.columns))
        raise TypeError(f"result table {table.name} has no column {unknown[0]!r}.{hint}")
    return tuple(_cell(column.type, given.get(column.name)) for column in table.columns)


def in_order(table: Table, rows: Iterable[Cells]) -> list[Cells]:
    """`rows` sorted by the digested columns, so that a replay cuts the same batches."""
    pick = _picker(table)
    return sorted(rows, key=lambda row: [_encoded(value) for value in pick(row)])


def version_stamps(table: Table, now: datetime, part: str = "0") -> dict[str, Any]:
    """Stamps that every row carries, whoever wrote it."""
    return {
        "part": part,
        "written_at": now,
        "schema_version": table.version,
        "engine_version": engine_version(),
    }


def restamped(table: Table, rows: Iterable[Cells], stamps: Mapping[str, Any]) -> list[Cells]:
    """`rows` with the cells of `stamps` put in."""
    names = [column.name for column in table.columns]
    return [
        tuple(stamps.get(name, cell) for name, cell in zip(names, row, strict=True)) for row in rows
    ]


@cache
def engine_version() -> str:
    """The installed version of SparkGuard; `unknown` for a copy that was never installed."""
    try:
        return metadata.version("sparkguard")
    except metadata.PackageNotFoundError:
        return "unknown"


def batches(rows: Sequence[Cells], size: int) -> Iterator[Sequence[Cells]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def digest(table: Table, rows: Iterable[Cells]) -> str:
    """The digest of `rows`; `0` for none."""
    pick = _picker(table)
    total = 0
    for row in rows:
        text = "".join(_encoded(value) for value in pick(row))
        hashed = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        total += int(hashed[:15], 16)
    return str(total)


def hash_sql(table: Table) -> sql.Sql:
    """What Spark adds up to `digest`: the hash of one row, a DECIMAL(38, 0)."""
    encoded = (
        sql.template(
            "coalesce(concat(char_length(CAST({0} AS STRING)), ':', CAST({0} AS STRING)), '-')",
            sql.name(column),
        )
        for column in table.digested
    )
    return sql.template(
        "CAST(conv(substr(sha2(concat({}), 256), 1, 15), 16, 10) AS DECIMAL(38, 0))",
        sql.joined(", ", encoded),
    )


def frame_of(spark: SparkSession, table: Table, rows: Sequence[Cells]) -> DataFrame:
    """`rows` as a DataFrame of one partition."""
    return spark.createDataFrame(list(rows), table.ddl).coalesce(1)


def stamped(frame: DataFrame, table: Table, stamps: Mapping[str, Any]) -> DataFrame:
    """`frame` with the stamps, cast to the table's columns; those it lacks are NULL.

    Raises TypeError for a column that the table does not have.
    """
    unknown = sorted(set(frame.columns) - {column.name for column in table.columns})
    if unknown:
        hint = did_you_mean(unknown[0], (column.name for column in table.columns))
        raise TypeError(f"result table {table.name} has no column {unknown[0]!r}.{hint}")
    given = set(frame.columns)
    return frame.selectExpr(
        *(
            sql.template(
                f"CAST({{}} AS {column.type}) AS {{}}",
                sql.literal(stamps[column.name])
                if column.name in stamps
                else sql.name(column.name)
                if column.name in given
                else sql.literal(None),
                sql.name(column.name),
            ).text
            for column in table.columns
        )
    )


def _mapping(row: Any) -> Mapping[str, Any]:
    if isinstance(row, Mapping):
        return row
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return {f.name: getattr(row, f.name) for f in dataclasses.fields(row)}
    raise TypeError(f"a row is a record or a mapping, found {type(row).__name__}")


def _cell(type_: str, value: Any) -> Any:
    match value:
        case None:
            return None
        case Enum():
            return value.value
        case datetime():
            if value.tzinfo is None:
                raise TypeError("a timestamp without a time zone can't be stored")
            return value
        case Mapping():
            double = type_.endswith("DOUBLE>")
            return {k: float(v) if double and v is not None else v for k, v in value.items()}
        case tuple() | list():
            return [
                dataclasses.astuple(v) if dataclasses.is_dataclass(v) else v  # type: ignore[arg-type]
                for v in value
            ]
    return float(value) if type_ == "DOUBLE" else value


def _picker(table: Table) -> Callable[[Cells], Cells]:
    names = [column.name for column in table.columns]
    positions = [names.index(name) for name in table.digested]
    return lambda row: tuple(row[position] for position in positions)


def _encoded(value: Any) -> str:
    if value is None:
        return "-"
    text = str(value)
    return f"{len(text)}:{text}"
