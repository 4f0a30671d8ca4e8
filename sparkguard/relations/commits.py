"""When the rows of a Delta table arrived: the commit that appended their file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import Relation, Tables, in_full
from sparkguard.tables import TableRef
from sparkguard.windows.spec import COMMITTED

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FILES = "$files"
"""A table's name with this suffix names the table of its files: name, and time of commit."""
_NAME, _AT = "__sparkguard_file", COMMITTED
_ENTRY = (
    "commitInfo STRUCT<timestamp: BIGINT, inCommitTimestamp: BIGINT>, "
    "add STRUCT<path: STRING, dataChange: BOOLEAN>, remove STRUCT<path: STRING>"
)


@dataclass(frozen=True)
class CommittedRows(Relation, kind="committed_rows"):
    """All rows of a table, each with the time of the commit that appended it."""

    table: str

    @property
    def subject(self) -> str:
        return self.table

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        return committed(tables, self.table)


def committed(tables: Tables, table: str) -> DataFrame:
    """The rows of `table` with the column `COMMITTED`, NULL where the log does not tell."""
    from pyspark.sql import functions as F  # noqa: N812

    rows = in_full(tables, table)
    named = rows.withColumn(_NAME, rows.metadataColumn("_metadata")["file_name"])
    files = F.broadcast(tables.frame(table + FILES))
    return named.join(files, _NAME, "left").drop(_NAME)


def appended_files(spark: SparkSession, ref: TableRef, version: int) -> DataFrame:
    """The files that commits up to `version` added, and when, from the log alone.

    A commit that removes files as well (an update, a merge, a compaction) rewrites rows that had
    arrived before, so that its files have no time. Nor have files of commits that the log has
    forgotten, and files of one name in several folders.
    """
    from pyspark.sql import functions as F  # noqa: N812

    detail = spark.sql(sql.template("DESCRIBE DETAIL {}", ref.sql).text).collect()[0]
    log = f"{str(detail['location']).rstrip('/')}/_delta_log/{'[0-9]' * 20}.json"
    read = spark.read.schema(_ENTRY).json(log)
    entries = read.selectExpr("*", "CAST(substr(_metadata.file_name, 1, 20) AS BIGINT) AS version")
    entries = entries.where(F.col("version") <= version)
    commits = entries.groupBy("version").agg(
        F.max(F.coalesce("commitInfo.inCommitTimestamp", "commitInfo.timestamp")).alias("at"),
        F.max(F.col("remove").isNotNull()).alias("rewrites"),
    )
    adds = entries.where("add.dataChange").select("version", F.col("add.path").alias("path"))
    appended = F.when(~F.col("rewrites"), F.timestamp_millis("at"))
    return (
        adds.join(commits, "version")
        .groupBy(F.substring_index("path", "/", -1).alias(_NAME))
        .agg(
            F.when(F.count_distinct("path") == 1, F.min_by(appended, "version")).alias(_AT),
        )
    )
