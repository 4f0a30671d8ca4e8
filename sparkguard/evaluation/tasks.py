"""What each kind of model counts per prediction, and the metrics that follow from the counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from sparkguard import sql
from sparkguard.evaluation import class_probabilities, confusion, ranking, regression
from sparkguard.evaluation.auc import auc, plain
from sparkguard.evaluation.average_precision import average_precision
from sparkguard.evaluation.calibration import calibration_error, ratio
from sparkguard.evaluation.jackknife import BUCKETS, COARSE, coarse, standard_error
from sparkguard.evaluation.metric import Metric, wider
from sparkguard.evaluation.probabilities import brier, log_loss
from sparkguard.evaluation.scores import BINS, INVALID, SUMS, UNIT, Scores, bin_sql, step_sql
from sparkguard.evaluation.scores import sums_sql as score_sums
from sparkguard.evaluation.seen import Cell, Seen
from sparkguard.relations import ranked
from sparkguard.relations.effective_label import LOWER, PROBABILITIES, SCORE, TRUTH, UPPER
from sparkguard.relations.prediction_with_truth import CLASS
from sparkguard.sql import Sql

_SCORE, _TRUTH = sql.name(SCORE), sql.name(TRUTH)
Cells = Mapping[Cell, tuple[int, ...]]
NO_CLASS = -1
"""The truth of a binary label that is neither the positive nor the negative class."""

UNKNOWN = -8
"""The cell of predictions with such a label."""


class Task(ABC):
    """One kind of model. Cells hold predictions first, then the sums of `sums`."""

    sum_type = "BIGINT"

    @abstractmethod
    def cells(self) -> tuple[Sql, ...]:
        """What counts are kept apart by."""

    @abstractmethod
    def sums(self) -> tuple[Sql, ...]:
        """What each prediction adds, 0 without a label."""

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The metrics there are."""

    @abstractmethod
    def metrics(self, cells: Cells) -> Iterator[Metric]:
        """All of `names`, each with a value or a reason."""

    @abstractmethod
    def labelled(self, cells: Cells) -> int:
        """Predictions with a label."""

    @abstractmethod
    def invalid(self, cells: Cells) -> tuple[int, str]:
        """Predictions or labels that no metric can take, and what they are."""

    def entity_cell(self) -> Sql:
        return sql.literal(None)

    def positive(self) -> Sql:
        """1 where the label is positive, for tasks of which some labels are."""
        return sql.literal(0)

    def class_cell(self) -> Sql | None:
        """What predictions are counted by, class by class, for tasks that give each one a score."""
        return None

    def of_all_rows(self, seen: Seen, version: str | None) -> Iterator[Metric]:
        """Metrics that are told of all rows and of each version alone, and not by slice."""
        return iter(())

    def names_of_all_rows(self) -> tuple[str, ...]:
        return ()

    def with_entities(self, metric: Metric, seen: Seen) -> Metric:
        """The metric over all rows with the interval that repeated entities ask for."""
        return metric

    def predicted(self, cells: Cells) -> int:
        return sum(sums[0] for sums in cells.values())


