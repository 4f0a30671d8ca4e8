"""When a stored value equals an exact one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sparkguard.relations.window_digits import of_decimal, power, times
from sparkguard.windows.features import Feature
from sparkguard.windows.values import EXACT, Tolerance

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql.types import DataType


def same(feature: Feature, held: Column, type_: DataType, value: Column) -> Column:
    """Equality as stored; within the tolerance for floats, quantiles and distinct counts."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    function = feature.aggregate.function
    loose = function == "count_distinct" and feature.tolerance != EXACT
    if loose or function == "quantile" or isinstance(type_, (T.FloatType, T.DoubleType)):
        return F.coalesce(
            near(feature.tolerance, held.try_cast("double"), value.cast("double")), F.lit(False)
        )
    return F.coalesce(held == value, F.lit(False))


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
