"""Windows of the last rows: which rows are in them, and which tie for the last place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparkguard.relations.window_events import TIME, order, order_columns
from sparkguard.relations.window_versions import print_of, readings, undecided
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import WindowSpec

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FIRST, LAST = "__sparkguard_first", "__sparkguard_last"
RANK, EVENT_TIME = "__sparkguard_rank", "__sparkguard_et"


def ranked(
    spec: WindowSpec,
    features: Sequence[Feature],
    rows: DataFrame,
    events: DataFrame,
    keys: list[str],
) -> tuple[DataFrame, DataFrame]:
    """Events and rows with their place in the history of the entity."""
    from pyspark.sql import Window as W  # noqa: N817
    from pyspark.sql import functions as F  # noqa: N812

    wanted = [order(order_columns(spec, features).index(c)) for c in spec.window.order or ()]
    in_order = W.partitionBy(*keys).orderBy(EVENT_TIME, *wanted)
    # Rows that tie take the last of their places, so that none of them is cut off from the others.
    placed = events.withColumn(RANK, F.count(F.lit(1)).over(in_order))
    reached = "__sparkguard_reached"
    merged = placed.select(*keys, F.col(EVENT_TIME).alias(LAST), F.col(RANK).alias(reached))
    merged = merged.withColumn(RANK, F.lit(0))
    merged = rows.withColumn(RANK, F.lit(1)).unionByName(merged, allowMissingColumns=True)
    sofar = W.partitionBy(*keys).orderBy(LAST, RANK).rowsBetween(-(1 << 63), 0)
    merged = merged.withColumn(reached, F.max(reached).over(sofar)).where(F.col(RANK) == 1)
    return merged.drop(RANK).withColumnRenamed(reached, RANK), placed


def last_rows(
    spec: WindowSpec, features: Sequence[Feature], pairs: DataFrame, keys: list[str]
) -> DataFrame:
    from pyspark.sql import Window as W  # noqa: N817
    from pyspark.sql import functions as F  # noqa: N812

    names, rows = order_columns(spec, features), F.lit(spec.window.rows or 0)
    wanted = [F.col(order(names.index(c))).desc() for c in spec.window.order or ()]
    newest = W.partitionBy(*keys, TIME).orderBy(F.col(EVENT_TIME).desc_nulls_last(), *wanted)
    peers = newest.rangeBetween(W.currentRow, W.currentRow)
    nth, cut = "__sparkguard_nth", "__sparkguard_cut"
    read = readings(spec, features)
    prints = pairs.withColumns({_print(i): print_of(one, pairs) for i, one in enumerate(read)})
    found = prints.withColumns(
        {
            nth: F.row_number().over(newest),
            # Of rows that tie, some are beyond the last place.
            cut: F.count(F.lit(1)).over(newest) > rows,
            **{
                _print(i): F.min(_print(i)).over(peers) != F.max(_print(i)).over(peers)
                for i in range(len(read))
            },
        }
    )
    known = pairs.columns
    marks = {}
    for i in range(len(read)):
        mark = (F.col(cut) & F.col(_print(i))).cast("int")
        marks[undecided(i)] = F.greatest(undecided(i), mark) if undecided(i) in known else mark
    dropped = (nth, cut, *(_print(i) for i in range(len(read))))
    return found.where(F.col(nth) <= rows).withColumns(marks).drop(*dropped)


def _print(i: int) -> str:
    return f"__sparkguard_print{i}"
