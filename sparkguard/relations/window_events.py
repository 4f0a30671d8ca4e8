"""Events and feature rows in the form in which windows are recomputed.

Times become microseconds since 1970 UTC; numbers that are added up become whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from sparkguard.relations.window_digits import loses, unscaled
from sparkguard.windows.durations import DAY
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate, WindowSpec

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

TIME, ARRIVAL, UNTIL = "__sparkguard_t", "__sparkguard_a", "__sparkguard_u"
ID = "__sparkguard_id"
SALT = "sparkguard window"
HOTTEST = 20
"""Entities with the most events that are compared beside a sample."""
BUCKETS = 1 << 20
"""Entities are told apart by this many hash buckets when some are replayed."""


def entity(i: int) -> str:
    """The column of the `i`th part of a row's entity."""
    return f"__sparkguard_e{i}"


def value(i: int) -> str:
    """What the `i`th feature aggregates, of an event."""
    return f"__sparkguard_v{i}"


def lost(i: int) -> str:
    """Whether an event has a value that can't be added up exactly; of a window, how many do."""
    return f"__sparkguard_lost{i}"


def order(i: int) -> str:
    """The `i`th column that breaks ties in time."""
    return f"__sparkguard_o{i}"


def observed(i: int) -> str:
    """What the `i`th feature holds, of a feature row."""
    return f"__sparkguard_x{i}"


def by_column(i: int) -> str:
    """The `i`th slice column."""
    return f"__sparkguard_by{i}"


def key_hash(names: Sequence[str]) -> Column:
    """A hash of the whole key: NULL parts count, and equal keys of any layout are equal."""
    from pyspark.sql import functions as F  # noqa: N812

    parts = [part for n in names for part in (F.col(n).isNull(), F.col(n))]
    return F.xxhash64(F.lit(SALT), *parts)


def has_null(names: Sequence[str]) -> Column:
    """Whether any part of a key is NULL."""
    from pyspark.sql import functions as F  # noqa: N812

    return reduce(or_, (F.col(name).isNull() for name in names), F.lit(False))


def feature_rows(
    spec: WindowSpec, features: Sequence[Feature], rows: DataFrame, by: tuple[str, ...]
) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    return rows.select(
        *(column_of(c).alias(entity(i)) for i, c in enumerate(spec.entity)),
        micros(rows, spec.query_time, spec.timezone).alias(TIME),
        *(column_of(*f.output).alias(observed(i)) for i, f in enumerate(features)),
        *(column_of(c).try_cast("string").alias(by_column(i)) for i, c in enumerate(by)),
    ).where(F.col(TIME).isNotNull())


def event_rows(spec: WindowSpec, features: Sequence[Feature], rows: DataFrame) -> DataFrame:
    """Events that have a place in time, every version of each."""
    from pyspark.sql import functions as F  # noqa: N812

    zone = spec.timezone
    columns = [
        *(column_of(c).alias(entity(i)) for i, c in enumerate(spec.events_entity)),
        micros(rows, spec.event_time, zone).alias(TIME),
    ]
    if spec.arrival is not None:
        columns.append(micros(rows, spec.arrival, zone).alias(ARRIVAL))
    if spec.distinct_id is not None:
        columns.append(column_of(spec.distinct_id).alias(ID))
    for i, aggregate in enumerate(operands(features)):
        columns += operand(i, aggregate, rows) if aggregate.column else []
    columns += [column_of(c).alias(order(i)) for i, c in enumerate(order_columns(spec, features))]
    placed = rows.select(*columns).where(F.col(TIME).isNotNull())
    if spec.as_of:
        placed = placed.where(F.col(ARRIVAL).isNotNull())
    return placed


def operands(features: Sequence[Feature]) -> tuple[Aggregate, ...]:
    """One aggregate for each different value that is read from an event."""
    found: dict[tuple[str | None, int | None, bool], Aggregate] = {}
    for feature in features:
        a = feature.aggregate
        found.setdefault((a.column, a.decimals, feature.adds), a)
    return tuple(found.values())


def operand_of(feature: Feature, features: Sequence[Feature]) -> str:
    """The column that holds what `feature` aggregates."""
    a = feature.aggregate
    keys: dict[tuple[str | None, int | None, bool], None] = {}
    for other in features:
        keys.setdefault((other.aggregate.column, other.aggregate.decimals, other.adds), None)
    return value(list(keys).index((a.column, a.decimals, feature.adds)))


def order_columns(spec: WindowSpec, features: Sequence[Feature]) -> tuple[str, ...]:
    """The columns that break ties in time, each once."""
    named = [*(spec.window.order or ())]
    for feature in features:
        named += feature.aggregate.order or ()
    return tuple(dict.fromkeys(named))


def operand(i: int, aggregate: Aggregate, rows: DataFrame) -> list[Column]:
    """What the `i`th operand is of an event: a whole number where it is added up, else the column
    as it is. Beside it, where values of its type may have no digits, whether this one has none."""
    from sparkguard.windows.features import adds

    column = column_of(aggregate.column or "")
    if not adds(aggregate):
        return [column.alias(value(i))]
    type_ = rows.select(column.alias("x")).schema["x"].dataType
    digits = unscaled(column, type_, aggregate.decimals)
    if not loses(type_):
        return [digits.alias(value(i))]
    return [digits.alias(value(i)), (column.isNotNull() & digits.isNull()).alias(lost(i))]


def micros(rows: DataFrame, name: str, zone: str) -> Column:
    """Microseconds since 1970 UTC. Times without a zone, and dates, are local to `zone`."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    column = column_of(name)
    match rows.select(column.alias("x")).schema["x"].dataType:
        case T.TimestampNTZType():
            day = F.unix_date(column.cast("date")).cast("bigint") * DAY
            second = F.extract(F.lit("SECOND"), column) * F.lit(1_000_000)
            clock = (F.hour(column) * 60 + F.minute(column)).cast("bigint") * 60_000_000
            return from_wall(day + clock + second.cast("bigint"), zone)
        case T.DateType():
            return from_wall(F.unix_date(column).cast("bigint") * DAY, zone)
    return F.unix_micros(column.cast("timestamp"))


def from_wall(local: Column, zone: str) -> Column:
    """The instant of a local time, both in microseconds."""
    from pyspark.sql import functions as F  # noqa: N812

    if zone in ("UTC", "Etc/UTC"):
        return local
    return F.unix_micros(F.to_utc_timestamp(F.timestamp_micros(local), zone))


def to_wall(at: Column, zone: str) -> Column:
    """Local time, written as if it were UTC."""
    from pyspark.sql import functions as F  # noqa: N812

    if zone in ("UTC", "Etc/UTC"):
        return at
    return F.unix_micros(F.from_utc_timestamp(F.timestamp_micros(at), zone))


def column_of(*parts: str) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    from sparkguard import sql

    return F.col(sql.path(parts).text)
