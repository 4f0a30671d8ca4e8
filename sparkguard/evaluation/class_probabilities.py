"""Losses of the probabilities that a model gives each class."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from sparkguard import sql
from sparkguard.evaluation.auc import auc
from sparkguard.evaluation.metric import Metric, mean, undefined
from sparkguard.evaluation.scores import SMALLEST, SQUARES_UNIT, UNIT, ZERO, Scores, whole_sql
from sparkguard.relations.truth_sums import Step
from sparkguard.sql import Sql

NAMES = ("log_loss", "brier")
NONE = "\ufffdnone"
"""The predicted class of rows whose probabilities are none."""

VALID = "__sparkguard_valid"
"""Whether all probabilities are numbers from 0 to 1; false without any map."""

_LOSS, _DISTANCE = "__sparkguard_class_loss", "__sparkguard_distance"


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


def steps_sql(probabilities: Sql, truth: Sql) -> tuple[Step, ...]:
    """`VALID`, then what `sums_sql` adds up; `probabilities` is a map from class to double."""
    each = "forall(map_values({}), p -> p >= 0 AND p <= 1 AND NOT isnan(p))"
    valid = sql.is_true(sql.template(each, probabilities))
    given = sql.template("coalesce({}[{}], 0D)", probabilities, truth)
    low, high = sql.literal(SMALLEST), sql.literal(1 - SMALLEST)
    loss = sql.template("-ln(greatest({}, least({}, {})))", low, high, given)
    squares = sql.template(
        "aggregate(array_sort(map_values({})), 0D, (s, p) -> s + p * p)", probabilities
    )
    distance = sql.template("({} - 2 * {} + 1)", squares, given)
    counted = f"CASE WHEN {{}} IS NOT NULL AND {VALID} THEN {{}} END"
    return (
        ((VALID, valid),),
        (
            (_LOSS, sql.template(counted, truth, loss)),
            (_DISTANCE, sql.template(counted, truth, distance)),
        ),
    )


def sums_sql() -> tuple[Sql, ...]:
    """What each row adds by the values of `steps_sql`; 0 where they are NULL."""
    loss, distance = sql.name(_LOSS), sql.name(_DISTANCE)
    return (
        whole_sql(loss, UNIT),
        whole_sql(sql.template("pow({}, 2)", loss), SQUARES_UNIT),
        whole_sql(distance, UNIT),
        whole_sql(sql.template("pow({}, 2)", distance), UNIT),
    )


def one_vs_rest(
    classes: Mapping[str, Mapping[int, tuple[int, int]]], truths: Mapping[str, int]
) -> Metric:
    """`auc_ovr`: the mean, over the classes that occur, of the AUC of each against all others.

    `classes` holds (labelled, of this class) by bin of the probability given to the class, of the
    rows that name it; `truths` are the labelled rows of each class. Rows that don't name a class
    give it 0, as in the losses. A class that no label or every label has is no part of the mean.
    The bounds are the means of theirs.
    """
    found = []
    for name in sorted({*classes, *truths}):
        bins = _bins(classes.get(name, {}), sum(truths.values()), truths.get(name, 0))
        cells = {(b, 0): (n - hits, hits, 0, 0, 0, 0, 0) for b, (n, hits) in bins.items()}
        one = auc(Scores.of(cells))
        if one.value is not None:
            found.append((one.value, one.bin_low or 0.0, one.bin_high or 0.0))
    if not found:
        return undefined("auc_ovr", "labels are of one class only")
    value, low, high = (sum(each) / len(found) for each in zip(*found, strict=True))
    return Metric("auc_ovr", value, bin_low=low, bin_high=high)


def _bins(
    named: Mapping[int, tuple[int, int]], labelled: int, of_class: int
) -> Mapping[int, tuple[int, int]]:
    """(labelled, of the class) by bin, those that don't name the class in the bin of 0."""
    n, hits = named.get(ZERO, (0, 0))
    n += labelled - sum(each for each, _ in named.values())
    hits += of_class - sum(each for _, each in named.values())
    return {**named, ZERO: (n, hits)}


def metrics(sums: Sequence[int], n: int) -> Iterator[Metric]:
    """From the sums of `terms` over `n` labelled predictions."""
    loss, loss2, distance, distance2 = sums
    yield mean("log_loss", loss / UNIT, loss2 / SQUARES_UNIT, n)
    yield mean("brier", distance / UNIT, distance2 / UNIT, n)
