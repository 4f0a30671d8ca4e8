"""Rows grouped to keys with counts, per slice and for the whole table, from one read.

Keys are counted before they are shuffled, so that a key with half of all rows is one row per
task. Two tables are compared by a union of their counted keys and one grouping, not by a join:
nothing is broadcast, nothing is sorted, and no key can concentrate rows on one task.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import WHOLE_ROW
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ROWS = "__sparkguard_rows"
"""Rows of the subject table that hold the key."""

_SLICED = "__sparkguard_sliced"
_FIRST = "__sparkguard_first"


def key(part: int) -> str:
    """The column that holds a part of the key; no user's column has this name."""
    return f"__sparkguard_key{part}"


def key_names(parts: int) -> list[str]:
    return [key(part) for part in range(parts)]


def null_parts(parts: int) -> Sql:
    """How many parts of a row's key are NULL."""
    flags = [sql.template("CAST({} IS NULL AS INT)", sql.name(name)) for name in key_names(parts)]
    return sql.template("({})", sql.joined(" + ", flags))


def select(
    frame: DataFrame, by: tuple[str, ...], parts: Iterable[Sql], **numbers: Column
) -> DataFrame:
    """Slice columns, the parts of the key under their own names, and named numbers."""
    from pyspark.sql import functions as F  # noqa: N812

    slices = [F.expr(sql.name(column).text).alias(column) for column in by]
    keys = [F.expr(part.text).alias(key(i)) for i, part in enumerate(parts)]
    cells = [column.alias(name) for name, column in numbers.items()]
    return frame.select(*slices, *keys, *cells)


def grouped(
    frame: DataFrame, by: tuple[str, ...], keys: Sequence[str], sums: Sequence[str]
) -> DataFrame:
    """One row per slice and key, with the sums."""
    from pyspark.sql import functions as F  # noqa: N812

    slices = [F.expr(sql.name(column).text).alias(column) for column in by]
    return frame.groupBy(*slices, *keys).agg(*(F.sum(name).alias(name) for name in sums))


def levelled(
    sliced: DataFrame,
    unsliced: DataFrame | None,
    by: tuple[str, ...],
    keys: Sequence[str],
    sliced_sums: Sequence[str],
    unsliced_sums: Sequence[str] = (),
) -> DataFrame:
    """One row per slice and key, and one per key of the whole, marked by `WHOLE_ROW`.

    `sliced` has the slice columns, the key and the numbers `sliced_sums`; `unsliced` the key and
    `unsliced_sums`, which every slice's row of the key carries. Keys of `unsliced` alone appear
    in the whole only. NULL parts of a key are equal to each other.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    every = (*sliced_sums, *unsliced_sums)
    rows = sliced if by else _with_zeros(sliced, unsliced_sums)
    if not by:
        if unsliced is not None:
            rows = rows.unionByName(_with_zeros(unsliced, sliced_sums))
        return grouped(rows, (), keys, every).withColumn(WHOLE_ROW, F.lit(True))

    rows = _with_zeros(grouped(sliced, by, keys, sliced_sums), unsliced_sums)
    rows = rows.withColumn(_SLICED, F.lit(True))
    if unsliced is not None:
        others = _with_zeros(grouped(unsliced, (), keys, unsliced_sums), sliced_sums)
        others = others.withColumn(_SLICED, F.lit(False))
        rows = rows.unionByName(others, allowMissingColumns=True)
    same_key = Window.partitionBy(*keys)
    totals = [F.sum(name).over(same_key).alias(_total(name)) for name in every]
    place = F.row_number().over(same_key.orderBy(F.col(_SLICED).desc()))
    rows = rows.select("*", *totals, (place == 1).alias(_FIRST))
    levels = F.array_compact(
        F.array(
            F.when(F.col(_SLICED), F.lit(False)),
            F.when(F.col(_FIRST), F.lit(True)),
        )
    )
    rows = rows.withColumn(WHOLE_ROW, F.explode(levels))
    whole = F.col(WHOLE_ROW)
    return rows.select(
        WHOLE_ROW,
        *(F.when(~whole, F.expr(sql.name(column).text)).alias(column) for column in by),
        *keys,
        *(
            F.when(whole, F.col(_total(name))).otherwise(F.col(name)).alias(name)
            for name in sliced_sums
        ),
        *(F.col(_total(name)).alias(name) for name in unsliced_sums),
    )


def _with_zeros(frame: DataFrame, names: Sequence[str]) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    return frame.select("*", *(F.lit(0).cast("bigint").alias(name) for name in names))


def _total(name: str) -> str:
    return f"{name}_total"
