"""Reads a Delta table's log, never its data files: schemas, files by commit, statistics."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.conditions import condition_of
from sparkguard.contracts.compatibility.evolution import SchemaCommit
from sparkguard.datatypes import ELEMENT, KEY, VALUE, from_json
from sparkguard.errors import SnapshotError
from sparkguard.slices import Slice, partition_order
from sparkguard.sql import Path
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

_ENTRY = (
    "commitInfo STRUCT<timestamp: BIGINT, operation: STRING, userName: STRING, "
    "userMetadata: STRING>, "
    "metaData STRUCT<schemaString: STRING, partitionColumns: ARRAY<STRING>>, "
    "add STRUCT<path: STRING, partitionValues: MAP<STRING, STRING>, stats: STRING, "
    "dataChange: BOOLEAN>, "
    "remove STRUCT<path: STRING>"
)
_ENTRY_SCHEMA = "metaData STRUCT<schemaString: STRING>"
_VERSION = "CAST(substr(_metadata.file_name, 1, 20) AS BIGINT) AS version"
_MOST = 200_000


@dataclass(frozen=True)
class Log:
    """What the log still says; `versions` are the commits whose entries were found.

    `contracts` gives id and version of the contract that a write through the gate named.
    """

    versions: frozenset[int]
    commits: tuple[SchemaCommit, ...]
    contracts: Mapping[int, tuple[str, str]]

    @property
    def first(self) -> int:
        """The oldest commit whose entry is kept."""
        return min(self.versions, default=0)

    def holds(self, present: int) -> bool:
        """True when no commit up to the table's present version is missing."""
        return self.versions.issuperset(range(present + 1))


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
        frozenset(row["version"] for row in rows),
        tuple(sorted(commits, key=lambda commit: commit.version)),
        contracts,
    )


Emptiness = Mapping[tuple[Slice, int], bool]
"""By partition and commit: whether a column is NULL in every row that was added."""


def null_files(
    spark: SparkSession, ref: TableRef, columns: Sequence[str]
) -> Mapping[str, Emptiness]:
    """Where top-level columns are NULL throughout, by the statistics of the files in the log.

    Files without statistics on a column are left out.
    """
    nulls = {f"n{at}": _null_count(column) for at, column in enumerate(columns)}
    rows = _collect(
        _entries(spark, ref)
        .where("add IS NOT NULL AND add.dataChange")
        .selectExpr(
            "version",
            "to_json(add.partitionValues) AS place",
            "CAST(get_json_object(add.stats, '$.numRecords') AS BIGINT) AS rows",
            *(sql.alias(count, name).text for name, count in nulls.items()),
        )
        .selectExpr(
            "*", *(f"CASE WHEN {name} IS NOT NULL THEN rows END AS r{name}" for name in nulls)
        )
        .groupBy("place", "version")
        .agg({name: "sum" for n in nulls for name in (n, f"r{n}")}),
        ref,
    )
    return {
        column: {
            (Slice.of(json.loads(row["place"] or "{}")), row["version"]): (
                row[f"sum({name})"] == row[f"sum(r{name})"]
            )
            for row in rows
            if row[f"sum({name})"] is not None and row[f"sum(r{name})"]
        }
        for name, column in zip(nulls, columns, strict=True)
    }


def _null_count(column: str) -> sql.Sql:
    path = f"$.nullCount['{column}']"
    return sql.template("CAST(get_json_object(add.stats, {}) AS BIGINT)", sql.literal(path))


def null_onset(files: Emptiness, by: Sequence[str] = ()) -> tuple[Slice, int] | None:
    """The first partition and commit from which on every added file is NULL throughout.

    Partitions go in the order of their values, and within one the commits; None where the column
    was never filled, or is filled to the end.
    """
    ordered = sorted(files, key=lambda key: (partition_order(key[0], by), key[1]))
    filled = [at for at, key in enumerate(ordered) if not files[key]]
    if not filled or filled[-1] + 1 == len(ordered):
        return None
    return ordered[filled[-1] + 1]


def live_contracts(
    spark: SparkSession, ref: TableRef, contract: str, log: Log | None = None
) -> frozenset[str] | None:
    """Versions of a contract whose files the table still holds.

    None when that can't be told: a commit is missing in the log, or a file came in beside the gate
    or was rewritten since. A file is its first commit's, however often rows of it were deleted.
    Raises SnapshotError when the log or the table's history can't be read.
    """
    log = log or read_log(spark, ref)
    if not log.holds(_present_version(spark, ref)):
        return None
    added = "CASE WHEN add IS NOT NULL THEN version END"
    spans = (
        _entries(spark, ref)
        .selectExpr(
            "coalesce(add.path, remove.path) AS path",
            f"{added} AS first",
            f"{added} AS last",
            "CASE WHEN remove IS NOT NULL THEN version END AS gone",
        )
        .where("path IS NOT NULL")
        .groupBy("path")
        .agg({"first": "min", "last": "max", "gone": "max"})
    )
    # A commit that removes and adds one path deletes rows of it: the file lives on.
    live = spans.where("`max(gone)` IS NULL OR `max(gone)` <= `max(last)`")
    versions = live.selectExpr("`min(first)` AS version").distinct()
    named = {log.contracts.get(row["version"]) for row in _collect(versions, ref)}
    if any(found is None or found[0] != contract for found in named):
        return None
    return frozenset(found[1] for found in named if found is not None)


