"""Says of each feature row whether it holds what the oracle computed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from sparkguard.relations.window_digits import of_decimal, times
from sparkguard.relations.window_equality import (
    decimal_equal,
    near,
    ratio_equal,
    rounded_from,
    same,
)
from sparkguard.relations.window_events import entity, has_null, lost, observed, operand_of
from sparkguard.relations.window_pairs import exact, tied
from sparkguard.relations.window_short import SHORT, digits, long_of, restored, stored_type
from sparkguard.relations.window_totals import (
    DUE,
    LIMB,
    POPULATION,
    ROWS,
    counted,
    high,
    low,
    squares,
)
from sparkguard.relations.window_versions import reading_of, readings, undecided
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import WindowSpec
from sparkguard.windows.statuses import Status

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType


def status(n: int) -> str:
    return f"__sparkguard_status{n}"


def compared(
    spec: WindowSpec,
    features: Sequence[Feature],
    windows: DataFrame,
    units: Sequence[int],
    truncated: Column | None,
) -> DataFrame:
    """`windows` with a status for each feature. `units` are 10^decimals of its summands."""
    every = range(len(features))
    equal = {_equality(n): _equal(spec, features, n, windows, units[n]) for n in every}
    of_value = {_of_value(n): _value_status(spec, features, n, windows) for n in every}
    found = {status(n): _status(spec, n, truncated) for n in every}
    # A step names twice what the one before it computed, and so does the CASE of an equality: Spark
    # then keeps steps apart, and gives an equality a method of its own. It would compute one for
    # each mention, in a method too long for Java to compile.
    judged = windows.withColumns(equal | {_OF_ROW: _row_status(spec)}).withColumns(of_value)
    judged = judged.withColumns(found).drop(*equal, *of_value, _OF_ROW)
    short = [n for n in every if digits(n) in windows.columns]
    stored = {observed(n): restored(windows, n, units[n]) for n in short}
    return judged.withColumns(stored).drop(*map(digits, short)) if short else judged


_OF_ROW = "__sparkguard_row_status"


def _equality(n: int) -> str:
    return f"__sparkguard_equal{n}"


def _of_value(n: int) -> str:
    return f"__sparkguard_value_status{n}"


def _value_status(
    spec: WindowSpec, features: Sequence[Feature], n: int, windows: DataFrame
) -> Column:
    """The status of a feature row's value, whether or not there should be such a row."""
    from pyspark.sql import functions as F  # noqa: N812

    aggregate, equal = features[n].aggregate, F.col(_equality(n))
    lacking = F.col(observed(n)).isNull()
    if digits(n) in windows.columns:
        lacking = lacking & F.col(digits(n)).isNull()
    population, values = F.col(POPULATION), _count(spec, features, n)
    none = F.lit(False)
    if spec.nulls == "propagate" and aggregate.column is not None:
        none = values < population
    if aggregate.function == "stddev":
        undefined = (values > 0) & (values <= (aggregate.ddof or 0))
        none = none | undefined
    if aggregate.empty is None:
        none = none | _empty(spec, features, n)
    beyond = F.lit(False)
    if aggregate.column is not None and lost(_operand(features, n)) in windows.columns:
        beyond = F.col(lost(_operand(features, n))) > 0
    return (
        F.when(_undecided(spec, features, n, windows), _lit(Status.UNDECIDED))
        .when(beyond, _lit(Status.INEXACT))
        .when(none, F.when(lacking, _lit(Status.MATCHING)).otherwise(_lit(Status.VALUE_FOR_NULL)))
        .when(lacking, _lit(Status.NULL_FOR_VALUE))
        .when(equal == int(Status.MATCHING), _lit(Status.MATCHING))
        .otherwise(equal)
    )


def _row_status(spec: WindowSpec) -> Column:
    """The status of a row whose values say nothing; NULL of any other."""
    from pyspark.sql import functions as F  # noqa: N812

    null_key = has_null([entity(i) for i in range(len(spec.entity))])
    return (
        F.when((F.col(ROWS) == 0) & null_key, _lit(Status.NULL_KEY_DROPPED))
        .when(F.col(ROWS) == 0, _lit(Status.MISSING))
        .when(F.col(ROWS) > 1, _lit(Status.DUPLICATE))
    )


def _status(spec: WindowSpec, n: int, truncated: Column | None) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    of_row, of_value = F.col(_OF_ROW), F.col(_of_value(n))
    matching = of_value == int(Status.MATCHING)
    # A row that is not due is no harm as long as it says that nothing happened.
    harmless = (F.col(POPULATION) == 0) & matching
    due = F.col(DUE) if spec.required == "events" else F.col(DUE) | harmless
    found = F.when(of_row.isNotNull(), of_row).when(~due, _lit(Status.EXTRA))
    if truncated is not None:
        found = found.when(truncated & ~matching, _lit(Status.TRUNCATED))
    return found.otherwise(of_value)


def _lit(s: Status) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return F.lit(int(s)).cast("tinyint")


