"""Ten million predictions: two hundred copies of published ones, and the same metrics."""

from __future__ import annotations

from typing import Any

import pytest

from sparkguard.evaluation.auc import auc
from sparkguard.evaluation.average_precision import average_precision
from sparkguard.evaluation.confusion import at_threshold, f1
from sparkguard.evaluation.probabilities import brier, log_loss
from sparkguard.evaluation.scores import Scores
from sparkguard.evaluation.seen import Group
from sparkguard.evaluation.tasks import Binary
from tests.evaluation import work_home
from tests.evaluation.test_tasks import Tables, declared, seen

COPIES = 200


class Copies(Tables):
    """Each prediction and label of `Tables` `times` times, under ids of their own."""

    def __init__(self, spark: Any, values: list[tuple[Any, ...]], times: int) -> None:
        super().__init__(spark, "score DOUBLE", "INT", values)
        copies = spark.range(times).withColumnRenamed("id", "copy")
        self.frames = {
            name: frame.crossJoin(copies).withColumn("id", frame["id"] * times + copies["copy"])
            for name, frame in self.frames.items()
        }


@pytest.mark.full
def test_copies_change_counts_and_nothing_else(spark: Any) -> None:
    of = declared(task="binary", thresholds=[work_home.THRESHOLD])
    task = of.kind_of_task
    assert isinstance(task, Binary)
    rows = [
        (score, int(positive)) for chunk in range(10) for score, positive in work_home.rows(chunk)
    ]
    once = Scores.from_rows(((s, bool(p)) for s, p in rows), task.thresholds)
    found = seen(of, Copies(spark, rows, COPIES))
    often = task.scores(found.cells(Group()))
    assert found.ledger.rows == found.ledger.labelled == COPIES * len(rows)
    assert list(often.positives) == [COPIES * n for n in once.positives]
    assert list(often.negatives) == [COPIES * n for n in once.negatives]
    for metric in (auc, log_loss, brier, average_precision):
        assert round(metric(often).value or 0, 5) == round(metric(once).value or 0, 5)
    assert f1(at_threshold(often, 1)).value == f1(at_threshold(once, 1)).value
    assert at_threshold(often, 1).tp == COPIES * sum(work_home.TRUE_POSITIVES)