def declared_schema(spark: SparkSession, ref: TableRef) -> Mapping[str, Any]:
    """The present schema in Delta's JSON, with the metadata of columns that it keeps from readers.

    Raises SnapshotError when the log can't be read, or it can't be told which schema is present.
    """
    (commits,) = _collect(_newest_schema(_entries(spark, ref)), ref)
    said = commits["schema"] or _checkpointed_schema(spark, ref)
    if said is None or commits["version"] < _present_version(spark, ref):
        raise SnapshotError(f"the log of {ref} does not hold its present schema")
    schema: Mapping[str, Any] = json.loads(said)
    return schema


def _newest_schema(entries: DataFrame) -> DataFrame:
    """One row: the newest version, and the schema of the newest entry that has one."""
    return entries.selectExpr(
        "coalesce(max(version), -1L) AS version",
        "max_by(metaData.schemaString, version) FILTER (WHERE metaData IS NOT NULL) AS schema",
    )


def _checkpointed_schema(spark: SparkSession, ref: TableRef) -> str | None:
    """The schema as of the newest checkpoint, which holds what the commits before it said."""
    try:
        folder, read = _folder(spark, ref), spark.read.schema(_ENTRY_SCHEMA)
        kinds = (
            read.option("pathGlobFilter", "*.checkpoint*.parquet").parquet(folder),
            read.option("pathGlobFilter", "*.checkpoint.*.json").json(folder),
        )
        first, second = (frame.selectExpr("metaData", _VERSION) for frame in kinds)
    except Exception as error:
        raise _unreadable(ref, error) from error
    (row,) = _collect(_newest_schema(first.union(second)), ref)
    found: str | None = row["schema"]
    return found


def _present_version(spark: SparkSession, ref: TableRef) -> int:
    """By Delta's own account: where a catalog holds commits back, files of the log lag behind."""
    try:
        history = spark.sql(sql.template("DESCRIBE HISTORY {} LIMIT 1", ref.sql).text)
        return int(history.collect()[0]["version"])
    except Exception as error:
        raise _unreadable(ref, error) from error


def _entries(spark: SparkSession, ref: TableRef) -> DataFrame:
    try:
        files = f"{_folder(spark, ref)}/{'[0-9]' * 20}.json"
        return spark.read.schema(_ENTRY).json(files).selectExpr("*", _VERSION)
    except Exception as error:
        raise _unreadable(ref, error) from error


def _folder(spark: SparkSession, ref: TableRef) -> str:
    detail = spark.sql(sql.template("DESCRIBE DETAIL {}", ref.sql).text).collect()[0]
    return f"{str(detail['location']).rstrip('/')}/_delta_log"


def _collect(frame: DataFrame, ref: TableRef) -> list[Row]:
    try:
        rows = frame.limit(_MOST + 1).collect()
    except Exception as error:
        raise _unreadable(ref, error) from error
    if len(rows) > _MOST:
        raise SnapshotError(f"the log of {ref} has more than {_MOST:,} entries to look at")
    return rows


def _unreadable(ref: TableRef, error: Exception) -> SnapshotError:
    condition = condition_of(error)
    return SnapshotError(f"the log of {ref} can't be read: {condition}", condition)


def _commit(row: Row, info: Row | None) -> SchemaCommit:
    at = None
    if info is not None and info["at"] is not None:
        at = datetime.fromtimestamp(info["at"] / 1000, timezone.utc)
    schema = json.loads(row["schema"])
    return SchemaCommit(
        row["version"],
        at,
        (info["operation"] if info is not None else None) or "",
        (info["user"] if info is not None else None) or "",
        from_json(schema),
        tuple(row["partitioned"] or ()),
        dict(_ids(schema, ())),
    )


def _ids(node: Any, at: Path) -> Iterator[tuple[int, Path]]:
    """Column mapping's id of each column and nested field."""
    if not isinstance(node, dict):
        return
    for field in node.get("fields", ()):
        path = (*at, field["name"])
        id_ = (field.get("metadata") or {}).get("delta.columnMapping.id")
        if id_ is not None:
            yield int(id_), path
        yield from _ids(field["type"], path)
    for inside, step in (("elementType", ELEMENT), ("keyType", KEY), ("valueType", VALUE)):
        yield from _ids(node.get(inside), (*at, step))


def _contract(said: str | None) -> tuple[str, str] | None:
    """Id and version of the contract in a commit's user metadata, where the gate wrote them."""
    try:
        found = json.loads(said or "")["sparkguard"]
        return str(found["contract"]), str(found["version"])
    except (ValueError, TypeError, KeyError):
        return None
