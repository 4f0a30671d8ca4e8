"""Feature rows beside what an independent recomputation from the events says they should hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard.relations import window_pairs, window_totals
from sparkguard.relations.base import Relation, Tables, in_full, slice_of
from sparkguard.relations.spread import parts
from sparkguard.relations.window_compare import compared, status
from sparkguard.relations.window_edges import edges
from sparkguard.relations.window_events import (
    BUCKETS,
    TIME,
    by_column,
    column_of,
    entity,
    key_hash,
    micros,
)
from sparkguard.relations.window_short import shortened
from sparkguard.relations.window_sides import both
from sparkguard.relations.window_totals import POPULATION, WEIGHT
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import WindowSpec
from sparkguard.windows.steps import HOT_UNIT

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

UNIT, SIZE, COUNT = "__sparkguard_unit", "__sparkguard_size", "__sparkguard_windows"
SMALLEST, LARGEST = "__sparkguard_smallest", "__sparkguard_largest"
BUCKET = "__sparkguard_bucket"


@dataclass(frozen=True)
class RecomputedWindow(Relation, kind="recomputed_window"):
    """Counts of windows by hash unit of their entity, log2 of their population and status.

    One row per slice, unit, size and combination of statuses, with the number of windows, their
    smallest and largest population and the hash bucket of one entity. Units hold whole
    entities: unit 0 is a thousandth of them, 0 and 1 a hundredth, 0 to 10 a tenth.
    """

    spec: WindowSpec
    features: tuple[Feature, ...]

    @property
    def subject(self) -> str:
        return self.spec.table

    def tables(self) -> frozenset[str]:
        return frozenset({self.spec.table, self.spec.events})

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        windows = rows_compared(self.spec, self.features, tables, by)
        renamed = {by_column(i): name for i, name in enumerate(by)}
        keys = [entity(i) for i in range(len(self.spec.entity))]
        sliced = windows.withColumnsRenamed(renamed)
        return counted(sliced, keys, by, len(self.features), self.spec.per_thousand)


def counted(
    windows: DataFrame,
    keys: Sequence[str],
    by: tuple[str, ...],
    features: int,
    per_thousand: int = 1000,
) -> DataFrame:
    """Windows by slice, unit of their entity's hash, size and the statuses of their features.

    Entities outside the sample are there because they are hot; they have a unit of their own.
    """
    from pyspark.sql import functions as F  # noqa: N812

    hashed, population = key_hash(keys), F.col(POPULATION)
    thousandth = F.pmod(hashed, F.lit(1000))
    unit = F.when(thousandth >= per_thousand, HOT_UNIT)
    unit = unit.when(thousandth < 1, 0).when(thousandth < 10, 1)
    unit = unit.otherwise(F.floor(thousandth / 10).cast("int") + 1)
    size = F.when(population == 0, -1).otherwise(F.floor(F.log2(population + 0.5)).cast("int"))
    groups = [*(column_of(c) for c in by), *(F.col(status(n)) for n in range(features))]
    narrow = windows.select(
        *groups,
        unit.alias(UNIT),
        size.alias(SIZE),
        POPULATION,
        WEIGHT,
        F.pmod(hashed, F.lit(BUCKETS)).alias(BUCKET),
    )
    return narrow.groupBy(*groups, UNIT, SIZE).agg(
        F.sum(WEIGHT).alias(COUNT),
        F.min(POPULATION).alias(SMALLEST),
        F.max(POPULATION).alias(LARGEST),
        F.min(BUCKET).alias(BUCKET),
    )


def rows_compared(
    spec: WindowSpec,
    features: Sequence[Feature],
    tables: Tables,
    by: tuple[str, ...],
    buckets: tuple[int, ...] = (),
) -> DataFrame:
    """Every feature row, and every missing one, with its status for each feature.

    Of one slice its rows alone, judged in the light of all others.
    """
    from pyspark.sql import functions as F  # noqa: N812

    left, right = both(spec, features, tables, by, buckets)
    by_totals = window_totals.applies(spec) and all(
        f.adds or f.aggregate.function == "count" for f in features
    )
    events = in_full(tables, spec.events)
    units = [unit_of(feature, events) for feature in features]
    if by_totals:
        left = shortened(features, left, right, units)
        into = None if buckets else parts(tables, (spec.table, spec.events), spec.share)
        windows = window_totals.recomputed(spec, features, left, right, into)
    else:
        windows = window_pairs.recomputed(spec, features, left, right)
    truncated: Column | None = None
    if spec.history == "retained" and spec.window.kind != "session":
        windows, truncated = _truncated(spec, windows, events)
    judged = compared(spec, features, windows, units, truncated)
    for column, value in slice_of(tables, spec.table).values:
        judged = judged.where(column_of(by_column(by.index(column))).eqNullSafe(F.lit(value)))
    return judged


def unit_of(feature: Feature, events: DataFrame) -> int:
    """How many units of the last place of the column make 1."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    from sparkguard import sql

    aggregate = feature.aggregate
    if aggregate.column is None or not feature.adds:
        return 1
    column = F.col(sql.name(aggregate.column).text)
    match events.select(column.alias("x")).schema["x"].dataType:
        case T.DecimalType() as type_:
            return int(10**type_.scale)
        case T.FloatType() | T.DoubleType():
            return int(10 ** (aggregate.decimals or 0))
    return 1


def _truncated(spec: WindowSpec, windows: DataFrame, events: DataFrame) -> tuple[DataFrame, Column]:
    """Whether a window reaches before the first event that the source still holds."""
    from pyspark.sql import functions as F  # noqa: N812

    if spec.window.kind == "rows":
        return windows, F.col(POPULATION) < (spec.window.rows or 0)
    earliest = "__sparkguard_earliest"
    time = micros(events, spec.event_time, spec.timezone)
    oldest = events.select(time.alias(earliest)).agg(F.min(earliest).alias(earliest))
    begin, _ = edges(spec.window, F.col(TIME), spec.timezone)
    with_oldest = windows.crossJoin(F.broadcast(oldest))
    return with_oldest, F.coalesce(begin < F.col(earliest), F.lit(False))
