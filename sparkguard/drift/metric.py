"""Numbers that are followed through the partitions of a table, and the measures they come from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from sparkguard.columns import ColumnPath
from sparkguard.drift.contributions import Contribution, of_ratio, of_sum
from sparkguard.measures.base import Measure
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.distinct import Distinct
from sparkguard.measures.families import Family
from sparkguard.measures.moments import Moments, MomentsState
from sparkguard.measures.quantiles import Quantiles
from sparkguard.measures.rows import Rows, RowsState

Metric = Literal["row_count", "null_share", "mean", "stddev", "median", "distinct"]
UNITS: Mapping[str, str] = {"row_count": "rows", "null_share": "share", "distinct": "values"}
_QUANTA: Mapping[str, float] = {"row_count": 1.0, "distinct": 1.0, "null_share": 0.001}

Name = TypeVar("Name")


def measure_of(metric: Metric, column: ColumnPath | None, family: Family) -> Measure[Any]:
    """What to measure for a metric; `column` may be None for row counts only."""
    if column is None or metric == "row_count":
        return Rows()
    match metric:
        case "null_share":
            return Counts(column, family)
        case "distinct":
            return Distinct(column, family)
        case "median":
            return Quantiles(column, family)
    return Moments(column, family)


def number_of(metric: Metric, state: Any) -> float | None:
    """The metric of a state of `measure_of`; None where there are no values."""
    match state:
        case None:
            return None
        case RowsState():
            return float(state.rows)
        case CountsState():
            return state.null / state.rows if state.rows else None
        case MomentsState() if metric == "mean":
            return state.mean if state.n else None
        case MomentsState():
            return state.variance**0.5 if state.variance is not None else None
    if metric == "median":
        return state.at(0.5)  # type: ignore[no-any-return]
    return float(state.estimate)


def finite(metric: Metric, state: Any) -> float | None:
    """As `number_of`, and None where the sums overflow."""
    number = number_of(metric, state)
    return number if number is not None and math.isfinite(number) else None


def least_deviation(metric: Metric, family: Family, floor: float) -> tuple[float, float]:
    """(share of the median, step in the metric's unit) below which no deviation counts.

    How far a time lies from 1970 says nothing of its spread: the mean and the median of dates
    have a step of one day instead of a share, those of timestamps one of one second.
    """
    if family.is_time and metric in ("mean", "median"):
        return 0.0, 1.0
    return floor, _QUANTA.get(metric, 0.0)


def adds_up(metric: Metric) -> bool:
    """Whether the change of the whole is made of its slices' changes."""
    return metric in ("row_count", "null_share", "mean")


def parts(
    metric: Metric, before: Mapping[Name, Any], after: Mapping[Name, Any]
) -> dict[Name, Contribution]:
    """What each slice brings to the change of a metric that adds up, the greatest first."""
    if metric == "row_count":
        return of_sum(
            {name: state.rows for name, state in before.items()},
            {name: state.rows for name, state in after.items()},
        )
    return of_ratio(_pairs(before), _pairs(after))


def _pairs(states: Mapping[Name, Any]) -> dict[Name, tuple[float, float]]:
    """(sum or NULLs, rows) of each slice."""
    return {
        name: (s.mean * s.n, float(s.n))
        if isinstance(s, MomentsState)
        else (float(s.null), float(s.rows))
        for name, s in states.items()
    }
