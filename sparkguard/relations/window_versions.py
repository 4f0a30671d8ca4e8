"""Which version of an event counts, and which values that leaves undecided.

Of the versions of one id the last one counts. Where several are last, and a feature would read
different things from them, no oracle can say which one it should have read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sparkguard.relations.window_events import (
    ARRIVAL,
    ID,
    TIME,
    UNTIL,
    lost,
    operand_of,
    order,
    order_columns,
)
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import WindowSpec

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_MOVED, _FIRST = "__sparkguard_moved", "__sparkguard_first_of_rank"
_LAST = "__sparkguard_last_rank"


class Reading(NamedTuple):
    """What a feature reads from an event: a value, or whether there is one, and its place."""

    value: str | None
    counts: bool
    ties: tuple[str, ...]


def undecided(i: int) -> str:
    """Whether the `i`th reading of an event is undecided; of a window, how many are."""
    return f"__sparkguard_undecided{i}"


def reading_of(spec: WindowSpec, feature: Feature, features: Sequence[Feature]) -> Reading:
    aggregate, names = feature.aggregate, order_columns(spec, features)
    value = operand_of(feature, features) if aggregate.column else None
    ties = tuple(order(names.index(c)) for c in aggregate.order or ())
    return Reading(value, aggregate.function == "count", ties)


def readings(spec: WindowSpec, features: Sequence[Feature]) -> tuple[Reading, ...]:
    """The different readings of these features, numbered by their places."""
    return tuple(dict.fromkeys(reading_of(spec, feature, features) for feature in features))


def print_of(reading: Reading, events: DataFrame) -> Column:
    """A hash of what is read; equal where the same is."""
    from pyspark.sql import functions as F  # noqa: N812

    parts = [F.col(name) for name in reading.ties]
    if reading.value is not None:
        value = F.col(reading.value)
        parts.append(value.isNull() if reading.counts else value)
        beyond = lost(int(reading.value.rpartition("v")[2]))
        parts += [F.col(beyond)] if beyond in events.columns else []
    return _hash(parts)


def _hash(parts: Iterable[Column]) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return F.xxhash64(F.lit(0), *(x for part in parts for x in (part.isNull(), part)))


def last_versions(
    spec: WindowSpec, features: Sequence[Feature], placed: DataFrame, keys: Sequence[str]
) -> DataFrame:
    """One version per id; as of a moment, each version is good until the next one arrives.

    Of several last versions all are kept where they are of different entities, or of different
    places in a window of rows; the readings in which they differ are marked.
    """
    from pyspark.sql import Window as W  # noqa: N817
    from pyspark.sql import functions as F  # noqa: N812

    names = order_columns(spec, features)
    places = [order(names.index(c)) for c in spec.window.order or ()]
    arrival = [F.col(ARRIVAL).desc_nulls_last()] if spec.arrival is not None else []
    versions = W.partitionBy(ID).orderBy(*arrival, F.col(TIME).desc())
    peers = versions.rangeBetween(W.currentRow, W.currentRow)
    read = readings(spec, features)

    def differs(hashed: str) -> Column:
        return F.min(hashed).over(peers) != F.max(hashed).over(peers)

    named = placed.where(F.col(ID).isNotNull()).withColumns(
        {
            _MOVED: _hash(F.col(c) for c in (*keys, *places)),
            **{undecided(i): print_of(one, placed) for i, one in enumerate(read)},
        }
    )
    nth, rank = F.row_number().over(versions), F.rank().over(versions)
    marks = {
        _MOVED: differs(_MOVED),
        **{undecided(i): differs(undecided(i)) for i in range(len(read))},
        _FIRST: nth == rank,
    }
    if spec.as_of:
        marked = named.withColumns({**marks, UNTIL: F.lag(ARRIVAL).over(versions)})
        # All of one rank are good until the first of them is followed.
        followed = F.count_if(F.col(UNTIL).isNull()).over(peers) == 0
        marked = marked.withColumn(UNTIL, F.when(followed, F.max(UNTIL).over(peers)))
        last = F.col(UNTIL).isNull() | (F.col(UNTIL) > F.col(ARRIVAL))
    else:
        marked = named.withColumns({**marks, _LAST: rank == 1})
        last = F.col(_LAST)
    kept = marked.where(last & (F.col(_FIRST) | F.col(_MOVED)))
    flags = {undecided(i): F.col(undecided(i)) | F.col(_MOVED) for i in range(len(read))}
    kept = kept.withColumns({name: flag.cast("int") for name, flag in flags.items()})
    nameless = placed.where(F.col(ID).isNull()).withColumns(dict.fromkeys(flags, F.lit(0)))
    if spec.as_of:
        nameless = nameless.withColumn(UNTIL, F.lit(None).cast("bigint"))
    return kept.drop(_MOVED, _FIRST, _LAST).unionByName(nameless).drop(ID)
