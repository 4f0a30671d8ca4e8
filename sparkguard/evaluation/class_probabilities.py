"""Losses of the probabilities that a model gives each class."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from sparkguard import sql
from sparkguard.evaluation.metric import Metric, mean
from sparkguard.evaluation.scores import SMALLEST, SQUARES_UNIT, UNIT
from sparkguard.sql import Sql

NAMES = ("log_loss", "brier")


def terms(probabilities: Mapping[str, float], truth: str) -> tuple[int, int, int, int]:
    """What one prediction adds, as `sums_sql` computes it: loss, its square, squared distance,
    its square. The squared distance is summed over classes, so it lies between 0 and 2."""
    given = probabilities.get(truth, 0.0)
    loss = -math.log(min(max(given, SMALLEST), 1 - SMALLEST))
    distance = sum(p * p for p in probabilities.values()) - 2 * given + 1
    return (
        *(round(loss * UNIT), round(loss * loss * SQUARES_UNIT)),
        *(round(distance * UNIT), round(distance * distance * UNIT)),
    )


def sums_sql(probabilities: Sql, truth: Sql) -> tuple[Sql, ...]:
    """`probabilities` is a map from class to double; NULL without a label."""
    given = sql.template("coalesce({}[{}], 0D)", probabilities, truth)
    low, high = sql.literal(SMALLEST), sql.literal(1 - SMALLEST)
    loss = sql.template("-ln(greatest({}, least({}, {})))", low, high, given)
    squares = sql.template(
        "aggregate(array_sort(map_values({})), 0D, (s, p) -> s + p * p)", probabilities
    )
    distance = sql.template("({} - 2 * {} + 1)", squares, given)
    scaled = (
        (loss, UNIT), (sql.template("pow({}, 2)", loss), SQUARES_UNIT),
        (distance, UNIT), (sql.template("pow({}, 2)", distance), UNIT),
    )  # fmt: skip
    return tuple(
        sql.template(
            "CASE WHEN {0} IS NOT NULL THEN CAST(round({1} * {2}) AS BIGINT) ELSE 0L END",
            *(truth, term, sql.literal(float(unit))),
        )
        for term, unit in scaled
    )


def metrics(sums: Sequence[int], n: int) -> Iterator[Metric]:
    """From the sums of `terms` over `n` labelled predictions."""
    loss, loss2, distance, distance2 = sums
    yield mean("log_loss", loss / UNIT, loss2 / SQUARES_UNIT, n)
    yield mean("brier", distance / UNIT, distance2 / UNIT, n)
