"""Reads a Delta table's log, never its data files: schemas, files by commit, statistics."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.conditions import condition_of
from sparkguard.contracts.compatibility.evolution import SchemaCommit
from sparkguard.datatypes import from_json
from sparkguard.errors import SnapshotError
from sparkguard.silent_drift.order import in_order
from sparkguard.slices import Slice
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

_ENTRY = (
    "commitInfo STRUCT<timestamp: BIGINT, operation: STRING, userName: STRING, "
    "userMetadata: STRING>, "
    "metaData STRUCT<schemaString: STRING, partitionColumns: ARRAY<STRING>>, "
    "add STRUCT<path: STRING, partitionValues: MAP<STRING, STRING>, stats: STRING, "
    "dataChange: BOOLEAN>"
)
_MOST = 200_000


@dataclass(frozen=True)
class Log:
    """What the log still says; `first` is the oldest commit whose entry is kept."""

    first: int
    commits: tuple[SchemaCommit, ...]
    contracts: Mapping[int, str]


def read_log(spark: SparkSession, ref: TableRef) -> Log:
    """Schemas by commit, and the contract version that each write through the gate named.

    Raises SnapshotError when the log can't be read.
    """
    entries = _entries(spark, ref)
    rows = _collect(
        entries.where("commitInfo IS NOT NULL OR metaData IS NOT NULL").selectExpr(
            "version",
            "commitInfo.timestamp AS at",
            "commitInfo.operation AS operation",
            "commitInfo.userName AS user",
            "commitInfo.userMetadata AS said",
            "metaData.schemaString AS schema",
            "metaData.partitionColumns AS partitioned",
        ),
        ref,
    )
    infos = {row["version"]: row for row in rows if row["schema"] is None}
    commits = [_commit(row, infos.get(row["version"])) for row in rows if row["schema"]]
    contracts = {v: found for v, row in infos.items() if (found := _contract(row["said"]))}
    return Log(
        min((row["version"] for row in rows), default=0),
        tuple(sorted(commits, key=lambda commit: commit.version)),
        contracts,
    )


def null_files(spark: SparkSession, ref: TableRef, column: str) -> Mapping[tuple[Slice, int], bool]:
    """By partition and commit: whether a top-level column is NULL in every row that was added.

    Files without statistics on the column are left out.
    """
    path = "$.nullCount." + column.replace(".", "\\.")
    nulls = sql.template("CAST(get_json_object(add.stats, {}) AS BIGINT)", sql.literal(path))
    rows = _collect(
        _entries(spark, ref)
        .where("add IS NOT NULL AND add.dataChange")
        .selectExpr(
            "version",
            "to_json(add.partitionValues) AS place",
            sql.alias(nulls, "nulls").text,
            "CAST(get_json_object(add.stats, '$.numRecords') AS BIGINT) AS rows",
        )
        .where("nulls IS NOT NULL")
        .groupBy("place", "version")
        .agg({"nulls": "sum", "rows": "sum"}),
        ref,
    )
    return {
        (Slice.of(json.loads(row["place"] or "{}")), row["version"]): (
            row["sum(nulls)"] == row["sum(rows)"]
        )
        for row in rows
    }


def null_onset(
    files: Mapping[tuple[Slice, int], bool], by: Sequence[str] = ()
) -> tuple[Slice, int] | None:
    """The first partition and commit from which on every added file is NULL throughout.

    Partitions go in the order of their values, and within one the commits; None where the column
    was never filled, or is filled to the end.
    """
    ordered = sorted(files, key=lambda key: (in_order(key[0], by), key[1]))
    filled = [at for at, key in enumerate(ordered) if not files[key]]
    if not filled or filled[-1] + 1 == len(ordered):
        return None
    return ordered[filled[-1] + 1]


def live_contracts(
    spark: SparkSession, ref: TableRef, log: Log | None = None
) -> frozenset[str] | None:
    """Contract versions whose files the table still holds; None when some file's is unknown."""
    log = log or read_log(spark, ref)
    if log.first:
        return None
    table = spark.sql(sql.template("SELECT * FROM {}", ref.sql).text)
    files = {name.rstrip("/").rpartition("/")[2] for name in table.inputFiles()}
    added = _collect(
        _entries(spark, ref).where("add IS NOT NULL").selectExpr("version", "add.path AS path"), ref
    )
    by_file = {str(row["path"]).rpartition("/")[2]: row["version"] for row in added}
    versions = {by_file.get(name) for name in files}
    if None in versions or any(version not in log.contracts for version in versions):
        return None
    return frozenset(log.contracts[version] for version in versions if version is not None)


def _entries(spark: SparkSession, ref: TableRef) -> DataFrame:
    try:
        detail = spark.sql(sql.template("DESCRIBE DETAIL {}", ref.sql).text).collect()[0]
        folder = f"{str(detail['location']).rstrip('/')}/_delta_log"
        files = f"{folder}/{'[0-9]' * 20}.json"
        read = spark.read.schema(_ENTRY).json(files)
        return read.selectExpr("*", "CAST(substr(_metadata.file_name, 1, 20) AS BIGINT) AS version")
    except Exception as error:
        raise SnapshotError(
            f"the log of {ref} can't be read: {condition_of(error)}", condition_of(error)
        ) from error


def _collect(frame: DataFrame, ref: TableRef) -> list[Row]:
    try:
        rows = frame.limit(_MOST + 1).collect()
    except Exception as error:
        raise SnapshotError(
            f"the log of {ref} can't be read: {condition_of(error)}", condition_of(error)
        ) from error
    if len(rows) > _MOST:
        raise SnapshotError(f"the log of {ref} has more than {_MOST:,} entries to look at")
    return rows


def _commit(row: Row, info: Row | None) -> SchemaCommit:
    at = None
    if info is not None and info["at"] is not None:
        at = datetime.fromtimestamp(info["at"] / 1000, timezone.utc)
    return SchemaCommit(
        row["version"],
        at,
        (info["operation"] if info is not None else None) or "",
        (info["user"] if info is not None else None) or "",
        from_json(json.loads(row["schema"])),
        tuple(row["partitioned"] or ()),
    )


def _contract(said: str | None) -> str:
    """The contract version in a commit's user metadata, where the gate wrote it."""
    try:
        found = json.loads(said or "")["sparkguard"]["version"]
    except (ValueError, TypeError, KeyError):
        return ""
    return found if isinstance(found, str) else ""
