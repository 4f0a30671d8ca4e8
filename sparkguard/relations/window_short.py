"""Feature values in wide decimals, as whole numbers of 64 bits where they are short.

Spark parses each copy of a decimal of more than 18 digits, and a row has 16 bytes for it even where
it is NULL; rows are copied when they are shuffled, sorted and put beside their windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sparkguard.relations.window_events import observed, operand_of
from sparkguard.windows.features import Feature

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

SHORT = 1 << 50
"""Below this, a double times a power of ten is off by less than half a unit."""
_LONG = "__sparkguard_long"  # the field of a value that is not short, in a struct that may be NULL


def digits(n: int) -> str:
    """The value of the `n`th feature in units of its last place, where that is short."""
    return f"{observed(n)}_digits"


def long_of(n: int) -> Column:
    """The value of the `n`th feature where it is not short, if it has `digits`."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.col(observed(n))[_LONG]


def shortened(
    features: Sequence[Feature], left: DataFrame, right: DataFrame, units: Sequence[int]
) -> DataFrame:
    """Feature rows with short sums as `digits`. `units` are 10^decimals of the summands."""
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
        long = F.when(~short, F.struct(held.alias(_LONG)))
        left = left.withColumns({digits(n): whole, observed(n): long})
    return left


def stored_type(windows: DataFrame, n: int) -> DataType:
    """The type of the `n`th feature in its table."""
    from pyspark.sql import types as T  # noqa: N812

    type_ = windows.schema[observed(n)].dataType
    if digits(n) in windows.columns and isinstance(type_, T.StructType):
        return type_[_LONG].dataType
    return type_


def restored(windows: DataFrame, n: int, unit: int) -> Column:
    """What the `n`th feature holds, as stored."""
    from pyspark.sql import functions as F  # noqa: N812

    if digits(n) not in windows.columns:
        return F.col(observed(n))
    type_, scale = stored_type(windows, n), len(str(unit)) - 1
    place = F.lit(str(Decimal(1) / unit)).cast(f"decimal({max(scale, 1)},{scale})")
    short = (F.col(digits(n)).cast("decimal(16,0)") * place).cast(type_)
    return F.coalesce(long_of(n), short)
