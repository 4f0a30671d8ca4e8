"""Says of each feature row whether it holds what the oracle computed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
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


def digits(n: int) -> str:
    """The value of the `n`th feature in units of its last place, where that is short."""
    return f"{observed(n)}_digits"


SHORT = 1 << 50
"""Below this, a double times a power of ten is off by less than half a unit."""


def shortened(
    features: Sequence[Feature], left: DataFrame, right: DataFrame, units: Sequence[int]
) -> DataFrame:
    """Feature rows with short sums as whole numbers: each copy of a wide decimal is parsed."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    for n, unit in enumerate(units):
        type_ = left.schema[observed(n)].dataType
        if (
            features[n].aggregate.function != "sum"
            or not isinstance(type_, T.DecimalType)
            or type_.precision <= 18
            or type_.scale > 18
            or 10**type_.scale != unit
            or isinstance(right.schema[operand_of(features[n], features)].dataType, T.DecimalType)
        ):
            continue
        held = F.col(observed(n))
        short = F.abs(held.cast("double")) < float(SHORT) / unit
        whole = F.when(short, F.rint(held.cast("double") * float(unit)).cast("bigint"))
        left = left.withColumns({digits(n): whole, observed(n): F.when(~short, held)})
    return left


def _restored(windows: DataFrame, n: int, unit: int) -> Column:
    """What the `n`th feature holds, as stored."""
    from pyspark.sql import functions as F  # noqa: N812

    if digits(n) not in windows.columns:
        return F.col(observed(n))
    type_, scale = windows.schema[observed(n)].dataType, len(str(unit)) - 1
    place = F.lit(str(Decimal(1) / unit)).cast(f"decimal({max(scale, 1)},{scale})")
    return F.coalesce(observed(n), (F.col(digits(n)).cast("decimal(16,0)") * place).cast(type_))


def compared(
    spec: WindowSpec,
    features: Sequence[Feature],
    windows: DataFrame,
    units: Sequence[int],
    truncated: Column | None,
) -> DataFrame:
    """`windows` with a status for each feature. `units` are 10^decimals of its summands."""
    # A step names what the one before it computed twice, so that Spark keeps them apart. It would
    # compute an equality once for each mention, in methods too long for Java to compile.
    judged, last = windows, len(features) - 1
    for n in range(last + 3):
        step = {}
        if n <= last:
            step[_equality(n)] = _equal(spec, features, n, windows, units[n])
        if 0 < n <= last + 1:
            step[_of_value(n - 1)] = _value_status(spec, features, n - 1, windows)
        if n > 1:
            step[status(n - 2)] = _status(spec, n - 2, truncated)
        judged = judged.withColumns(step)
    judged = judged.drop(*(name(n) for n in range(last + 1) for name in (_equality, _of_value)))
    short = [n for n in range(len(features)) if digits(n) in windows.columns]
    stored = {observed(n): _restored(windows, n, units[n]) for n in short}
    return judged.withColumns(stored).drop(*map(digits, short)) if short else judged


def _equality(n: int) -> str:
    return f"__sparkguard_equal{n}"


def _of_value(n: int) -> str:
    return f"__sparkguard_value_status{n}"


def _value_status(
    spec: WindowSpec, features: Sequence[Feature], n: int, windows: DataFrame
) -> Column:
    """What a feature row's value is beside the exact one, whether or not the row should be."""
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
        .when(equal.isNull(), _lit(Status.INEXACT))
        .when(equal, _lit(Status.MATCHING))
        .otherwise(_lit(Status.WRONG))
    )


def _status(spec: WindowSpec, n: int, truncated: Column | None) -> Column:
    """The status of a row from that of its value."""
    from pyspark.sql import functions as F  # noqa: N812

    by_value = F.col(_of_value(n))
    matching = by_value == int(Status.MATCHING)
    # A row that is not due is no harm as long as it says that nothing happened.
    harmless = (F.col(POPULATION) == 0) & matching
    due = F.col(DUE) if spec.required == "events" else F.col(DUE) | harmless
    null_key = has_null([entity(i) for i in range(len(spec.entity))])
    found = (
        F.when((F.col(ROWS) == 0) & null_key, _lit(Status.NULL_KEY_DROPPED))
        .when(F.col(ROWS) == 0, _lit(Status.MISSING))
        .when(F.col(ROWS) > 1, _lit(Status.DUPLICATE))
        .when(~due, _lit(Status.EXTRA))
    )
    if truncated is not None:
        found = found.when(truncated & ~matching, _lit(Status.TRUNCATED))
    return found.otherwise(by_value)


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
    """Whether the stored value is the exact one; NULL where that is out of reach or undefined."""
    from pyspark.sql import functions as F  # noqa: N812

    equal = _equals_exact(features, n, windows, unit, _count(spec, features, n))
    if features[n].aggregate.empty != 0:
        return equal
    return F.when(_empty(spec, features, n), _restored(windows, n, unit) == 0).otherwise(equal)


def _equals_exact(
    features: Sequence[Feature], n: int, windows: DataFrame, unit: int, values: Column
) -> Column:
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    feature, held = features[n], _restored(windows, n, unit)
    type_ = windows.schema[observed(n)].dataType
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
        stored = of_decimal(F.col(observed(n)), type_)
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
