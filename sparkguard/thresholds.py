"""Comparison of a measured number with the limit that a rule sets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

Number = int | float | Decimal | Fraction


class Operator(StrEnum):
    """ODCS's operators; both ends of a `between` lie outside it."""

    BE = "mustBe"
    NOT_BE = "mustNotBe"
    GREATER = "mustBeGreaterThan"
    AT_LEAST = "mustBeGreaterOrEqualTo"
    LESS = "mustBeLessThan"
    AT_MOST = "mustBeLessOrEqualTo"
    BETWEEN = "mustBeBetween"
    NOT_BETWEEN = "mustNotBeBetween"


_WORDS = {
    Operator.BE: "exactly {}",
    Operator.NOT_BE: "anything but {}",
    Operator.GREATER: "more than {}",
    Operator.AT_LEAST: "at least {}",
    Operator.LESS: "less than {}",
    Operator.AT_MOST: "at most {}",
    Operator.BETWEEN: "more than {} and less than {}",
    Operator.NOT_BETWEEN: "at most {} or at least {}",
}


@dataclass(frozen=True)
class Threshold:
    """`operator` with one limit, or two for a `between`; `unit` is rows or percent.

    Limits compare as the decimal numbers that were written: 0.3 means three tenths.
    Raises ValueError for a limit that no number can be compared with.
    """

    operator: Operator
    limits: tuple[int | float | Decimal, ...]
    unit: str = "rows"

    def __post_init__(self) -> None:
        wanted = 2 if self.operator in (Operator.BETWEEN, Operator.NOT_BETWEEN) else 1
        if len(self.limits) != wanted:
            raise ValueError(f"{self.operator} takes {wanted} numbers, found {len(self.limits)}")
        for limit in self.limits:
            if isinstance(limit, bool) or not isinstance(limit, (int, float, Decimal)):
                raise ValueError(f"{self.operator} takes a number, found {_found(limit)}")
            if not math.isfinite(limit):
                raise ValueError(f"{self.operator} takes a finite number, found {limit}")
        if wanted == 2 and exact(self.limits[0]) >= exact(self.limits[1]):
            raise ValueError(f"{self.operator}: the first number must be below the second")
        if self.unit not in ("rows", "percent"):
            raise ValueError(f"unit is rows or percent, found {self.unit!r}")

    def holds(self, value: Number) -> bool:
        """Whether a measured value obeys the rule; NaN obeys none."""
        if isinstance(value, float) and not math.isfinite(value):
            return not math.isnan(value) and self._compare(value, *map(float, self.limits))
        return self._compare(exact(value), *map(exact, self.limits))

    @property
    def forbids_any(self) -> bool:
        return self.operator in (Operator.BE, Operator.AT_MOST) and self.limits == (0,)

    def missed(self, value: Number) -> str:
        """The end of a sentence on a value that breaks the rule: what was expected instead."""
        between = self.operator in (Operator.BETWEEN, Operator.NOT_BETWEEN)
        at_end = between and math.isfinite(value) and exact(value) in map(exact, self.limits)
        note = f" (the value equals an end, which {self.operator} excludes from the range)"
        return f"; expected {self}{note if at_end else ''}"

    def _compare(self, value: Any, first: Any, second: Any = None) -> bool:
        match self.operator:
            case Operator.BE:
                return bool(value == first)
            case Operator.NOT_BE:
                return bool(value != first)
            case Operator.GREATER:
                return bool(value > first)
            case Operator.AT_LEAST:
                return bool(value >= first)
            case Operator.LESS:
                return bool(value < first)
            case Operator.AT_MOST:
                return bool(value <= first)
            case Operator.BETWEEN:
                return bool(first < value < second)
        return bool(value <= first or value >= second)

    @property
    def words(self) -> str:
        """The rule without its unit: `at least 3`."""
        return _WORDS[self.operator].format(*(f"{limit:,}" for limit in self.limits))

    def __str__(self) -> str:
        unit = "%" if self.unit == "percent" else "row" if self.limits == (1,) else self.unit
        return f"{self.words} {unit}"


def zero_rows() -> Threshold:
    return Threshold(Operator.BE, (0,))


def percent(part: int, whole: int) -> Fraction:
    """`part` of `whole` in percent, exactly. Raises ZeroDivisionError when `whole` is 0."""
    return Fraction(100 * part, whole)


def exact(number: Number) -> Fraction:
    """The number as written: a float counts as its shortest decimal text."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def _found(value: object) -> str:
    return f"text {value[:60]!r}" if isinstance(value, str) else str(value)
