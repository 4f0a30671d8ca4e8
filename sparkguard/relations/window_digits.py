"""Numbers as whole numbers: the digits of decimals and floats, without their point.

Spark cuts places off a product whose type would have more than 38 digits, so that each step here
keeps within them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql.types import DataType, DecimalType

DIGITS = 38
"""As many as a decimal can have."""
_PART = 18  # places that are moved in front of the point at once
_MOST_PLACES = 2 * _PART


def unscaled(column: Column, type_: DataType, decimals: int | None) -> Column:
    """Digits of a number without its point: bigint, or decimal(38,0) where that is too narrow.

    NULL where they can't be told, see `loses`.
    """
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    match type_:
        case T.DecimalType():
            if type_.precision <= 15:
                # Exact: the error of a double is below half a unit up to 2^51. `round` would go
                # through the digits of each double as text.
                return F.rint(column.cast("double") * 10.0**type_.scale).cast("bigint")
            digits = of_decimal(column, type_)
            return digits if type_.precision > 18 else digits.cast("bigint")
        case T.FloatType() | T.DoubleType():
            unit = 10.0 ** (decimals or 0)
            digits = F.rint(column.cast("double") * unit)
            # A value of more places is no whole number of units: rounded, it would be another.
            off = F.abs((digits / unit).cast(type_) - column)
            ulps = 2.0**-21 if isinstance(type_, T.FloatType) else 2.0**-50
            return F.when(off <= F.abs(column) * ulps, digits.try_cast("bigint"))
        case T.IntegralType():
            return column.cast("bigint")
    return column.try_cast("bigint")


def loses(type_: DataType) -> bool:
    """True when values of this type may have no digits: NaN, infinite, too large, or of more
    places than can be moved or are declared."""
    from pyspark.sql import types as T  # noqa: N812

    if isinstance(type_, T.DecimalType):
        return type_.scale > _MOST_PLACES
    return isinstance(type_, (T.FloatType, T.DoubleType))


def of_decimal(column: Column, type_: DecimalType) -> Column:
    """A decimal times 10^scale, as decimal(38,0); NULL where it has more than 36 places."""
    from pyspark.sql import functions as F  # noqa: N812

    precision, places = type_.precision, type_.scale
    if places == 0:
        return column.cast(f"decimal({DIGITS},0)")
    if precision + places + 2 <= DIGITS:
        return (column * power(places)).cast(f"decimal({DIGITS},0)")
    if places > _MOST_PLACES:
        return F.lit(None).cast(f"decimal({DIGITS},0)")
    rest = column % F.lit(1).cast("decimal(1,0)")
    whole = (column - rest).cast(f"decimal({max(precision - places, 1)},0)")
    found = whole * power(places)
    rest = rest.cast(f"decimal({places},{places})")
    while places > 0:
        n = min(places, _PART)
        tail = rest % F.lit(f"1E-{n}").cast(f"decimal({n},{n})")
        head = (rest - tail).cast(f"decimal({n},{n})") * power(n)
        places -= n
        found = found + head.cast(f"decimal({n},0)") * power(places)
        if places:
            rest = (tail * power(n)).cast(f"decimal({places},{places})")
    return found.cast(f"decimal({DIGITS},0)")


def power(n: int) -> Column:
    """10^n as a decimal of n + 1 digits; NULL where that is more than a decimal has."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.lit(str(10**n)).try_cast(f"decimal({min(n + 1, DIGITS)},0)")


def times(a: Column, b: Column) -> Column:
    """The product of two whole decimals; NULL where it has more than 38 digits."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.try_multiply(a, b).try_cast(f"decimal({DIGITS},0)")
