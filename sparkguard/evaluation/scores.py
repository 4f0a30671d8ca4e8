"""Scores counted in bins of their logit: integers, so that states add, subtract and repeat.

A bin is 40 / 2,048 of a logit wide, between -20 and 20; scores beyond fall into the outermost.
Exactly 0 and exactly 1 have bins of their own, in which all scores are equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkguard import sql
from sparkguard.relations.truth_sums import Step
from sparkguard.sql import Sql

Floats = NDArray[np.float64]
BINS = 2_048
WIDEST = 20.0
ZERO, ONE = -1, BINS
INVALID = -9
"""The bin of what is no probability: NULL, NaN, or outside 0 to 1."""

UNIT = 1_000_000_000
"""Sums of scores, losses and squared errors count billionths."""

SQUARES_UNIT = 1_000_000
"""Sums of squared losses count millionths: a loss of 36 is the greatest there is."""

SMALLEST = 2.220446049250313e-16
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken."""


def bin_of(score: float | None) -> int:
    """The bin of a score, as `bin_sql` computes it."""
    if score is None or not 0 <= score <= 1:
        return INVALID
    if score in (0.0, 1.0):
        return ZERO if score == 0 else ONE
    place = math.floor((math.log(score / (1 - score)) + WIDEST) * (BINS / (2 * WIDEST)))
    return min(max(place, 0), BINS - 1)


def bin_sql(score: Sql) -> Sql:
    """The bin of a double, never NULL."""
    return sql.template(
        f"CASE WHEN {{0}} IS NULL OR isnan({{0}}) OR {{0}} < 0 OR {{0}} > 1 THEN {INVALID}"
        f" WHEN {{0}} = 0 THEN {ZERO} WHEN {{0}} = 1 THEN {ONE}"
        " ELSE CAST(greatest(0, least({1}, floor((ln({0} / (1 - {0})) + {2}) * {3}))) AS INT) END",
        score,
        sql.literal(BINS - 1),
        sql.literal(WIDEST),
        sql.literal(BINS / (2 * WIDEST)),
    )


def step_sql(score: Sql, thresholds: Sequence[float]) -> Sql:
    """How many of the thresholds the score reaches."""
    if not thresholds:
        return sql.literal(0)
    highest_first = reversed(list(enumerate(sorted(thresholds), start=1)))
    cases = [
        sql.template(f"WHEN {{}} >= {{}} THEN {n}", score, sql.literal(float(t)))
        for n, t in highest_first
    ]
    return sql.template("CASE {} ELSE 0 END", sql.joined(" ", cases))


POSITIVE, BIN, LOSS, ERROR = (f"__sparkguard_{x}" for x in ("positive", "bin", "loss", "error"))
"""Whether the label is positive, NULL without one; the bin; loss and error of what is summed."""

SUMS = ("negatives", "positives", "scores", "losses", "losses2", "squares", "squares2")


def steps_sql(score: Sql, positive: Sql) -> tuple[Step, ...]:
    """`POSITIVE` and `BIN`, then `LOSS` and `ERROR`; `positive` is NULL without a label."""
    counts = f"{POSITIVE} IS NOT NULL AND {BIN} <> {INVALID}"
    kept = sql.template("greatest({0}, least(1 - {0}, {1}))", sql.literal(SMALLEST), score)
    loss = f"CASE WHEN {counts} THEN -ln(CASE WHEN {POSITIVE} THEN {{0}} ELSE 1 - {{0}} END) END"
    error = f"CASE WHEN {counts} THEN {{}} - CASE WHEN {POSITIVE} THEN 1D ELSE 0D END END"
    return (
        ((POSITIVE, positive), (BIN, bin_sql(score))),
        ((LOSS, sql.template(loss, kept)), (ERROR, sql.template(error, score))),
    )