def _empty(spec: WindowSpec, features: Sequence[Feature], n: int) -> Column:
    """Whether the window has nothing to aggregate."""
    from pyspark.sql import functions as F  # noqa: N812

    counts = features[n].aggregate.function in ("count", "count_distinct")
    return (F.col(POPULATION) if counts else _count(spec, features, n)) == 0


def _undecided(spec: WindowSpec, features: Sequence[Feature], n: int, windows: DataFrame) -> Column:
    """Whether versions or rows of one rank would give the window different values."""
    from pyspark.sql import functions as F  # noqa: N812

    reading = readings(spec, features).index(reading_of(spec, features[n], features))
    marks = (F.col(c) > 0 for c in (undecided(reading), tied(n)) if c in windows.columns)
    return reduce(or_, marks, F.lit(False))


def _count(spec: WindowSpec, features: Sequence[Feature], n: int) -> Column:
    """How many values of the window are aggregated."""
    from pyspark.sql import functions as F  # noqa: N812

    aggregate = features[n].aggregate
    if aggregate.column is None or spec.nulls == "zero":
        return F.col(POPULATION)
    return F.col(counted(_operand(features, n)))


def _operand(features: Sequence[Feature], n: int) -> int:
    return int(operand_of(features[n], features).rpartition("v")[2])


def _equal(
    spec: WindowSpec, features: Sequence[Feature], n: int, windows: DataFrame, unit: int
) -> Column:
    """The status of a value that is not NULL, and where the exact one isn't either."""
    from pyspark.sql import functions as F  # noqa: N812

    equal = _equals_exact(features, n, windows, unit, _count(spec, features, n))
    if features[n].aggregate.empty == 0:
        empty = _empty(spec, features, n)
        equal = F.when(empty, restored(windows, n, unit) == 0).otherwise(equal)
    return (
        F.when(equal.isNull(), _lit(Status.INEXACT))
        .when(equal, _lit(Status.MATCHING))
        .otherwise(_lit(Status.WRONG))
    )


def _equals_exact(
    features: Sequence[Feature], n: int, windows: DataFrame, unit: int, values: Column
) -> Column:
    """Whether the stored value is the exact one; NULL where that is out of reach."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    feature, held = features[n], restored(windows, n, unit)
    type_ = stored_type(windows, n)
    match feature.aggregate.function:
        case "count":
            return same(feature, held, type_, values, T.LongType())
        case "sum":
            return _sum_equal(features, n, held, type_, windows, unit)
        case "mean":
            total = _wide(windows, _operand(features, n))
            return ratio_equal(feature, held, type_, total, values, unit)
        case "stddev":
            i = _operand(features, n)
            total, count = _wide(windows, i), values.cast("decimal(20,0)")
            spread = F.try_subtract(times(count, F.col(squares(i))), times(total, total))
            ways = values * (values - (feature.aggregate.ddof or 0))
            scaled = F.sqrt(spread.cast("double") / F.when(ways > 0, ways).cast("double"))
            close = near(feature.tolerance, held.try_cast("double"), scaled / float(unit))
            if isinstance(type_, (T.FloatType, T.DoubleType)):
                return close
            return close | rounded_from(held, type_, scaled / float(unit))
    return same(feature, held, type_, F.col(exact(n)), windows.schema[exact(n)].dataType)


def _wide(windows: DataFrame, i: int) -> Column:
    """The exact total of unscaled values as decimal(38,0)."""
    from pyspark.sql import functions as F  # noqa: N812

    total = F.col(low(i)).cast("decimal(38,0)")
    if high(i) not in windows.columns:
        return total
    return (total + F.col(high(i)).cast("decimal(20,0)") * F.lit(LIMB).cast("decimal(10,0)")).cast(
        "decimal(38,0)"
    )


def _sum_equal(
    features: Sequence[Feature],
    n: int,
    held: Column,
    type_: DataType,
    windows: DataFrame,
    unit: int,
) -> Column:
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    total = _wide(windows, i := _operand(features, n))
    if isinstance(type_, (T.FloatType, T.DoubleType)):
        value = total.cast("double") / float(unit)
        return near(features[n].tolerance, held.try_cast("double"), value)
    scale = type_.scale if isinstance(type_, T.DecimalType) else 0
    if isinstance(type_, T.DecimalType) and digits(n) in windows.columns:
        short, whole = F.col(digits(n)).isNotNull(), F.col(digits(n))
        stored = of_decimal(long_of(n), type_)
        wide = F.coalesce(whole.cast("decimal(38,0)"), stored) == total
    else:
        short = F.abs(held.try_cast("double")) < float(SHORT) / unit
        whole = F.rint(held.try_cast("double") * float(unit)).cast("bigint")
        wide = decimal_equal(held, type_, total, None, unit)
    if high(i) not in windows.columns or 10**scale != unit:
        return wide
    # Nearly all totals fit 64 bits and 50 of them; there plain arithmetic is exact, and fast.
    short = short & F.col(high(i)).between(-(1 << 18), (1 << 18) - 1)
    in_bits = F.col(high(i)) * LIMB + F.col(low(i))
    return F.when(short & F.col(low(i)).between(-SHORT, SHORT), whole == in_bits).otherwise(wide)
