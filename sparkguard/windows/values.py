"""When an observed value equals an exact one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Tolerance:
    """How far a float may lie from the exact value: the larger of both bounds counts."""

    absolute: float = 0.0
    relative: float = 0.0

    def __post_init__(self) -> None:
        if not (self.absolute >= 0 and self.relative >= 0 and self.absolute < math.inf):
            raise ValueError("tolerance.absolute and tolerance.relative are at least 0")
        if self.relative >= 1:
            raise ValueError("tolerance.relative is below 1")

    def around(self, value: float) -> float:
        return max(self.absolute, self.relative * abs(value))


EXACT = Tolerance()
DOUBLE = 2.0**-51
"""By so much of itself a deviation or a quantile, computed in doubles, may be off."""


@dataclass(frozen=True)
class Output:
    """How a feature is stored: `scale` of its decimals, or float; `unit` is 10^decimals of the
    unscaled values that the oracle adds up. `tolerance` is that of floats, distinct counts,
    deviations and quantiles, and exact for all others."""

    is_float: bool = False
    scale: int = 0
    unit: int = 1
    tolerance: Tolerance = EXACT

    def equal(self, observed: Any, exact: Any) -> bool:
        """True when `observed`, as stored, is what `exact` becomes in this column."""
        if observed is None or exact is None:
            return observed is None and exact is None
        if type(exact) is int and type(observed) is int and self.unit == 1 and self._is_exact:
            return observed == exact
        if isinstance(exact, Decimal):
            exact = Fraction(exact)
        if not isinstance(exact, (int, float, Fraction)) or isinstance(exact, bool):
            return bool(observed == exact)
        if self.is_float or not self._is_exact:
            near = self._near(float(observed), _divided(exact, self.unit))
            if near or self.is_float:
                return near
        if isinstance(exact, float):
            return self._rounded_from(float(observed), exact / self.unit)
        # Of an exact half, the value rounded up and the one rounded down are equally right.
        off = abs(Fraction(Decimal(observed)) - Fraction(exact) / self.unit)
        return bool(2 * off * 10**self.scale <= 1)

    def _rounded_from(self, observed: float, exact: float) -> bool:
        half = 0.5 * 10.0**-self.scale
        return math.isfinite(exact) and abs(observed - exact) <= half + abs(exact) * DOUBLE

    @property
    def _is_exact(self) -> bool:
        return self.tolerance == EXACT

    def _near(self, observed: float, exact: float) -> bool:
        if not math.isfinite(exact):
            return observed == exact or (math.isnan(observed) and math.isnan(exact))
        return observed == exact or abs(observed - exact) <= self.tolerance.around(exact)


def _divided(exact: int | float | Fraction, unit: int) -> float:
    if isinstance(exact, float):
        return exact / unit
    try:
        return float(Fraction(exact) / unit)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def rounded(value: Fraction, scale: int) -> Fraction:
    """`value` to `scale` places after the point, halves away from zero, as Spark does."""
    shifted = abs(value) * 10**scale
    whole = math.floor(shifted + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**scale)
