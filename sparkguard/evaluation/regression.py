"""Metrics of predicted numbers, from exact sums of their errors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from sparkguard import sql
from sparkguard.evaluation.metric import Metric, around, mean, undefined
from sparkguard.relations.truth_sums import Step
from sparkguard.sql import Sql

SHARE_UNIT = 1_000_000_000
"""Sums of |e / y| count billionths."""

EPSILON = 2.220446049250313e-16
MOST_ROWS = 10**10


@dataclass(frozen=True)
class Errors:
    """Sums over labelled predictions, e = truth - prediction, in whole quanta.

    `zero` are rows whose truth is 0 and `absolute_zero` their Σ|e|; `shares` is Σ|e / y| of the
    others.
    """

    n: int = 0
    error: int = 0
    absolute: int = 0
    squares: int = 0
    fourth: int = 0
    truth: int = 0
    truth2: int = 0
    absolute_truth: int = 0
    shares: int = 0
    shares2: int = 0
    zero: int = 0
    absolute_zero: int = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]], quantum: float) -> Errors:
        """From (truth, prediction) pairs, in plain Python."""
        total = [0] * len(fields(cls))
        for y, predicted in pairs:
            row = _row(y, predicted, quantum)
            total = [a + b for a, b in zip(total, row, strict=True)]
        return cls(*total)


def _row(y: float, predicted: float, quantum: float) -> tuple[int, ...]:
    e, t = round(y / quantum) - round(predicted / quantum), round(y / quantum)
    share = round(abs(e / t) * SHARE_UNIT) if t else 0
    zero = int(t == 0)
    return (
        *(1, e, abs(e), e * e, e**4, t, t * t, abs(t)),
        *(share, share * share // SHARE_UNIT, zero, abs(e) * zero),
    )


def refuse_overflow(largest: float, quantum: float) -> None:
    """Raises ValueError when the sums of 10^10 rows might not fit 38 digits."""
    if not 0 < quantum < math.inf or not 0 < largest < math.inf:
        raise ValueError("quantum and largest are positive and finite")
    if 2 * (largest / quantum) > (1e38 / MOST_ROWS) ** 0.25:
        raise ValueError(
            f"numbers up to {largest:g} in steps of {quantum:g} overflow the sums of squares; "
            "take a larger quantum or a smaller largest"
        )


FITS = "__sparkguard_fits"
"""Whether a prediction, and its label if there is one, can be summed; never NULL."""

_TRUTH, _ERROR, _SQUARE, _SHARE = (
    f"__sparkguard_{x}" for x in ("truth_quanta", "error", "square", "share")
)


def steps_sql(predicted: Sql, truth: Sql, quantum: float, largest: float) -> tuple[Step, ...]:
    """`FITS`, then what `sums_sql` adds up: NULL without both sides, or beyond `largest`."""
    step, unit = sql.literal(quantum), sql.literal(float(SHARE_UNIT))
    fits = sql.template(
        "coalesce(({1} IS NULL OR abs({1}) <= {2}) AND abs({0}) <= {2}, false)",
        *(predicted, truth, sql.literal(largest)),
    )
    whole = sql.template(
        f"CASE WHEN {FITS} THEN CAST(rint({{}} / {{}}) AS DECIMAL(19, 0)) END", truth, step
    )
    error = sql.template(f"{_TRUTH} - CAST(rint({{}} / {{}}) AS DECIMAL(19, 0))", predicted, step)
    square = sql.template(f"CAST({_ERROR} * {_ERROR} AS DECIMAL(38, 0))")
    # A ratio is below 1e7 (`refuse_overflow`), so its billionths squared are exact in 34 digits.
    share = sql.template(
        f"CASE WHEN {_TRUTH} = 0 THEN 0 ELSE CAST(rint(abs(CAST({_ERROR} AS DOUBLE)"
        f" / CAST({_TRUTH} AS DOUBLE)) * {{}}) AS DECIMAL(17, 0)) END",
        unit,
    )
    return (
        ((FITS, fits),),
        ((_TRUTH, whole),),
        ((_ERROR, error),),
        ((_SQUARE, square), (_SHARE, share)),
    )


def sums_sql() -> tuple[Sql, ...]:
    """What each row adds to `Errors`, as decimals without fraction; 0 where a side is NULL."""
    zero = f"CAST({_TRUTH} = 0 AS DECIMAL(1, 0))"
    share2 = f"floor(CAST({_SHARE} * 0.000000001BD AS DECIMAL(17, 9)) * {_SHARE})"
    terms = (
        *(f"CAST({_ERROR} IS NOT NULL AS INT)", _ERROR, f"abs({_ERROR})", _SQUARE),
        f"{_SQUARE} * {_SQUARE}",
        *(_TRUTH, f"{_TRUTH} * {_TRUTH}", f"abs({_TRUTH})"),
        *(_SHARE, share2, zero, f"{zero} * abs({_ERROR})"),
    )
    return tuple(sql.template(f"coalesce(CAST({term} AS DECIMAL(38, 0)), 0)") for term in terms)


def covered_sql(truth: Sql, lower: Sql, upper: Sql) -> Sql:
    """1 where the truth lies in the interval, ends included; NaN and NULL cover nothing."""
    inside = sql.template("{0} >= {1} AND {0} <= {2} AND NOT isnan({2})", truth, lower, upper)
    return sql.template("CAST({} AS INT)", sql.is_true(inside))


def metrics(of: Errors, quantum: float, levels: Sequence[float] = ()) -> Iterator[Metric]:
    """MAE, RMSE, bias, WAPE, MAPE and the pinball loss of each level of `levels`."""
    n, q = of.n, quantum
    names = ("mae", "rmse", "bias", "wape", "mape", *(pinball_name(level) for level in levels))
    if not n:
        yield from (undefined(name, "no labelled prediction") for name in names)
        return
    yield mean("mae", of.absolute * q, of.squares * q * q, n)
    mse = mean("mse", of.squares * q * q, of.fourth * q**4, n)
    root = math.sqrt(mse.value or 0.0)
    if mse.error is None:
        yield Metric("rmse", root, reason=mse.reason)
    else:
        yield around("rmse", root, mse.error / (2 * root) if root else 0.0)
    yield mean("bias", -of.error * q, of.squares * q * q, n)
    yield wape(of)
    yield mape(of, quantum)
    over, under = (of.absolute - of.error) / 2, (of.absolute + of.error) / 2
    for level in levels:
        yield Metric(pinball_name(level), (level * under + (1 - level) * over) * q / n)


def pinball_name(level: float) -> str:
    return f"pinball_{level:g}"


def wape(of: Errors) -> Metric:
    """Σ|e| / Σ|y|; the error is that of a ratio of means with |y| taken as fixed."""
    if not of.absolute_truth:
        return undefined("wape", "every truth is 0")
    value = of.absolute / of.absolute_truth
    size = mean("mae", of.absolute, of.squares, of.n)
    if size.error is None:
        return Metric("wape", value, reason=size.reason)
    return around("wape", value, size.error / (of.absolute_truth / of.n))


def mape(of: Errors, quantum: float) -> Metric:
    """Mean of |e| / |y| over the rows whose truth is not 0.

    Its parts are how many are 0, and the mean over all rows that puts the machine epsilon in the
    place of 0: the number that scikit-learn prints.
    """
    rows = of.n - of.zero
    if not rows:
        return undefined("mape", "every truth is 0")
    found = mean("mape", of.shares / SHARE_UNIT, of.shares2 / SHARE_UNIT, rows)
    every = (of.shares / SHARE_UNIT + of.absolute_zero * quantum / EPSILON) / of.n
    parts = (("rows whose truth is 0", float(of.zero)), ("with 0 as machine epsilon", every))
    return replace(found, parts=parts)
