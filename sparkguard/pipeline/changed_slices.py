"""The slices whose partitions changed since a version, as Delta's log names them."""

from __future__ import annotations

from sparkguard import sql
from sparkguard.slices import Slice
from sparkguard.snapshot import MOST_VALUES, Snapshot
from sparkguard.tables import Pinned

MOST_COMMITS = 200

_ACTIONS = (
    "add STRUCT<partitionValues: MAP<STRING, STRING>, dataChange: BOOLEAN>, "
    "remove STRUCT<partitionValues: MAP<STRING, STRING>, dataChange: BOOLEAN>, "
    "metaData STRUCT<id: STRING>, protocol STRUCT<minReaderVersion: INT>"
)
_PLAIN = ("string", "boolean", "tinyint", "smallint", "int", "bigint", "date")
"""Types that Delta's log writes as Spark's text of them."""


def is_partitioned(pinned: Pinned, by: tuple[str, ...]) -> bool:
    """Whether each slice is a number of whole partitions, and the log names them plainly."""
    mode = pinned.properties.get("delta.columnMapping.mode", "none")
    types = [str(field.type) for c in by if (field := pinned.schema.get(c)) is not None]
    plain = all(name in _PLAIN for name in types)
    return mode == "none" and plain and set(by) <= set(pinned.partition_columns)


def changed_slices(
    snapshot: Snapshot, pinned: Pinned, since: int, by: tuple[str, ...]
) -> frozenset[Slice] | None:
    """The slices of which files were added or removed after `since`.

    None when nobody can tell, and for more slices than a dataset may have.
    """
    if pinned.version == since:
        return frozenset()
    if pinned.version - since > MOST_COMMITS:
        return None
    try:
        detail = snapshot.spark.sql(sql.template("DESCRIBE DETAIL {}", pinned.ref.sql).text)
        folder = str(detail.select("location").collect()[0][0]).rstrip("/")
        files = [f"{folder}/_delta_log/{v:020d}.json" for v in range(since + 1, pinned.version + 1)]
        actions = snapshot.spark.read.schema(_ACTIONS).json(files)
        redefined = "metaData IS NOT NULL OR protocol IS NOT NULL"
        partition = "coalesce(add.partitionValues, remove.partitionValues)"
        values = [sql.template(f"{partition}[{{}}]", sql.literal(column)).text for column in by]
        # Distinct, because a partition may have many files: the driver gets one row of each.
        found = (
            actions.where(f"{redefined} OR add.dataChange OR remove.dataChange")
            .selectExpr(f"{redefined} OR {partition} IS NULL AS untold", *values)
            .distinct()
            .limit(MOST_VALUES + 1)
            .collect()
        )
    except Exception:
        return None
    if len(found) > MOST_VALUES or any(untold for untold, *_ in found):
        return None
    return frozenset(
        Slice.of({column: value or None for column, value in zip(by, row, strict=True)})
        for _, *row in found
    )
