"""The one module that writes users' tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def overwrite(frame: DataFrame, target: TableRef, partitioned_by: tuple[str, ...] = ()) -> None:
    """Replaces a Delta table, schema and all, by the rows of `frame`; creates it if absent."""
    writer = frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    if partitioned_by:
        writer = writer.partitionBy(*partitioned_by)
    if target.path is not None:
        writer.save(target.path)
    else:
        writer.saveAsTable(target.sql.text)
