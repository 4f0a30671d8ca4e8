"""Window values as differences of exact running totals.

An event enters the windows of an entity at one feature time and leaves them at a later one, both
moved on to its arrival where that is later. Totals of what entered, less totals of what left, are
the window. Both run over one sorted pass, so time is linear even with one hot entity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparkguard.relations.spread import spread
from sparkguard.relations.window_digits import times
from sparkguard.relations.window_events import (
    ARRIVAL,
    TIME,
    UNTIL,
    by_column,
    entity,
    lost,
    observed,
    operand_of,
)
from sparkguard.relations.window_versions import undecided
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Window, WindowSpec

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

POPULATION, ROWS, DUE = "__sparkguard_n", "__sparkguard_rows", "__sparkguard_due"
WEIGHT = "__sparkguard_weight"  # feature rows that a row stands for, 1 for a missing one
LIMB = 1 << 32
_FIRST = -(1 << 63)


def counted(i: int) -> str:
    return f"__sparkguard_c{i}"


def low(i: int) -> str:
    return f"__sparkguard_l{i}"


def high(i: int) -> str:
    return f"__sparkguard_h{i}"


def squares(i: int) -> str:
    return f"__sparkguard_q{i}"


def applies(spec: WindowSpec) -> bool:
    """True when events enter and leave windows at a constant distance in time."""
    window = spec.window
    if window.kind in ("rows", "session"):
        return False
    constant = spec.timezone in ("UTC", "Etc/UTC") and not (window.length and window.size.months)
    return not window.by_calendar or constant


def recomputed(
    spec: WindowSpec,
    features: Sequence[Feature],
    left: DataFrame,
    right: DataFrame,
    into: int | None,
) -> DataFrame:
    """One row per feature row, and per missing one: totals of its window beside what is stored.

    `into` says in how many parts to sort; see `spread`.
    """
    from pyspark.sql import Window as W  # noqa: N817
    from pyspark.sql import functions as F  # noqa: N812

    keys = [entity(i) for i in range(len(spec.entity))]
    merged = _merged(spec, features, left, right)
    # What is summed is written out after the sort, so that less is shuffled and sorted.
    in_order = spread(merged, keys, into).sortWithinPartitions(*keys, TIME)
    added = _added(spec, _parts(spec, features, right))
    wide = {_PART + n + end for n in _wide(features, right) for end in ("", _LEAVES)}
    flags = {name: is_kind.cast("int") for name, is_kind in _flags().items()}
    here = W.partitionBy(*keys).orderBy(TIME)
    whole = here.rowsBetween(_FIRST, (1 << 63) - 1)
    size = _size(spec.window)

    def sofar(part: str, back: int = 0) -> Column:
        frame = here.rangeBetween(_FIRST, -back)
        if part not in wide:
            return F.coalesce(F.sum(part).over(frame), F.lit(0))
        # NULL where a summand or the total has no room in a decimal, and not where there is none.
        rows = F.count(_PART + POPULATION + (_LEAVES if part.endswith(_LEAVES) else "")).over(frame)
        complete = F.when(F.count(part).over(frame) == rows, F.try_sum(part).over(frame))
        return F.when(rows == 0, F.lit(0).cast("decimal(38,0)")).otherwise(complete)

    def total(part: str) -> Column:
        if size is None:
            return sofar(part)
        left_at = part + _LEAVES if part + _LEAVES in added else part
        if part in wide:
            return F.try_subtract(sofar(part), sofar(left_at, size))
        return sofar(part) - sofar(left_at, size)

    def at_once(flag: str) -> Column:
        # A frame of one instant would keep and sum the rows of each anew, and takes longer.
        return sofar(flag) - sofar(flag, 1)

    summed = in_order.withColumns(flags | added).select(
        *keys,
        TIME,
        *(c for c in merged.columns if c.startswith(_KEPT)),
        at_once(_IS_ROW).alias(ROWS),
        F.max(_IS_ROW).over(whole).alias(_HAS_ROWS),
        F.max(_IS_EVENT).over(whole).alias(_HAS_EVENTS),
        at_once(_IS_DUE).alias(_DUE_HERE),
        F.row_number().over(here).alias(_NTH),
        _IS_ROW,
        _IS_DUE,
        *(total(p).alias(p.removeprefix(_PART)) for p in added if not p.endswith(_LEAVES)),
    )
    return _windows(spec, summed)


_PART, _LEAVES = "__sparkguard_part", "_leaves"
_KEPT = (observed(0)[:-1], by_column(0)[:-1])
_KIND, _ROW, _EVENT, _DUE = "__sparkguard_kind", 0, 1, 2
_IS_ROW, _IS_EVENT, _IS_DUE = "__sparkguard_is_row", "__sparkguard_is_event", "__sparkguard_is_due"
_HAS_ROWS, _HAS_EVENTS = "__sparkguard_has_rows", "__sparkguard_has_events"
_DUE_HERE, _NTH = "__sparkguard_due_here", "__sparkguard_nth"


def _flags() -> dict[str, Column]:
    from pyspark.sql import functions as F  # noqa: N812

    kind = F.col(_KIND)
    return {_IS_ROW: kind == _ROW, _IS_EVENT: kind != _ROW, _IS_DUE: kind == _DUE}


def _windows(spec: WindowSpec, summed: DataFrame) -> DataFrame:
    """Feature rows, and one row for each that is missing."""
    from pyspark.sql import functions as F  # noqa: N812

    is_row = F.col(_IS_ROW) == 1
    if spec.required == "events":
        absent = (F.col(_IS_DUE) == 1) & (F.col(ROWS) == 0)
        due = F.col(_DUE_HERE) > 0
    else:
        absent = (F.col(_HAS_ROWS) == 0) & (F.col(_NTH) == 1)
        due = F.col(_HAS_EVENTS) == 1
    dropped = (_HAS_ROWS, _HAS_EVENTS, _DUE_HERE, _NTH, _IS_ROW, _IS_DUE)
    return summed.where(is_row | absent).withColumns({DUE: due, WEIGHT: F.lit(1)}).drop(*dropped)


def _merged(
    spec: WindowSpec, features: Sequence[Feature], left: DataFrame, right: DataFrame
) -> DataFrame:
    """Feature rows and what enters or leaves, in one table of rows at a time."""
    from pyspark.sql import functions as F  # noqa: N812

    keys = [entity(i) for i in range(len(spec.entity))]
    summands = {operand_of(f, features): f.adds for f in features if f.aggregate.column}
    present = F.lit(0).cast("bigint")
    changes = _entering(spec, right).select(
        *keys,
        F.col(_AT).alias(TIME),
        F.lit(_EVENT).alias(_KIND),
        *((_ENTERS, _GOES) if _split(spec) else ()),
        *(
            (F.col(v) if adds else F.when(F.col(v).isNotNull(), present)).alias(v)
            for v, adds in summands.items()
        ),
        *(c for c in right.columns if c.startswith((lost(0)[:-1], undecided(0)[:-1]))),
    )
    rows = left.withColumn(_KIND, F.lit(_ROW))
    merged = rows.unionByName(changes, allowMissingColumns=True)
    if spec.required == "events":
        due = right.select(*keys, TIME).distinct().withColumn(_KIND, F.lit(_DUE))
        merged = merged.unionByName(due, allowMissingColumns=True)
    return merged


def _added(spec: WindowSpec, parts: dict[str, Column]) -> dict[str, Column]:
    """What a row adds to each total where it enters and, if it may differ, where it leaves."""
    from pyspark.sql import functions as F  # noqa: N812

    if not _split(spec):
        return {_PART + n: F.when(F.col(_KIND) == _EVENT, c) for n, c in parts.items()}
    added = {_PART + n: F.col(_ENTERS) * c for n, c in parts.items()}
    if _size(spec.window) is not None:
        added |= {_PART + n + _LEAVES: F.col(_GOES) * c for n, c in parts.items()}
    return added


_AT, _ENTERS, _GOES = "__sparkguard_at", "__sparkguard_in", "__sparkguard_out"


def _split(spec: WindowSpec) -> bool:
    """True when an event may leave at another distance than others, because it came late."""
    return spec.as_of


def _entering(spec: WindowSpec, right: DataFrame) -> DataFrame:
    """Events by the feature time at which they enter; late ones also by when they leave."""
    from pyspark.sql import functions as F  # noqa: N812

    enters = enter(spec.window, F.col(TIME))
    if not _split(spec):
        return right.withColumn(_AT, enters)
    size = _size(spec.window)

    def moves(arrival: Column, sign: int) -> list[Column]:
        def move(at: Column, into: int, out: int) -> Column:
            return F.struct(
                at.alias(_AT), F.lit(into * sign).alias(_ENTERS), F.lit(out * sign).alias(_GOES)
            )

        late = F.greatest(enters, arrival)
        if size is None:
            return [move(late, 1, 0)]
        return [move(late, 1, 0), move(F.greatest(enters, arrival - size), 0, 1)]

    def changes(arrival: Column, sign: int) -> Column:
        on_time = F.struct(enters.alias(_AT), F.lit(sign).alias(_ENTERS), F.lit(sign).alias(_GOES))
        return F.when(arrival <= enters, F.array(on_time)).otherwise(F.array(*moves(arrival, sign)))

    every = changes(F.col(ARRIVAL), 1)
    if UNTIL in right.columns:
        ended = F.when(F.col(UNTIL).isNotNull(), changes(F.col(UNTIL), -1))
        every = F.concat(every, F.coalesce(ended, F.filter(every, lambda _: F.lit(False))))
    moved = "__sparkguard_move"
    exploded = right.withColumn(moved, F.explode(every))
    return exploded.withColumns({n: F.col(moved)[n] for n in (_AT, _ENTERS, _GOES)}).drop(moved)


def enter(window: Window, at: Column) -> Column:
    """The first feature time whose window holds an event at `at`."""
    from pyspark.sql import functions as F  # noqa: N812

    if window.kind in ("range", "unbounded"):
        return at + 1 if window.bounds[-1] == ")" else at
    step = F.lit(window.step.elapsed)
    if window.sees_future:
        if window.bounds == "[)":
            return at - F.pmod(at, step)
        return at + F.pmod(-at, step) - step + 1
    after = at + 1 if window.bounds[-1] == ")" else at
    return after + F.pmod(-after, step)


def _size(window: Window) -> int | None:
    """Feature times for which an event stays, in microseconds; None when it never leaves."""
    if window.kind == "unbounded":
        return None
    size = window.size.elapsed
    if window.kind == "range":
        size += {"[]": 1, "()": -1}.get(window.bounds, 0)
    return size


def _parts(spec: WindowSpec, features: Sequence[Feature], right: DataFrame) -> dict[str, Column]:
    """Summands of an event, by the name of their total. Names are those of the first feature
    that uses an operand."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    found: dict[str, Column] = {POPULATION: F.lit(1).cast("bigint")}
    marks = [c for c in right.columns if c.startswith(undecided(0)[:-1])]
    found |= {name: F.col(name).cast("bigint") for name in marks}
    for feature in features:
        if feature.aggregate.column is None:
            continue
        v = operand_of(feature, features)
        column = F.col(v)
        if spec.nulls == "zero":
            if not feature.adds:
                continue
            column = F.coalesce(column, F.lit(0))
        i = int(v.rpartition("v")[2])
        found[counted(i)] = column.isNotNull().cast("bigint")
        if not feature.adds:
            continue
        if lost(i) in right.columns:
            found[lost(i)] = F.col(lost(i)).cast("bigint")
        wide = isinstance(right.schema[v].dataType, T.DecimalType)
        column = F.coalesce(column, F.lit(0).cast(right.schema[v].dataType))
        if wide:
            found[low(i)] = column
        else:
            found[low(i)] = column.bitwiseAND(F.lit(LIMB - 1))
            found[high(i)] = F.shiftright(column, 32)
        if feature.aggregate.function == "stddev":
            exact = column.try_cast("decimal(19,0)")
            found[squares(i)] = times(exact, exact)
    return found


def _wide(features: Sequence[Feature], right: DataFrame) -> set[str]:
    """Totals in decimals, whose digits may not suffice: of wide summands, and of squares."""
    from pyspark.sql import types as T  # noqa: N812

    found = set()
    for feature in features:
        v = operand_of(feature, features)
        i = int(v.rpartition("v")[2])
        if feature.adds and isinstance(right.schema[v].dataType, T.DecimalType):
            found.add(low(i))
        if feature.aggregate.function == "stddev":
            found.add(squares(i))
    return found
