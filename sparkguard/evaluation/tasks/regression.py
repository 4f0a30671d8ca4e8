"""Models that give a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from sparkguard import sql
from sparkguard.evaluation import confusion, regression
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.tasks.base import SCORE_SQL, TRUTH_SQL, Cells, Task
from sparkguard.relations.effective_label import LOWER, UPPER
from sparkguard.relations.truth_sums import Step
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Regression(Task):
    """Numbers, in whole `quantum`s, none larger than `largest` in size."""

    quantum: float
    largest: float
    levels: Sequence[float] = ()
    has_interval: bool = False
    sum_type = "DECIMAL(38, 0)"

    def steps(self) -> tuple[Step, ...]:
        return regression.steps_sql(SCORE_SQL, TRUTH_SQL, self.quantum, self.largest)

    def cells(self) -> tuple[Sql, ...]:
        return (sql.template("CAST({} AS INT)", sql.name(regression.FITS)),)

    def sums(self) -> tuple[Sql, ...]:
        if not self.has_interval:
            return regression.sums_sql()
        fitting = sql.template(f"CASE WHEN {regression.FITS} THEN {{}} END", TRUTH_SQL)
        covered = regression.covered_sql(fitting, sql.name(LOWER), sql.name(UPPER))
        return (*regression.sums_sql(), covered)

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
