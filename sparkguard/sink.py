"""The one module that writes users' tables."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def overwrite(frame: DataFrame, target: TableRef, partitioned_by: tuple[str, ...] = ()) -> None:
    """Replaces a Delta table, schema and all, by the rows of `frame`; creates it if absent."""
    writer = frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    if partitioned_by:
        writer = writer.partitionBy(*partitioned_by)
    if target.path is not None:
        writer.save(target.path)
    else:
        writer.saveAsTable(target.sql.text)


def append_once(
    frame: DataFrame,
    target: TableRef,
    app_id: str,
    *,
    merge_schema: bool = False,
    metadata: str = "",
    partitioned_by: tuple[str, ...] = (),
) -> None:
    """Appends the rows of `frame`, or nothing when `app_id` has appended to `target` before.

    Creates the table if it is absent. `metadata` stands beside the commit in Delta's history.
    """
    writer = (
        frame.write.format("delta")
        .mode("append")
        .option("txnAppId", app_id)
        .option("txnVersion", 1)
    )
    if merge_schema:
        writer = writer.option("mergeSchema", "true")
    if metadata:
        writer = writer.option("userMetadata", metadata)
    if partitioned_by:
        writer = writer.partitionBy(*partitioned_by)
    if target.path is not None:
        writer.save(target.path)
    else:
        writer.saveAsTable(target.sql.text)


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
