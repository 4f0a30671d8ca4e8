"""What the kinds of models have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

from sparkguard import sql
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.seen import Cell, Seen
from sparkguard.relations.effective_label import SCORE, TRUTH
from sparkguard.relations.truth_sums import Step
from sparkguard.sql import Sql

SCORE_SQL, TRUTH_SQL = sql.name(SCORE), sql.name(TRUTH)
Cells = Mapping[Cell, tuple[int, ...]]


class Task(ABC):
    """One kind of model. Cells hold predictions first, then the sums of `sums`."""

    sum_type = "BIGINT"

    def steps(self) -> tuple[Step, ...]:
        """Values of a prediction that cells and sums then take by name."""
        return ()

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
