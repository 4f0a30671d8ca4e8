"""Models that score the positive one of two classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sparkguard import sql
from sparkguard.evaluation import confusion
from sparkguard.evaluation.auc import auc, plain
from sparkguard.evaluation.average_precision import average_precision
from sparkguard.evaluation.calibration import calibration_error, ratio
from sparkguard.evaluation.jackknife import BUCKETS, COARSE, coarse, standard_error
from sparkguard.evaluation.metric import Metric, wider
from sparkguard.evaluation.probabilities import brier, log_loss
from sparkguard.evaluation.scores import BIN, BINS, INVALID, SUMS, UNIT, Scores, step_sql, steps_sql
from sparkguard.evaluation.scores import sums_sql as score_sums
from sparkguard.evaluation.seen import Seen
from sparkguard.evaluation.tasks.base import SCORE_SQL, TRUTH_SQL, Cells, Task
from sparkguard.relations.truth_sums import Step
from sparkguard.sql import Sql

NO_CLASS = -1
"""The truth of a binary label that is neither the positive nor the negative class."""

UNKNOWN = -8
"""The cell of predictions with such a label."""


@dataclass(frozen=True)
class Binary(Task):
    """Scores that are probabilities of the positive class; truth is 1, 0, or -1 for neither."""

    thresholds: tuple[float, ...] = (0.5,)

    def steps(self) -> tuple[Step, ...]:
        positive = sql.template(f"CASE WHEN {{0}} <> {NO_CLASS} THEN {{0}} = 1 END", TRUTH_SQL)
        return steps_sql(SCORE_SQL, positive)

    def cells(self) -> tuple[Sql, ...]:
        cell = f"CASE WHEN {{}} = {NO_CLASS} THEN {UNKNOWN} ELSE {BIN} END"
        return sql.template(cell, TRUTH_SQL), step_sql(SCORE_SQL, self.thresholds)

    def sums(self) -> tuple[Sql, ...]:
        return score_sums(SCORE_SQL)

    def names(self) -> tuple[str, ...]:
        shared = ("auc", "average_precision", "log_loss", "brier")
        at = [
            f"{name}_{t:g}"
            for t in self.thresholds
            for name in ("precision", "recall", "f1", "accuracy")
        ]
        return (*shared, "calibration_error", "calibration_ratio", *at)

    def scores(self, cells: Cells) -> Scores:
        return Scores.of({(int(k[0] or 0), int(k[1] or 0)): s[1:] for k, s in cells.items()})

    def metrics(self, cells: Cells) -> Iterator[Metric]:
        scores = self.scores(cells)
        for metric in (auc, average_precision, log_loss, brier, calibration_error, ratio):
            yield metric(scores)
        for place, threshold in enumerate(sorted(self.thresholds), start=1):
            counts, suffix = confusion.at_threshold(scores, place), f"_{threshold:g}"
            for share in (
                confusion.precision,
                confusion.recall,
                confusion.f1,
                confusion.accuracy,
            ):
                yield share(counts, suffix)

    def labelled(self, cells: Cells) -> int:
        return sum(s[1] + s[2] for s in cells.values())

    def invalid(self, cells: Cells) -> tuple[int, str]:
        scores, labels = (
            sum(s[0] for k, s in cells.items() if k[0] == cell) for cell in (INVALID, UNKNOWN)
        )
        if labels and not scores:
            return labels, "labels are of neither class"
        return scores + labels, "scores are no probabilities, or their labels of neither class"

    def positive(self) -> Sql:
        return sql.template("CAST(coalesce({} = 1, false) AS BIGINT)", TRUTH_SQL)

    def entity_cell(self) -> Sql:
        return sql.template(
            f"CASE WHEN {{0}} = {INVALID} THEN NULL WHEN {{0}} < 0 THEN 0"
            f" WHEN {{0}} >= {BINS} THEN {COARSE + 1}"
            f" ELSE 1 + CAST(floor({{0}} * {COARSE} / {BINS}) AS INT) END",
            sql.name(BIN),
        )

    def with_entities(self, metric: Metric, seen: Seen) -> Metric:
        places = {"log_loss": 3, "brier": 5}
        if metric.name == "auc":
            totals = np.zeros((BUCKETS, 2, COARSE + 2))
            for bucket, cell, sums in seen.entities():
                totals[bucket, :, cell] += sums[1:3]
            return wider(metric, standard_error(totals, lambda t: plain(t[0], t[1])))
        if metric.name in places:
            sums_of = np.zeros((BUCKETS, 2))
            for bucket, _, sums in seen.entities():
                sums_of[bucket] += (sums[1 + places[metric.name]], sums[1] + sums[2])
            error = standard_error(sums_of, lambda t: float(t[0] / t[1]) if t[1] else np.nan)
            return wider(metric, error / UNIT if error is not None else None)
        return metric


assert SUMS[3] == "losses"
assert SUMS[5] == "squares"
assert coarse(0) == 1
