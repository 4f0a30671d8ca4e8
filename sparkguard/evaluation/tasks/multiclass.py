"""Models that choose one of several classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sparkguard import sql
from sparkguard.evaluation import class_probabilities, confusion
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.scores import bin_sql
from sparkguard.evaluation.seen import Group, Seen
from sparkguard.evaluation.tasks.base import SCORE_SQL, TRUTH_SQL, Cells, Task
from sparkguard.relations.effective_label import PROBABILITIES
from sparkguard.relations.truth_sums import CLASS, Step
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Multiclass(Task):
    """A class as predicted, against the class that was true; both as text."""

    classes: tuple[str, ...] = ()
    has_probabilities: bool = False

    def steps(self) -> tuple[Step, ...]:
        if not self.has_probabilities:
            return ()
        return class_probabilities.steps_sql(sql.name(PROBABILITIES), TRUTH_SQL)

    def cells(self) -> tuple[Sql, ...]:
        predicted = self._known(SCORE_SQL)
        if self.has_probabilities:
            cell = f"CASE WHEN {class_probabilities.VALID} THEN {{}} ELSE {{}} END"
            none = sql.literal(class_probabilities.NONE)
            predicted = sql.template(cell, predicted, none)
        return self._known(TRUTH_SQL), predicted

    def _known(self, value: Sql) -> Sql:
        if not self.classes:
            return value
        names = sql.joined(", ", map(sql.literal, self.classes))
        other = sql.literal(confusion.OTHER)
        return sql.template(
            "CASE WHEN {0} IS NULL OR {0} IN ({1}) THEN {0} ELSE {2} END", value, names, other
        )

    def sums(self) -> tuple[Sql, ...]:
        both = sql.template(
            "CAST({} IS NOT NULL AND {} IS NOT NULL AS BIGINT)", TRUTH_SQL, SCORE_SQL
        )
        if not self.has_probabilities:
            return (both,)
        return (both, *class_probabilities.sums_sql())

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
            truths: Counter[str] = Counter()
            for key, sums in seen.cells(Group(version)).items():
                truths[str(key[0])] += sums[1]
            yield class_probabilities.one_vs_rest(seen.classes(version), +truths)

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
