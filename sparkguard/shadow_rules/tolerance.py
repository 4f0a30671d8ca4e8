"""How far two values of a column may lie apart, and what the sum of small differences may be."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sparkguard import sql
from sparkguard.datatypes import Array, Atomic, DataType, is_float, is_temporal
from sparkguard.sql import Sql
from sparkguard.sql.limits import micros

BIAS = 6.0
FEWEST_FOR_BIAS = 30
"""Below this many differences a one-sided run of them is not yet evidence."""


@dataclass(frozen=True)
class Tolerance:
    """What is allowed in one column; nothing by default.

    Floats a and b agree when |a-b| <= max(abs, rel * max(|a|, |b|)), or when they lie within
    `ulp` units in the last place of the larger; dates and timestamps within `seconds`.
    `unordered` compares arrays as multisets. `ignored` leaves the column out and says why.

    Differences within the tolerance have a budget: `share` of the matched rows, and `total`, the
    largest sum of |a-b|. `bias` is how many standard errors the mean signed difference may lie
    from zero, None to switch the test off.
    """

    abs: float = 0.0
    rel: float = 0.0
    ulp: int = 0
    seconds: float = 0.0
    unordered: bool = False
    ignored: str = ""
    share: float = 1.0
    total: float | None = None
    bias: float | None = BIAS

    def __post_init__(self) -> None:
        for option in ("abs", "rel", "ulp", "seconds", "share", "total", "bias"):
            number = getattr(self, option)
            if number is not None and not (number >= 0 and math.isfinite(number)):
                raise ValueError(f"{option} is a number from 0 up, found {number}")
        if self.share > 1:
            raise ValueError(f"share is 0 to 1, found {self.share}")
        if self.rel >= 1:
            raise ValueError(f"rel is below 1, since a factor of 1 passes everything: {self.rel}")
        if self.ignored and (self.is_numeric or self.seconds or self.unordered):
            raise ValueError("an ignored column takes no tolerance")

    @property
    def is_numeric(self) -> bool:
        return bool(self.abs or self.rel or self.ulp)

    @property
    def is_tolerant(self) -> bool:
        """True when unequal values may pass, so that hashes can't decide the column."""
        return self.is_numeric or bool(self.seconds)

    def misfit(self, type_: DataType) -> str:
        """Why the column's type does not take this tolerance; empty when it does."""
        if self.is_numeric and not is_float(type_):
            return f"abs, rel and ulp are for float and double, the column is {type_}"
        if self.seconds and not is_temporal(type_):
            return f"seconds is for dates and timestamps, the column is {type_}"
        if self.unordered and not isinstance(type_, Array):
            return f"unordered is for arrays, the column is {type_}"
        return ""

    def __str__(self) -> str:
        parts = [
            f"{option} {getattr(self, option):g}"
            for option in ("abs", "rel", "ulp", "seconds")
            if getattr(self, option)
        ]
        parts += ["in any order"] if self.unordered else []
        return f"ignored: {self.ignored}" if self.ignored else ", ".join(parts) or "exact"


def agrees(a: Sql, b: Sql, type_: DataType, tolerance: Tolerance) -> Sql:
    """True when two present, unequal values agree within the tolerance; never NULL."""
    ways = []
    if tolerance.seconds:
        between = sql.template("abs({} - {})", micros(a, type_), micros(b, type_))
        ways.append(sql.template("{} <= {}", between, sql.literal(round(tolerance.seconds * 1e6))))
    if tolerance.is_numeric:
        x, y = (sql.template("CAST({} AS DOUBLE)", value) for value in (a, b))
        apart = sql.template("abs({} - {})", x, y)
        larger = sql.template("greatest(abs({}), abs({}))", x, y)
        finite = sql.template("{} < {}", larger, sql.literal(math.inf))
        limits = [sql.literal(float(tolerance.abs))]
        if tolerance.rel:
            limits.append(sql.template("{} * {}", sql.literal(tolerance.rel), larger))
        if tolerance.ulp:
            limits.append(
                sql.template("{} * {}", sql.literal(float(tolerance.ulp)), _ulp(larger, type_))
            )
        limit = limits[0] if len(limits) == 1 else sql.call("greatest", *limits)
        ways.append(sql.template("({} AND {} <= {})", finite, apart, limit))
    return sql.is_true(sql.any_of(ways))


def signed_difference(a: Sql, b: Sql, type_: DataType) -> Sql:
    """b - a as a finite double, in seconds for times; NULL where there is none."""
    if is_temporal(type_):
        return sql.template("({} - {}) / 1e6D", micros(b, type_), micros(a, type_))
    x, y = (sql.template("CAST({} AS DOUBLE)", value) for value in (a, b))
    apart = sql.template("({} - {})", y, x)
    return sql.template("if(abs({0}) < {1}, {0}, NULL)", apart, sql.literal(math.inf))


def standard_errors(count: int, total: float, squares: float) -> float:
    """How many standard errors the mean of `count` differences lies from zero.

    From their sum and sum of squares: mean / sqrt(variance / count), with the unbiased variance.
    Infinite when all differences are the same and not zero; 0 for fewer than two.
    """
    if count < 2:
        return 0.0
    variance = (squares - total * total / count) / (count - 1)
    if variance <= 1e-12 * squares / count:
        return math.inf if total else 0.0
    return abs(total / count) / math.sqrt(variance / count)


def is_biased(count: int, total: float, squares: float, limit: float | None) -> bool:
    """True when differences lean to one side by more than `limit` standard errors."""
    if limit is None or count < FEWEST_FOR_BIAS:
        return False
    return standard_errors(count, total, squares) > limit


def _ulp(magnitude: Sql, type_: DataType) -> Sql:
    """The distance from `magnitude` to the next larger float of the column's own type."""
    single = type_ == Atomic("float")
    lowest, digits = (-126, 23) if single else (-1022, 52)
    # The floor of an infinite logarithm is the greatest long, to which nothing can be added.
    finite = sql.template("nullif({}, {})", magnitude, sql.literal(math.inf))
    guess = sql.template("floor(log2({}))", finite)
    # log2 rounds: near a power of two the exponent may come out one too large or too small.
    exponent = sql.template(
        "({0} + CASE WHEN pow(2D, {0}) > {1} THEN -1 WHEN pow(2D, {0} + 1) <= {1} THEN 1 "
        "ELSE 0 END)",
        guess,
        magnitude,
    )
    return sql.template(
        "pow(2D, greatest(coalesce({}, {}), {}) - {})",
        exponent,
        sql.literal(lowest),
        sql.literal(lowest),
        sql.literal(digits),
    )
