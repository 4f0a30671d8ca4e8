"""Window values from pairs of feature rows and events.

For what running totals can't give (extremes, first and last, distinct values, quantiles), and for
windows whose edges follow the calendar or the events. Time is cut into tiles as long as a window,
so that a feature row meets the events of two or three tiles, which are then filtered exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sparkguard.relations.window_digits import times
from sparkguard.relations.window_edges import edges
from sparkguard.relations.window_events import (
    ARRIVAL,
    TIME,
    UNTIL,
    entity,
    lost,
    operand_of,
    order,
    order_columns,
)
from sparkguard.relations.window_rows import EVENT_TIME, FIRST, LAST, RANK, last_rows, ranked
from sparkguard.relations.window_totals import (
    DUE,
    POPULATION,
    ROWS,
    WEIGHT,
    counted,
    low,
    squares,
)
from sparkguard.relations.window_versions import undecided
from sparkguard.windows.clock import FOREVER
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import WindowSpec

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_TILE = "__sparkguard_tile"


_UNDECIDED = undecided(0)[:-1]


def exact(i: int) -> str:
    """The expected value of feature i, of the type of its column."""
    return f"__sparkguard_exact{i}"


def tied(i: int) -> str:
    """Whether rows that tie for first or last give feature i different values, 1 or 0."""
    return f"__sparkguard_tied{i}"


def recomputed(
    spec: WindowSpec, features: Sequence[Feature], left: DataFrame, right: DataFrame
) -> DataFrame:
    """One row per feature row, and per missing one: the values of its window beside what is
    stored."""
    from pyspark.sql import functions as F  # noqa: N812

    keys = [entity(i) for i in range(len(spec.entity))]
    rows = _required(spec, left, right, keys)
    first, last = edges(spec.window, F.col(TIME), spec.timezone)
    rows = rows.withColumns({FIRST: first, LAST: last})
    events = right.withColumnRenamed(TIME, EVENT_TIME)
    if spec.window.kind == "session":
        rows, events = _sessions(spec, rows, events, keys)
    elif spec.window.kind == "rows" and not spec.as_of:
        rows, events = ranked(spec, features, rows, events, keys)
    rows, events, tiles = _tiled(spec, rows, events)
    renamed = {k: f"{k}_event" for k in keys}
    events = events.withColumnsRenamed(renamed)
    matched = [F.col(k).eqNullSafe(F.col(renamed[k])) for k in keys]
    inside = F.col(EVENT_TIME).between(F.col(FIRST), F.col(LAST))
    if spec.as_of:
        inside = inside & (F.col(ARRIVAL) <= F.col(TIME))
        if UNTIL in right.columns:
            inside = inside & (F.col(UNTIL).isNull() | (F.col(UNTIL) > F.col(TIME)))
    condition = inside
    for match in matched:
        condition = condition & match
    for tile in tiles:
        condition = condition & (F.col(tile) == F.col(f"{tile}_event"))
    events = events.withColumnsRenamed({t: f"{t}_event" for t in tiles})
    pairs = rows.join(events, condition, "left")
    if spec.window.kind == "rows":
        pairs = last_rows(spec, features, pairs, keys)
    kept = [c for c in rows.columns if c not in (*keys, TIME, FIRST, LAST, *tiles, RANK)]
    return pairs.groupBy(*keys, TIME).agg(
        *(F.first(c).alias(c) for c in kept),
        F.greatest(F.first(ROWS), F.lit(1)).alias(WEIGHT),
        F.count(EVENT_TIME).alias(POPULATION),
        *_aggregates(spec, features, right),
        *(F.count_if(F.col(c) > 0).alias(c) for c in pairs.columns if c.startswith(_UNDECIDED)),
    )


def _required(spec: WindowSpec, left: DataFrame, right: DataFrame, keys: list[str]) -> DataFrame:
    """Entity and time of every row that is there or should be, once each."""
    from pyspark.sql import functions as F  # noqa: N812

    one, zero = F.lit(1), F.lit(0)
    rows = left.withColumns({ROWS: one, DUE: zero})
    if spec.required == "events":
        due = right.select(*keys, TIME).distinct()
    else:
        due = right.groupBy(*keys).agg(F.lit(None).cast("bigint").alias(TIME))
    merged = rows.unionByName(due.withColumns({ROWS: zero, DUE: one}), allowMissingColumns=True)
    kept = [c for c in left.columns if c not in (*keys, TIME)]
    grouped = merged.groupBy(*keys, TIME).agg(
        *(F.first(c, ignorenulls=True).alias(c) for c in kept),
        F.sum(ROWS).alias(ROWS),
        (F.max(DUE) == 1).alias(DUE),
    )
    if spec.required == "events":
        return grouped
    from pyspark.sql import Window as W  # noqa: N817

    mine = W.partitionBy(*keys)
    has_rows, has_events = F.max(F.col(ROWS) > 0).over(mine), F.max(DUE).over(mine)
    flagged = grouped.select("*", has_rows.alias(_HAS_ROWS), has_events.alias(_HAS_EVENTS))
    present = flagged.where(F.col(TIME).isNotNull() | ~F.col(_HAS_ROWS))
    return present.withColumn(DUE, F.col(_HAS_EVENTS)).drop(_HAS_ROWS, _HAS_EVENTS)


_HAS_ROWS, _HAS_EVENTS = "__sparkguard_has_rows", "__sparkguard_has_events"


def _sessions(
    spec: WindowSpec, rows: DataFrame, events: DataFrame, keys: list[str]
) -> tuple[DataFrame, DataFrame]:
    """Rows begin where the session that is open at their time began."""
    from pyspark.sql import Window as W  # noqa: N817
    from pyspark.sql import functions as F  # noqa: N812

    pause = spec.window.pause
    began, latest = "__sparkguard_began", "__sparkguard_latest"
    in_time = W.partitionBy(*keys).orderBy(EVENT_TIME)
    before = F.lag(EVENT_TIME).over(in_time)
    starts = F.when(before.isNull() | (F.col(EVENT_TIME) - before > pause), F.col(EVENT_TIME))
    times = events.select(*keys, EVENT_TIME).distinct().withColumn(began, starts)
    merged = times.select(*keys, F.col(EVENT_TIME).alias(LAST), began, F.lit(0).alias(RANK))
    merged = merged.withColumn(latest, F.col(LAST))
    merged = rows.withColumn(RANK, F.lit(1)).unionByName(merged, allowMissingColumns=True)
    sofar = W.partitionBy(*keys).orderBy(LAST, RANK).rowsBetween(-(1 << 63), 0)
    merged = merged.withColumns(
        {
            began: F.max(began).over(sofar),
            latest: F.max(latest).over(sofar),
        }
    ).where(F.col(RANK) == 1)
    open_ = F.col(TIME) - F.col(latest) <= pause
    # Without an open session the window is empty: it ends before it begins.
    found = merged.withColumn(FIRST, F.when(open_, F.col(began)).otherwise(F.lit(FOREVER)))
    return found.drop(began, latest, RANK), events


def _tiled(
    spec: WindowSpec, rows: DataFrame, events: DataFrame
) -> tuple[DataFrame, DataFrame, list[str]]:
    """Cuts time, or the rank where windows count rows, so that pairs stay few."""
    from pyspark.sql import functions as F  # noqa: N812

    window = spec.window
    if window.kind == "rows" and not spec.as_of:
        size, end = F.lit(window.rows), F.col(RANK)
        begin, at = F.greatest(end - (window.rows or 0) + 1, F.lit(1)), F.col(RANK)
    elif window.kind in ("range", "hopping", "tumbling"):
        size, begin, end = F.lit(window.size.longest), F.col(FIRST), F.col(LAST)
        at = F.col(EVENT_TIME)
    else:
        return rows, events, []

    def tile(x: Column) -> Column:
        return ((x - F.pmod(x, size)) / size).cast("bigint")

    several = F.when(begin.isNull() | (begin > end), F.array(tile(end)))
    several = several.otherwise(F.sequence(tile(begin), tile(end)))
    return (
        rows.withColumn(_TILE, F.explode_outer(several)),
        events.withColumn(_TILE, tile(at)),
        [_TILE],
    )


def _at_the_end(
    n: int, column: Column, place: list[Column], by: Callable[[Column, Column], Column]
) -> dict[str, Column]:
    """The value in the first or last place, and whether another one is there as well."""
    from pyspark.sql import functions as F  # noqa: N812

    hashed = F.xxhash64(column)
    read = F.struct(column.alias("value"), hashed.alias("hash"))

    def at(what: Column, then: Column) -> Column:
        return by(what, F.when(column.isNotNull(), F.struct(*place, then)))

    one, other = at(read, hashed), at(hashed, F.bitwise_not(hashed))
    return {exact(n): one["value"], tied(n): (one["hash"] != other).cast("int")}


def _aggregates(spec: WindowSpec, features: Sequence[Feature], right: DataFrame) -> list[Column]:
    from pyspark.sql import functions as F  # noqa: N812

    found: dict[str, Column] = {}
    names = order_columns(spec, features)
    for n, feature in enumerate(features):
        a = feature.aggregate
        if a.column is None:
            continue
        v = operand_of(feature, features)
        i = int(v.rpartition("v")[2])
        column = F.col(v)
        if spec.nulls == "zero":
            zero = F.lit(0).cast(right.schema[v].dataType)
            column = F.when(F.col(EVENT_TIME).isNotNull(), F.coalesce(column, zero))
        found[counted(i)] = F.count(column)
        if feature.adds:
            wide = column.cast("decimal(38,0)")
            found[low(i)] = F.try_sum(wide)
            if a.function == "stddev":
                square = times(wide, wide)
                complete = F.count(square) == F.count(wide)
                found[squares(i)] = F.when(complete, F.try_sum(square))
            if lost(i) in right.columns:
                found[lost(i)] = F.count_if(lost(i))
            continue
        match a.function:
            case "min":
                found[exact(n)] = F.min(column)
            case "max":
                found[exact(n)] = F.max(column)
            case "first" | "last":
                ties = dict.fromkeys((*(spec.window.order or ()), *(a.order or ())))
                place = [F.col(EVENT_TIME), *(F.col(order(names.index(c))) for c in ties)]
                found |= _at_the_end(
                    n, column, place, F.min_by if a.function == "first" else F.max_by
                )
            case "count_distinct":
                found[exact(n)] = F.count_distinct(column)
            case "quantile" if a.method == "linear":
                found[exact(n)] = F.percentile(column.cast("double"), F.lit(a.q))
            case "quantile":
                ordered = F.sort_array(F.collect_list(column))
                at = F.greatest(F.ceil(F.lit(a.q) * F.count(column)), F.lit(1)).cast("int")
                found[exact(n)] = F.get(ordered, at - 1)
    return [c.alias(name) for name, c in found.items()]
