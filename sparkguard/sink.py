"""The one module that writes users' tables."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.conditions import is_absent
from sparkguard.errors import EvaluationError
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameWriter, Row, SparkSession


@dataclass(frozen=True)
class Commit:
    """A write in a Delta table's history: its version, and the rows it says it wrote.

    `rows` is None where the session keeps no metrics in the history.
    """

    version: int
    rows: int | None


def overwrite(frame: DataFrame, target: TableRef, partitioned_by: tuple[str, ...] = ()) -> None:
    """Replaces a Delta table, schema and all, by the rows of `frame`; creates it if absent."""
    writer = frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    _save(writer, target, partitioned_by)


def write_once(
    frame: DataFrame,
    target: TableRef,
    app_id: str,
    *,
    mode: str = "append",
    merge_schema: bool = False,
    overwrite_schema: bool = False,
    metadata: str = "",
    partitioned_by: tuple[str, ...] = (),
    any_names: bool = False,
) -> None:
    """Writes the rows of `frame`, or nothing when `app_id` has written to `target` before.

    Creates the table if it is absent, `partitioned_by` these columns and, with `any_names`, so
    that columns may be called anything; with `overwrite_schema` it is partitioned anew, so that
    without `partitioned_by` it no longer is. `metadata` stands beside the commit in Delta's
    history. Where that is asked of a table in a catalog, the table is created empty in a commit
    of its own.
    """
    apart = bool(metadata) and target.name is not None
    is_new = bool(apart or partitioned_by or any_names) and not exists(frame.sparkSession, target)
    partitions = partitioned_by if is_new or overwrite_schema else ()
    if is_new and apart:
        # The commit in which a catalog creates a table for an append drops the metadata.
        _save(frame.limit(0).write.format("delta").mode("ignore"), target, partitions)
    options = {
        "mergeSchema": "true" if merge_schema else "",
        "overwriteSchema": "true" if overwrite_schema else "",
        "userMetadata": metadata,
        "delta.columnMapping.mode": "name" if any_names and is_new else "",
    }
    writer = (
        frame.write.format("delta")
        .mode(mode)
        .option("txnAppId", app_id)
        .option("txnVersion", 1)
        .options(**{name: value for name, value in options.items() if value})
    )
    _save(writer, target, partitions)


def _save(writer: DataFrameWriter, target: TableRef, partitioned_by: tuple[str, ...] = ()) -> None:
    if partitioned_by:
        writer = writer.partitionBy(*partitioned_by)
    if target.path is not None:
        writer.save(target.path)
    else:
        writer.saveAsTable(target.sql.text)


def stage(frame: DataFrame, staging: TableRef) -> int:
    """The version of `staging` that holds the rows of `frame`.

    The frame is evaluated now, unless an interrupted attempt left its rows there.
    """
    spark = frame.sparkSession
    last = _last_commit(spark, staging)
    if last is not None and last["operation"] != "DELETE" and int(last["rows"] or 0):
        return int(last["version"])
    writer = frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    if last is None:
        # Columns may be called anything, and nobody looks for rows by their values.
        writer = writer.option("delta.columnMapping.mode", "name").option(
            "delta.dataSkippingNumIndexedCols", "0"
        )
    _save(writer, staging)
    written = _last_commit(spark, staging) if last is not None else None
    return int(written["version"]) if written is not None else 0


def _last_commit(spark: SparkSession, target: TableRef) -> Row | None:
    """Version, operation and written rows of the latest commit; None where there is no table."""
    if not exists(spark, target):
        return None
    history = spark.sql(sql.template("DESCRIBE HISTORY {} LIMIT 1", target.sql).text)
    rows = "operationMetrics['numOutputRows'] AS rows"
    found = history.selectExpr("version", "operation", rows).collect()
    return found[0] if found else None


def discard(spark: SparkSession, staged: TableRef) -> bool:
    """Removes a staging table; False where only its rows could be removed.

    A folder that is not local stays with its files, as Spark offers no way to delete one.
    """
    if staged.name is not None:
        spark.sql(sql.template("DROP TABLE IF EXISTS {}", staged.sql).text)
        return True
    folder = Path(str(staged.path).removeprefix("file://"))
    if folder.is_dir():
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()
    spark.sql(sql.template("DELETE FROM {}", staged.sql).text)
    return False


def replace_part(
    frame: DataFrame,
    target: TableRef,
    part: sql.Sql | None,
    app_id: str,
    metadata: str,
    partitioned_by: tuple[str, ...] = (),
) -> Commit:
    """Replaces the rows of a Delta table that meet `part`, or all, once per `app_id`.

    Creates the table, `partitioned_by` these columns, if it is absent. Returns the commit that
    the write made, now or when it was first called with this `app_id`; `metadata` names it.
    Raises EvaluationError when the commit can't be found in the table's history.
    """
    spark = frame.sparkSession
    writer = (
        frame.write.format("delta")
        .mode("overwrite")
        .option("txnAppId", app_id)
        .option("txnVersion", 1)
        .option("userMetadata", metadata)
    )
    if not exists(spark, target):
        writer = writer.partitionBy(*partitioned_by)
    elif part is not None:
        writer = writer.option("replaceWhere", part.text)
    _save(writer, target)
    return _commit(spark, target, metadata)


def _commit(spark: SparkSession, target: TableRef, metadata: str) -> Commit:
    """The latest commit that carries `metadata`.

    Rows of the table that were only copied into new files are not counted as written.
    """
    history = spark.sql(sql.template("DESCRIBE HISTORY {}", target.sql).text)
    same = sql.template("userMetadata = {}", sql.literal(metadata))
    written, copied = (
        f"CAST(operationMetrics['{name}'] AS BIGINT)" for name in ("numOutputRows", "numCopiedRows")
    )
    rows = f"{written} - coalesce({copied}, 0L)"
    commits = history.where(same.text).selectExpr("version", f"{rows} AS rows")
    found = commits.orderBy("version", ascending=False).limit(1).collect()
    if not found:
        raise EvaluationError(f"the write to {target} left no commit in its history")
    return Commit(int(found[0]["version"]), found[0]["rows"])


def point_view(spark: SparkSession, view: str, target: TableRef, version: int) -> None:
    """Makes a catalog view read one version of a table; nothing is copied."""
    at = sql.template("{} VERSION AS OF {}", target.sql, sql.literal(version))
    name = TableRef(name=view).sql
    spark.sql(sql.template("CREATE OR REPLACE VIEW {} AS SELECT * FROM {}", name, at).text)


def detail(spark: SparkSession, target: TableRef) -> Row | None:
    """What Delta says of a table as a whole, None where there is none.

    A failure to find out is raised, since a table that is taken for absent would be written anew
    as a whole.
    """
    try:
        return spark.sql(sql.template("DESCRIBE DETAIL {}", target.sql).text).collect()[0]
    except Exception as error:
        if is_absent(error):
            return None
        raise


def exists(spark: SparkSession, target: TableRef) -> bool:
    """Whether there is such a table; raises as `detail` does."""
    return detail(spark, target) is not None


def update(
    spark: SparkSession, target: TableRef, column: str, value: sql.Sql, where: sql.Sql
) -> None:
    """Sets a column of the rows for which `where` is true."""
    statement = "UPDATE {} SET {} = {} WHERE {}"
    spark.sql(sql.template(statement, target.sql, sql.name(column), value, where).text)
