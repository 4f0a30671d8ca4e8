"""The two sides of a comparison: feature rows, and the events that go into them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sparkguard.relations.base import Tables, in_full
from sparkguard.relations.commits import committed
from sparkguard.relations.window_events import (
    BUCKETS,
    HOTTEST,
    ID,
    entity,
    event_rows,
    feature_rows,
    key_hash,
)
from sparkguard.relations.window_versions import last_versions
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import WindowSpec

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def both(
    spec: WindowSpec,
    features: Sequence[Feature],
    tables: Tables,
    by: tuple[str, ...],
    buckets: tuple[int, ...] = (),
    versions: bool = True,
) -> tuple[DataFrame, DataFrame]:
    """Feature rows and events, entities of one type, sampled alike and by whole entities.

    Feature rows: entity, time, observed values, slice columns. Events: entity, time, arrival,
    one column per summand or value, tie-breaking columns. All rows of both, also where one slice
    is judged: its windows reach back, and what is due may lie in another. Without `versions` all
    rows of each event id come, also those of other entities than the ones in `buckets`.
    """
    from pyspark.sql import functions as F  # noqa: N812

    left = feature_rows(spec, features, in_full(tables, spec.table), by)
    rows = committed(tables, spec.events) if spec.by_commit else in_full(tables, spec.events)
    right = event_rows(spec, features, rows)
    names = [entity(i) for i in range(len(spec.entity))]
    common = left.select(names).union(right.select(names)).schema
    cast = {field.name: F.col(field.name).cast(field.dataType) for field in common}
    left, right = left.withColumns(cast), right.withColumns(cast)
    if spec.null_entity == "drop":
        for name in names:
            left, right = left.where(F.col(name).isNotNull()), right.where(F.col(name).isNotNull())
    kept = _chosen(spec, names, right, buckets)
    versioned = spec.distinct_id is not None
    if kept is None:
        if not (versioned and versions):
            return left, right
        return left, last_versions(spec, features, right, names)
    if not versioned:
        return kept(left), kept(right)
    # A version of an event may belong to another entity, and still counts as the last one.
    ids = kept(right).where(F.col(ID).isNotNull()).select(ID).distinct()
    every = right.join(ids, ID, "left_semi").unionByName(kept(right).where(F.col(ID).isNull()))
    if not versions:
        return kept(left), every
    return kept(left), kept(last_versions(spec, features, every, names))


def _chosen(
    spec: WindowSpec, names: Sequence[str], events: DataFrame, buckets: tuple[int, ...]
) -> Callable[[DataFrame], DataFrame] | None:
    """Keeps the rows of some entities: those in `buckets`, or the sample and the hottest ones."""
    from pyspark.sql import functions as F  # noqa: N812

    if buckets:
        return lambda rows: rows.where(F.pmod(key_hash(names), F.lit(BUCKETS)).isin(list(buckets)))
    if spec.per_thousand == 1000:
        return None
    hash_, events_ = "__sparkguard_hash", "__sparkguard_events"
    counted = events.groupBy(key_hash(names).alias(hash_)).agg(F.count(F.lit(1)).alias(events_))
    hottest = F.broadcast(counted.orderBy(F.desc(events_), hash_).limit(HOTTEST))

    def sampled(rows: DataFrame) -> DataFrame:
        marked = rows.withColumn(hash_, key_hash(names)).join(hottest, hash_, "left")
        inside = (F.pmod(hash_, F.lit(1000)) < spec.per_thousand) | F.col(events_).isNotNull()
        return marked.where(inside).drop(hash_, events_)

    return sampled
