"""Models that order the items of a query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkguard import sql
from sparkguard.evaluation import ranking
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.tasks.base import Cells, Task
from sparkguard.relations import ranked
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Ranking(Task):
    """Ordered lists: the score orders a query's predictions, the label is their gain."""

    best: int

    def cells(self) -> tuple[Sql, ...]:
        return (sql.template("CAST({} AS INT)", ranked.valid()),)

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
        invalid = sum(s[0] for k, s in cells.items() if k[0] == 0)
        gains = f"a gain of 0 or from {ranked.LEAST_GAIN:g} to {ranked.MOST_GAIN:,.0f}"
        return invalid, f"predictions lack a query, a number to order them by, or {gains}"
