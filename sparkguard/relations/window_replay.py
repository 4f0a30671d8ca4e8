"""A few feature rows, wrong and right, each with the source rows around its window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from sparkguard.relations.base import WHOLE_ROW, Relation, Tables
from sparkguard.relations.recomputed_window import rows_compared
from sparkguard.relations.window_compare import status
from sparkguard.relations.window_edges import edges
from sparkguard.relations.window_events import (
    ARRIVAL,
    BUCKETS,
    ID,
    TIME,
    by_column,
    entity,
    has_null,
    key_hash,
    observed,
    order,
    order_columns,
    value,
)
from sparkguard.relations.window_sides import both
from sparkguard.relations.window_totals import POPULATION
from sparkguard.windows.cases import WHOLE_HISTORY, reach
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import WindowSpec
from sparkguard.windows.statuses import Status

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

KEY, AT, HELD = "__sparkguard_entity", "__sparkguard_at", "__sparkguard_held"
RIGHT, EVENTS = "__sparkguard_right", "__sparkguard_events"
COMPLETE = "__sparkguard_complete"
WRONG_ROWS, RIGHT_ROWS, LARGEST_ROWS = 150, 90, 10
EVENT_BUDGET = 120_000
"""Source rows that travel to the driver for wrong windows; for right ones at most as many."""
_MOST_VERSIONS = 1_000  # an id of more rows than these names no event


@dataclass(frozen=True)
class WindowReplay(Relation, kind="window_replay"):
    """Windows of the entities in `buckets`: at most 150 wrong and 100 right, chosen by hash, large
    ones only where no small ones are left. One row each, with the events around it, and whether
    these are all of its entity.

    The whole has rows of its own: which bug explains all values is not the sum of what explains
    those of each slice.
    """

    whole_apart = True

    spec: WindowSpec
    feature: Feature
    buckets: tuple[int, ...]

    @property
    def subject(self) -> str:
        return self.spec.table

    def tables(self) -> frozenset[str]:
        return frozenset({self.spec.table, self.spec.events})

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        spec, features = self.spec, (self.feature,)
        keys = [entity(i) for i in range(len(spec.entity))]
        _, rows = both(spec, features, tables, by, self.buckets, versions=False)
        events = self._with_versions(rows, keys)
        windows = rows_compared(spec, features, tables, by, self.buckets)
        chosen = self._chosen(windows, events, keys)
        around = self._around(chosen, events, keys)
        levels = F.array(F.lit(True), F.lit(False)) if by else F.array(F.lit(True))
        return around.select(
            F.explode(levels).alias(WHOLE_ROW),
            *(F.col(by_column(i)).alias(column) for i, column in enumerate(by)),
            F.when(~has_null(keys), key_hash(keys)).alias(KEY),
            F.col(TIME).alias(AT),
            F.col(observed(0)).alias(HELD),
            (F.col(status(0)) == int(Status.MATCHING)).alias(RIGHT),
            EVENTS,
            self._complete().alias(COMPLETE),
        )

    def _with_versions(self, events: DataFrame, keys: list[str]) -> DataFrame:
        """The rows of each entity in `buckets`, and those of others that are versions of them.

        Each with the span of time over which the entity's own versions of its id lie.
        """
        from pyspark.sql import Window as W  # noqa: N817
        from pyspark.sql import functions as F  # noqa: N812

        mine = events
        if self.buckets:
            mine = events.where(F.pmod(key_hash(keys), F.lit(BUCKETS)).isin(list(self.buckets)))
        alone = {_SINCE: F.col(TIME), _LATEST: F.col(TIME), _ELSEWHERE: F.lit(False)}
        if self.spec.distinct_id is None:
            return mine.withColumns(alone)
        nameless, named = F.col(ID).isNull(), F.col(ID).isNotNull()
        of_id = W.partitionBy(*keys, ID)
        span = {_SINCE: F.min(TIME).over(of_id), _LATEST: F.max(TIME).over(of_id)}
        own = mine.where(named).withColumns({**span, _ELSEWHERE: F.lit(False)})
        renamed = {k: f"{k}_mine" for k in keys}
        spans = own.select(*keys, ID, _SINCE, _LATEST).distinct().withColumnsRenamed(renamed)
        copies = F.count(F.lit(1)).over(W.partitionBy(ID))
        versions = events.where(named).withColumn(_COPIES, copies)
        others = versions.where(F.col(_COPIES) <= _MOST_VERSIONS).drop(_COPIES).join(spans, ID)
        others = (
            others.where(~_same(renamed))
            .drop(*keys)
            .withColumnsRenamed({v: k for k, v in renamed.items()})
        )
        others = others.withColumn(_ELSEWHERE, F.lit(True))
        return own.unionByName(others).unionByName(mine.where(nameless).withColumns(alone))

    def _chosen(self, windows: DataFrame, events: DataFrame, keys: list[str]) -> DataFrame:
        from pyspark.sql import Window as W  # noqa: N817
        from pyspark.sql import functions as F  # noqa: N812

        totals = events.groupBy(*keys).agg(
            F.count(F.lit(1)).alias(_TOTAL), F.count_if(~F.col(_ELSEWHERE)).alias(_OWN)
        )
        renamed = {k: f"{k}_total" for k in keys}
        totals = totals.withColumnsRenamed(renamed)
        comparable = [int(s) for s in Status if s is Status.MATCHING or s.has_wrong_value]
        known = windows.where(F.col(status(0)).isin(comparable)).join(
            totals, _same(renamed), "left"
        )
        known = known.withColumn(_COST, self._cost())
        right = F.col(status(0)) == int(Status.MATCHING)
        mixed = F.xxhash64(*keys, TIME)
        large = F.col(_COST) > EVENT_BUDGET // 10
        small_first = W.partitionBy(right).orderBy(large, F.when(large, F.col(_COST)), mixed)
        too_large = F.col(_COST) > EVENT_BUDGET // 4
        most_events = W.partitionBy(right).orderBy(too_large, F.col(POPULATION).desc(), mixed)
        ranked = known.withColumns(
            {_NTH: F.row_number().over(small_first), _MOST: F.row_number().over(most_events)}
        )
        wanted = F.when(right, (F.col(_NTH) <= RIGHT_ROWS) | (F.col(_MOST) <= LARGEST_ROWS))
        ranked = ranked.where(wanted.otherwise(F.col(_NTH) <= WRONG_ROWS))
        sofar = W.partitionBy(right, F.col(_NTH) <= WRONG_ROWS).orderBy(F.col(_NTH))
        spent = F.sum(_COST).over(sofar.rowsBetween(-(1 << 63), 0))
        first = (F.col(_NTH) == 1) & (F.col(_COST) <= 4 * EVENT_BUDGET)
        affordable = ranked.withColumn(_SPENT, spent)
        return affordable.where((F.col(_SPENT) <= EVENT_BUDGET) | first)

    @property
    def _whole(self) -> bool:
        return self.spec.window.kind in ("rows", "session", "unbounded")

    def _complete(self) -> Column:
        """Whether all rows of the entity come with a window."""
        from pyspark.sql import functions as F  # noqa: N812

        if self._whole:
            return F.lit(True)
        return F.coalesce(F.col(_TOTAL), F.lit(0)) <= WHOLE_HISTORY

    def _cost(self) -> Column:
        """Source rows that come with a window."""
        from pyspark.sql import functions as F  # noqa: N812

        total = F.coalesce(F.col(_TOTAL), F.lit(0))
        if self._whole:
            return total
        size = self.spec.window.size.longest
        versions = F.col(_TOTAL) / F.greatest(F.col(_OWN), F.lit(1))
        near = (F.col(POPULATION) * (1 + 2 * reach(self.spec.window) / size) * versions).cast(
            "bigint"
        )
        return F.when(self._complete(), total).otherwise(F.least(near, total))

    def _around(self, chosen: DataFrame, events: DataFrame, keys: list[str]) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        spec = self.spec
        renamed = {k: f"{k}_event" for k in keys}
        events = events.withColumnsRenamed({TIME: _EVENT_TIME, **renamed})
        near = _same(renamed)
        if not self._whole:
            first, last = edges(spec.window, F.col(TIME), spec.timezone)
            around = reach(spec.window)
            reached = (F.col(_LATEST) >= first - around) & (F.col(_SINCE) <= last + around)
            near = near & (reached | self._complete())
        none = F.lit(None).cast("bigint")
        arrival = F.col(ARRIVAL) if spec.arrival is not None else none
        id_ = F.when(F.col(ID).isNotNull(), F.xxhash64(ID)) if spec.distinct_id else none
        held = F.col(value(0)) if self.feature.aggregate.column else none
        ties = [F.col(order(i)) for i in range(len(order_columns(spec, (self.feature,))))]
        row = F.struct(
            F.col(_EVENT_TIME).alias("t"),
            arrival.alias("a"),
            id_.alias("id"),
            held.alias("v"),
            F.struct(F.lit(0).alias("none"), *ties).alias("ties"),
            F.col(_ELSEWHERE).alias("elsewhere"),
        )
        seen = F.collect_list(F.when(F.col(_EVENT_TIME).isNotNull(), row)).alias(EVENTS)
        others = [c for c in chosen.columns if c not in (*keys, TIME)]
        pairs = F.broadcast(chosen).join(events, near, "left")
        return pairs.groupBy(*keys, TIME).agg(*(F.first(c).alias(c) for c in others), seen)


def _same(renamed: Mapping[str, str]) -> Column:
    """Whether both sides of a join are of one entity, whose columns are renamed on the other."""
    from pyspark.sql import functions as F  # noqa: N812

    equal = (F.col(mine).eqNullSafe(F.col(theirs)) for mine, theirs in renamed.items())
    return reduce(and_, equal, F.lit(True))


_TOTAL, _COST, _NTH = "__sparkguard_total", "__sparkguard_cost", "__sparkguard_nth"
_MOST, _SPENT, _EVENT_TIME = "__sparkguard_most", "__sparkguard_spent", "__sparkguard_et"
_SINCE, _LATEST, _OWN = "__sparkguard_since", "__sparkguard_latest", "__sparkguard_own"
_COPIES, _ELSEWHERE = "__sparkguard_copies", "__sparkguard_elsewhere"