def sums_sql(score: Sql) -> tuple[Sql, ...]:
    """What each row adds to the sums, in the order of `SUMS`, by the values of `steps_sql`.

    Whole numbers of `UNIT`, of `SQUARES_UNIT` for the squared losses.
    """
    positive, loss, error = map(sql.name, (POSITIVE, LOSS, ERROR))
    scaled = (
        (sql.template("CASE WHEN {} IS NOT NULL THEN {} END", error, score), UNIT),
        (loss, UNIT),
        (sql.template("pow({}, 2)", loss), SQUARES_UNIT),
        (sql.template("({0} * {0})", error), UNIT),
        (sql.template("({0} * {0} * {0} * {0})", error), UNIT),
    )
    return (
        sql.template("CAST(coalesce(NOT {}, false) AS BIGINT)", positive),
        sql.template("CAST(coalesce({}, false) AS BIGINT)", positive),
        *(whole_sql(term, unit) for term, unit in scaled),
    )


def whole_sql(value: Sql, unit: int) -> Sql:
    """A double as a whole number of so many to one; 0 for NULL."""
    return sql.template(
        "coalesce(CAST(rint({} * {}) AS BIGINT), 0L)", value, sql.literal(float(unit))
    )


def cell_of(score: float | None, positive: bool | None) -> tuple[int, ...]:
    """What one prediction adds to the sums, as `sums_sql` computes it."""
    if positive is None:
        return (0,) * len(SUMS)
    counts = (int(not positive), int(positive))
    if bin_of(score) == INVALID or score is None:
        return (*counts, 0, 0, 0, 0, 0)
    kept = min(max(score, SMALLEST), 1 - SMALLEST)
    loss, error = -math.log(kept if positive else 1 - kept), score - positive
    scaled = (score * UNIT, loss * UNIT, loss**2 * SQUARES_UNIT, error**2 * UNIT, error**4 * UNIT)
    return (*counts, *map(round, scaled))


@dataclass(frozen=True)
class Scores:
    """The labelled scores of one group by ascending bin.

    `step` says how many of the declared thresholds the scores of a bin reach; a threshold inside
    a bin splits it. Sums are whole numbers of `UNIT` or `SQUARES_UNIT`.
    """

    bins: NDArray[np.int64]
    step: NDArray[np.int64]
    negatives: Floats
    positives: Floats
    scores: Floats
    losses: int = 0
    losses2: int = 0
    squares: int = 0
    squares2: int = 0

    @classmethod
    def of(cls, cells: Mapping[tuple[int, int], Sequence[int]]) -> Scores:
        """From sums in the order of `SUMS` by (bin, step); cells without a label are left out."""
        kept = sorted(k for k, sums in cells.items() if k[0] >= ZERO and sums[0] + sums[1])
        rows = [cells[key] for key in kept]
        column = np.array([row[:3] for row in rows], dtype=np.float64).reshape(-1, 3)
        return cls(
            np.array([key[0] for key in kept], dtype=np.int64),
            np.array([key[1] for key in kept], dtype=np.int64),
            column[:, 0],
            column[:, 1],
            column[:, 2],
            *(sum(row[i] for row in rows) for i in range(3, len(SUMS))),
        )

    @classmethod
    def from_rows(
        cls, rows: Iterable[tuple[float, bool]], thresholds: Sequence[float] = ()
    ) -> Scores:
        """From (score, label) pairs, in plain Python."""
        cells: dict[tuple[int, int], Any] = {}
        for score, positive in rows:
            key = (bin_of(score), sum(score >= t for t in thresholds))
            before = cells.get(key, (0,) * len(SUMS))
            cells[key] = tuple(a + b for a, b in zip(before, cell_of(score, positive), strict=True))
        return cls.of(cells)

    @property
    def tied(self) -> NDArray[np.bool_]:
        """The bins in which all scores are known to be equal."""
        return np.isin(self.bins, (ZERO, ONE))

    @property
    def n(self) -> int:
        return int(self.negatives.sum() + self.positives.sum())
