"""When a stored value equals an exact one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sparkguard.relations.window_digits import of_decimal, power, times
from sparkguard.windows.features import LOOSE, Feature
from sparkguard.windows.values import DOUBLE, EXACT, Tolerance

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql.types import DataType


def same(
    feature: Feature, held: Column, type_: DataType, value: Column, value_type: DataType
) -> Column:
    """Equality as stored, or within the tolerance, of a value that is not NULL; NULL where a
    decimal has too many digits to tell."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    def close() -> Column:
        found = near(feature.tolerance, held.try_cast("double"), value.cast("double"))
        return F.coalesce(found, F.lit(False))

    if isinstance(type_, (T.FloatType, T.DoubleType)):
        return close()
    equal = _as_stored(held, type_, value, value_type)
    loose = feature.aggregate.function in LOOSE and feature.tolerance != EXACT
    return equal | close() if loose else equal


def _as_stored(held: Column, type_: DataType, value: Column, value_type: DataType) -> Column:
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    if isinstance(type_, (T.DecimalType, T.IntegralType)):
        if isinstance(value_type, (T.FloatType, T.DoubleType)):
            return F.coalesce(rounded_from(held, type_, value.cast("double")), F.lit(False))
        if isinstance(value_type, T.DecimalType) and value_type.scale > _places(type_):
            digits = of_decimal(value, value_type)
            return decimal_equal(held, type_, digits, None, int(10**value_type.scale))
    return F.coalesce(held == value, F.lit(False))


def rounded_from(held: Column, type_: DataType, value: Column) -> Column:
    """Whether a decimal or whole number is a double, rounded to the places it is stored with; of a
    half, both neighbours are, and so much is spared as doubles are off. NULL if either is."""
    from pyspark.sql import functions as F  # noqa: N812

    half = 0.5 * 10.0 ** -_places(type_)
    off = F.abs(held.try_cast("double") - value)
    return (F.abs(value) < math.inf) & (off <= half + F.abs(value) * DOUBLE)


def _places(type_: DataType) -> int:
    from pyspark.sql import types as T  # noqa: N812

    return type_.scale if isinstance(type_, T.DecimalType) else 0


def near(t: Tolerance, held: Column, value: Column) -> Column:
    """Whether two numbers are equal, or lie as near as the tolerance allows; NULL if either is.

    What is expected to be infinite or NaN has no neighbours: only the same value equals it.
    """
    from pyspark.sql import functions as F  # noqa: N812

    if t.absolute == 0 and t.relative == 0:
        return held == value
    around = F.greatest(F.lit(t.absolute), F.abs(value) * t.relative)
    # NaN is above infinity here, and equals itself.
    return (held == value) | ((F.abs(value) < math.inf) & (F.abs(held - value) <= around))


def ratio_equal(
    feature: Feature, held: Column, type_: DataType, total: Column, below: Column, unit: int
) -> Column:
    """Whether `held` is total / (below * unit); NULL where that is out of reach."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    if isinstance(type_, (T.FloatType, T.DoubleType)):
        whole = F.when(below > 0, below).cast("double") * float(unit)
        return near(feature.tolerance, held.try_cast("double"), total.cast("double") / whole)
    return decimal_equal(held, type_, total, below, unit)


def decimal_equal(
    held: Column, type_: DataType, total: Column, below: Column | None, unit: int
) -> Column:
    """Whether `held` is total / (below * unit), rounded to the places it is stored with; of an
    exact half, both neighbours are. Without `below`, it is 1. NULL where digits don't suffice."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    if isinstance(type_, T.DecimalType):
        digits, scale = of_decimal(held, type_), type_.scale
    else:
        digits, scale = held.cast("decimal(38,0)"), 0
    # Both sides are multiplied by as few tens as bring them to the same places.
    places = len(str(unit)) - 1
    exact = times(total, power(scale - places)) if scale > places else total
    if below is None and scale >= places:
        return digits == exact
    parts = power(max(places - scale, 0))
    if below is not None:
        parts = times(below.cast("decimal(20,0)"), parts)
    off = F.abs(F.try_subtract(times(digits, parts), exact))
    return times(off, F.lit(2).cast("decimal(1,0)")) <= parts