@dataclass(frozen=True)
class Binary(Task):
    """Scores that are probabilities of the positive class; truth is 1, 0, or -1 for neither."""

    thresholds: tuple[float, ...] = (0.5,)

    def cells(self) -> tuple[Sql, ...]:
        neither = sql.template(f"CASE WHEN {{}} = {NO_CLASS} THEN {UNKNOWN}", _TRUTH)
        return (
            sql.template("{} ELSE {} END", neither, bin_sql(_SCORE)),
            step_sql(_SCORE, self.thresholds),
        )

    def sums(self) -> tuple[Sql, ...]:
        positive = sql.template(f"CASE WHEN {{0}} <> {NO_CLASS} THEN {{0}} = 1 END", _TRUTH)
        return score_sums(_SCORE, positive)

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
                *(confusion.precision, confusion.recall, confusion.f1, confusion.accuracy),
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
        return sql.template("CAST(coalesce({} = 1, false) AS BIGINT)", _TRUTH)

    def entity_cell(self) -> Sql:
        fine = bin_sql(_SCORE)
        return sql.template(
            f"CASE WHEN {{0}} = {INVALID} THEN NULL WHEN {{0}} < 0 THEN 0"
            f" WHEN {{0}} >= {BINS} THEN {COARSE + 1}"
            f" ELSE 1 + CAST(floor({{0}} * {COARSE} / {BINS}) AS INT) END",
            fine,
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


@dataclass(frozen=True)
class Multiclass(Task):
    """A class as predicted, against the class that was true; both as text."""

    classes: tuple[str, ...] = ()
    has_probabilities: bool = False

    def cells(self) -> tuple[Sql, ...]:
        predicted = self._known(_SCORE)
        if self.has_probabilities:
            valid = class_probabilities.valid_sql(sql.name(PROBABILITIES))
            none = sql.literal(class_probabilities.NONE)
            predicted = sql.template("CASE WHEN {} THEN {} ELSE {} END", valid, predicted, none)
        return self._known(_TRUTH), predicted

    def _known(self, value: Sql) -> Sql:
        if not self.classes:
            return value
        names = sql.joined(", ", map(sql.literal, self.classes))
        other = sql.literal(confusion.OTHER)
        return sql.template(
            "CASE WHEN {0} IS NULL OR {0} IN ({1}) THEN {0} ELSE {2} END", value, names, other
        )

    def sums(self) -> tuple[Sql, ...]:
        both = sql.template("CAST({} IS NOT NULL AND {} IS NOT NULL AS BIGINT)", _TRUTH, _SCORE)
        if not self.has_probabilities:
            return (both,)
        return (both, *class_probabilities.sums_sql(sql.name(PROBABILITIES), _TRUTH))

    def names(self) -> tuple[str, ...]:
        shared = ("accuracy", "f1_macro", "f1_micro", "f1_weighted")
        return (*shared, *class_probabilities.NAMES) if self.has_probabilities else shared

    def class_cell(self) -> Sql | None:
        return (
            bin_sql(sql.template("{}.value", sql.name(CLASS))) if self.has_probabilities else None
        )

    def names_of_all_rows(self) -> tuple[str, ...]:
        return ("auc_ovr",) if self.has_probabilities else ()

    def of_all_rows(self, seen: Seen, version: str | None) -> Iterator[Metric]:
        if self.has_probabilities:
            yield class_probabilities.one_vs_rest(seen.classes(version))

    def confusion(self, cells: Cells) -> confusion.Confusion:
        return confusion.Confusion({(str(k[0]), str(k[1])): s[1] for k, s in cells.items() if s[1]})

    def metrics(self, cells: Cells) -> Iterator[Metric]:
        yield from self.confusion(cells).metrics()
        if self.has_probabilities:
            sums = [sum(s[i] for s in cells.values()) for i in range(2, 6)]
            yield from class_probabilities.metrics(sums, self.labelled(cells))

    def labelled(self, cells: Cells) -> int:
        return sum(s[1] for s in cells.values())

    def invalid(self, cells: Cells) -> tuple[int, str]:
        unknown = sum(s[0] for k, s in cells.items() if confusion.OTHER in k or k[1] is None)
        if len({name for k in cells for name in k}) > confusion.MOST_CLASSES:
            return self.predicted(cells), f"more than {confusion.MOST_CLASSES:,} classes"
        none = sum(s[0] for k, s in cells.items() if k[1] == class_probabilities.NONE)
        if none:
            return none, "predictions give classes what is no probability"
        return unknown, "predictions or labels are of no known class"


@dataclass(frozen=True)
class Regression(Task):
    """Numbers, in whole `quantum`s, none larger than `largest` in size."""

    quantum: float
    largest: float
    levels: Sequence[float] = ()
    has_interval: bool = False
    sum_type = "DECIMAL(38, 0)"

    def _fits(self) -> Sql:
        limit = sql.literal(self.largest)
        return sql.template(
            "(({1} IS NULL OR abs({1}) <= {2}) AND {0} IS NOT NULL AND abs({0}) <= {2})",
            *(_SCORE, _TRUTH, limit),
        )

    def cells(self) -> tuple[Sql, ...]:
        return (sql.template("CAST(coalesce({}, false) AS INT)", self._fits()),)

    def sums(self) -> tuple[Sql, ...]:
        fitting = sql.template("CASE WHEN {} THEN {} END", self._fits(), _TRUTH)
        covered = regression.covered_sql(fitting, sql.name(LOWER), sql.name(UPPER))
        more = (covered,) if self.has_interval else ()
        return (*regression.sums_sql(fitting, _SCORE, self.quantum), *more)

    def names(self) -> tuple[str, ...]:
        pinball = (regression.pinball_name(level) for level in self.levels)
        more = ("interval_coverage",) if self.has_interval else ()
        return ("mae", "rmse", "bias", "wape", "mape", *pinball, *more)

    def errors(self, cells: Cells) -> regression.Errors:
        width = len(fields(regression.Errors))
        rows = [s[1 : 1 + width] for s in cells.values()]
        return (
            regression.Errors(*map(sum, zip(*rows, strict=True))) if rows else regression.Errors()
        )

    def metrics(self, cells: Cells) -> Iterator[Metric]:
        errors = self.errors(cells)
        yield from regression.metrics(errors, self.quantum, self.levels)
        if self.has_interval:
            covered = sum(s[-1] for s in cells.values())
            yield confusion.share("interval_coverage", covered, errors.n, "no labelled prediction")

    def labelled(self, cells: Cells) -> int:
        return self.errors(cells).n

    def invalid(self, cells: Cells) -> tuple[int, str]:
        return (
            sum(s[0] for k, s in cells.items() if k[0] == 0),
            f"predictions or labels are no numbers up to {self.largest:g}",
        )


@dataclass(frozen=True)
class Ranking(Task):
    """Ordered lists: the score orders a query's predictions, the label is their gain."""

    best: int

    def cells(self) -> tuple[Sql, ...]:
        valid = "CAST(coalesce(NOT isnan({0}), false) AND coalesce({1} >= 0, true) AS INT)"
        return (sql.template(valid, _SCORE, _TRUTH),)

    def sums(self) -> tuple[Sql, ...]:
        return ranked.sums()

    def names(self) -> tuple[str, ...]:
        return f"ndcg_{self.best}", "mrr", f"precision_{self.best}"

    def metrics(self, cells: Cells) -> Iterator[Metric]:
        rows = [sums[2:] for sums in cells.values()] or [(0,)]
        return ranking.metrics(ranking.Queries(*map(sum, zip(*rows, strict=True))), self.best)

    def labelled(self, cells: Cells) -> int:
        return sum(s[1] for s in cells.values())

    def invalid(self, cells: Cells) -> tuple[int, str]:
        return sum(s[0] for k, s in cells.items() if k[0] == 0), "scores or gains are no numbers"
