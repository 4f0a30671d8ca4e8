"""Changes of unit: all values times one factor, some of them, or a factor and an offset.

If a share p of the values is multiplied by f and the others stay, then with L = ln f the mean of
ln |x| moves by d = p L and its variance grows by v = p (1 - p) L². Both are measured, so
L = d + v / d and p = d / L: one factor for all shows as p = 1, mixed units as p below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sparkguard.silent_drift.points import Point

_SCALES = {
    **{10.0**k: f"10^{k}" for k in range(1, 13)},
    60.0: "60",
    3_600.0: "3,600",
    24.0: "24",
    86_400.0: "86,400",
    1_024.0: "1,024",
    1_024.0**2: "1,024²",
    1.609344: "1.609344 (miles and kilometres)",
    3.28084: "3.28084 (metres and feet)",
    2.54: "2.54 (inches and centimetres)",
    2.204623: "2.204623 (kilograms and pounds)",
    3.6: "3.6",
}
_TENS = frozenset(10.0**k for k in range(1, 13))
_OFFSETS = {
    (1.8, 32.0): "degrees Celsius became Fahrenheit",
    (1 / 1.8, -32 / 1.8): "degrees Fahrenheit became Celsius",
    (1.0, 273.15): "degrees Celsius became Kelvin",
    (1.0, -273.15): "Kelvin became degrees Celsius",
}
_ENOUGH = 20
_WIDEST = 0.2


@dataclass(frozen=True)
class UnitChange:
    """`share` of the values is `factor` times what it was."""

    factor: float
    share: float
    text: str


def unit_change(before: Point, after: Point) -> UnitChange | None:
    """The unit that explains the change from `before` to `after`, if a known one does."""
    return _affine(before, after) or _factor(before, after)


def _factor(before: Point, after: Point) -> UnitChange | None:
    was, now = before.traits, after.traits
    if min(was.nonzero, now.nonzero) < _ENOUGH:
        return None
    mean = (was.log_mean or 0.0, now.log_mean or 0.0)
    spread = (was.log_spread or 0.0, now.log_spread or 0.0)
    moved = mean[1] - mean[0]
    error = max(spread) * math.sqrt(1 / was.nonzero + 1 / now.nonzero)
    if abs(moved) < max(0.2, 5 * error):
        return None
    allowed = min(_WIDEST, max(0.03, 4 * error))
    if abs(spread[1] - spread[0]) <= 0.05 + 0.1 * spread[0]:
        return _known(moved, 1.0, allowed)
    grown = spread[1] ** 2 - spread[0] ** 2
    if grown <= 0:
        return None
    whole = moved + grown / moved
    share = moved / whole
    return _known(whole, share, 2 * allowed) if 0.02 < share < 0.98 else None


def _known(logarithm: float, share: float, allowed: float) -> UnitChange | None:
    apart = {scale: abs(abs(logarithm) - math.log(scale)) for scale in _SCALES}
    # 1,000 and 1,024 lie close together: without a clear winner the power of ten is likelier.
    scale = min(apart, key=lambda s: apart[s] - (allowed / 2 if s in _TENS else 0))
    if apart[scale] > allowed:
        return None
    how = "multiplied" if logarithm > 0 else "divided"
    what = "values" if share == 1.0 else f"about {share:.0%} of values, mixed with others,"
    factor = scale if logarithm > 0 else 1 / scale
    return UnitChange(factor, share, f"{what} {how} by {_SCALES[scale]}: another unit")


def _affine(before: Point, after: Point) -> UnitChange | None:
    """Factor and offset together, from mean and standard deviation."""
    was, now = before.moments, after.moments
    if min(was.n, now.n) < 100 or not was.variance or not now.variance:
        return None
    ratio = math.sqrt(now.variance / was.variance)
    error = math.sqrt(was.variance / was.n + now.variance / now.n)
    for (factor, offset), text in _OFFSETS.items():
        expected = factor * was.mean + offset
        moved = abs(expected - was.mean)
        near = abs(now.mean - expected) <= max(4 * error, 0.1 * moved)
        if abs(ratio / factor - 1) <= 0.1 and near and moved > 8 * error:
            return UnitChange(factor, 1.0, text)
    return None
