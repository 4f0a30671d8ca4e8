"""Signs of silent drift between what a column was and what it is in one later partition."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sparkguard.measures.families import Family
from sparkguard.silent_drift.points import Point, Reference, new_values
from sparkguard.silent_drift.units import unit_change

_ENOUGH = 20
_CODES = 300


@dataclass(frozen=True)
class Sign:
    """One thing that differs, in words and numbers."""

    kind: str
    text: str
    numbers: tuple[tuple[str, float], ...] = ()


Detector = Callable[[Reference, Point, Family], Iterator[Sign]]


def signs(before: Reference, after: Point, family: Family) -> tuple[Sign, ...]:
    """Everything that differs; of a column without a single value only that."""
    if before.point.traits.rows and after.traits.rows:
        found = [sign for detector in _DETECTORS for sign in detector(before, after, family)]
        return tuple(found)
    return ()


def _nulls(before: Reference, after: Point, family: Family) -> Iterator[Sign]:
    was, now = before.point.traits, after.traits
    if not was.values:
        return
    shares = (was.null / was.rows, now.null / now.rows)
    numbers = (("null share before", shares[0]), ("null share since", shares[1]))
    if not now.values:
        if was.values / was.rows * now.rows >= 5:
            yield Sign("went_null", "always NULL", numbers)
    elif not was.null:
        if shares[1] * was.rows >= 10:
            yield Sign("nulls_appeared", f"NULL in {shares[1]:.2%} of rows, never before", numbers)
    else:
        pooled = (was.null + now.null) / (was.rows + now.rows)
        error = math.sqrt(pooled * (1 - pooled) * (1 / was.rows + 1 / now.rows))
        if shares[1] - shares[0] > max(0.1, 2 * shares[0], 5 * error):
            text = f"NULL in {shares[1]:.1%} of rows, before in {shares[0]:.1%}"
            yield Sign("null_share", text, numbers)


def _constant(before: Reference, after: Point, family: Family) -> Iterator[Sign]:
    if after.traits.values < _ENOUGH:
        return
    if _is_constant(after, family) and not _is_constant(before.point, family):
        yield Sign("constant", "one single value", (("values", float(after.traits.values)),))


def _is_constant(point: Point, family: Family) -> bool:
    if family.is_number or family.is_time:
        traits = point.traits
        return traits.low is not None and traits.low == traits.high
    return len(point.bits.exact.positions) == 1


def _set_growth(before: Reference, after: Point, family: Family) -> Iterator[Sign]:
    known = before.point.bits
    if family.is_time or family is Family.FLOAT or not before.settled or known.exact.many:
        return
    if not known.exact.positions or len(known.exact.positions) > _CODES:
        return
    if before.point.traits.values < _ENOUGH * len(known.exact.positions):
        return
    count = new_values(before.point, after)
    if not count:
        return
    numbers = (("new values", float(count)), ("known values", float(len(known.exact.positions))))
    folded = after.bits.folded
    variants = not folded.many and folded.positions <= known.folded.positions
    several = "many values" if after.bits.exact.many else f"{count} values"
    what = "1 value" if several == "1 values" else several
    if family is Family.STRING and variants:
        yield Sign("variants", f"{what} known in another case or without blanks", numbers)
    else:
        yield Sign("set_growth", f"{what} that never occurred", numbers)


def _notation(before: Reference, after: Point, family: Family) -> Iterator[Sign]:
    was, now = before.point.traits, after.traits
    if family is not Family.STRING or min(was.values, now.values) < _ENOUGH:
        return
    numeric = (was.numeric / was.values, now.numeric / now.values)
    zeros = (was.zeros / was.values, now.zeros / now.values)
    padded = (was.padded / was.values, now.padded / now.values)
    numbers = (("numeric share before", numeric[0]), ("numeric share since", numeric[1]))
    if numeric[1] - numeric[0] > 0.5:
        yield Sign("became_numbers", "numbers written as text", numbers)
    elif numeric[0] - numeric[1] > 0.5:
        yield Sign("no_numbers", "no longer numbers written as text", numbers)
    leading = (("leading zeros before", zeros[0]), ("leading zeros since", zeros[1]))
    if zeros[0] * now.values >= _ENOUGH and not now.zeros:
        yield Sign("zeros_lost", "leading zeros are gone, as when '007' arrives as 7", leading)
    elif zeros[1] * was.values >= _ENOUGH and not was.zeros:
        yield Sign("zeros_added", "leading zeros appeared", leading)
    if padded[1] * was.values >= _ENOUGH and not was.padded:
        share = (("padded share since", padded[1]),)
        yield Sign("padded", "blanks around values", share)


def _numbers(before: Reference, after: Point, family: Family) -> Iterator[Sign]:
    was, now = before.point.traits, after.traits
    if not family.is_number or min(was.finite, now.finite) < _ENOUGH:
        return
    if not was.fractions and now.fractions and was.finite >= 100:
        share = now.fractions / now.finite
        part = (("share with fractions", share),)
        yield Sign("fractions", "fractions in a column of whole numbers", part)
    if family is Family.INTEGER and (width := _outgrown(was.high, was.low, now.high, now.low)):
        bits = (("bits before", float(width)),)
        yield Sign("wider_range", f"values beyond {width} bits, which held all before", bits)
    if sign := _sign_flip(before.point, after):
        yield sign
    elif change := unit_change(before.point, after):
        numbers = (("factor", change.factor), ("share of values", change.share))
        yield Sign("unit", change.text, numbers)


def _outgrown(
    high: float | None, low: float | None, new_high: float | None, new_low: float | None
) -> int:
    """The integer width that held all values and no longer does; 0 when there is none."""
    if high is None or low is None or new_high is None or new_low is None:
        return 0
    for width in (16, 32):
        edge = 2.0 ** (width - 1)
        if high < edge and low >= -edge and max(high, -low) >= edge / 2**8:
            return width if new_high >= edge or new_low < -edge else 0
    return 0


def _sign_flip(before: Point, after: Point) -> Sign | None:
    was, now = before.traits, after.traits
    if min(was.nonzero, now.nonzero) < _ENOUGH:
        return None
    shares = (was.negative / was.nonzero, now.negative / now.nonzero)
    mean = (was.log_mean or 0.0, now.log_mean or 0.0)
    error = (was.log_spread or 0.0) * math.sqrt(1 / was.nonzero + 1 / now.nonzero)
    alike = abs(mean[0] - mean[1]) <= max(0.1, 4 * error)
    if alike and abs(shares[0] - shares[1]) > 0.6 and abs(shares[0] + shares[1] - 1) < 0.2:
        numbers = (("negative share before", shares[0]), ("negative share since", shares[1]))
        return Sign("sign", "the sign is turned around", numbers)
    return None


def _zone(before: Reference, after: Point, family: Family) -> Iterator[Sign]:
    was, now = before.point.traits.hours, after.traits.hours
    if not was or not now or min(sum(was), sum(now)) < 100:
        return
    old, new = _shares(was), _shares(now)
    apart = {k: _distance(old, new, k) for k in range(-14, 15)}
    best = min(apart, key=lambda k: (apart[k], abs(k)))
    if best and apart[0] > 0.3 and apart[best] < min(0.25, apart[0] / 3):
        numbers = (("hours", float(best)), ("unexplained", apart[best]), ("without", apart[0]))
        yield Sign("time_zone", f"times of day moved by {best:+d} hours", numbers)


def _shares(hours: tuple[int, ...]) -> list[float]:
    total = sum(hours)
    return [count / total for count in hours]


def _distance(old: list[float], new: list[float], moved: int) -> float:
    """Total variation between the new hours and the old ones moved by whole hours."""
    return sum(abs(new[h] - old[(h - moved) % 24]) for h in range(24)) / 2


_DETECTORS: tuple[Detector, ...] = (
    _nulls,
    _constant,
    _set_growth,
    _notation,
    _numbers,
    _zone,
)
