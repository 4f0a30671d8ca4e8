from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.results import Store, reporting
from sparkguard.verdicts import Outcome
from tests.report.facts import counted, row, run
from tests.stores import create_store

RULE = "t.range.a"
NIGHTS = (
    [row(RULE, "pass"), row(RULE, "pass", "m=1")],
    [row(RULE, "pass"), row(RULE, "fail", "m=1"), row(RULE, "fail", "m=2"), row("t.set.b", "fail")],
    [row(RULE, "fail"), row(RULE, "fail", "m=1")],
)


def test_the_worst_verdict_of_a_night_speaks_for_a_check(spark: Any, tmp_path: Path) -> None:
    create_store(spark, tmp_path)
    store = Store(spark, str(tmp_path))
    runs = [run(at, **counted(rows)) for at, rows in enumerate(NIGHTS)]
    for night, rows in zip(runs, NIGHTS, strict=True):
        store.append("results", rows, night.run_id)
        store.commit(night)
    spoke = dict(reporting.past_verdicts(store, runs, [RULE]))
    assert [(spoke[each.run_id].outcome, spoke[each.run_id].slice) for each in runs] == [
        ("pass", ""), ("fail", "m=1"), ("fail", ""),
    ]  # fmt: skip
    assert reporting.counts(store, runs[1]) == {
        ("t", RULE, False, Outcome.PASS): 1,
        ("t", RULE, True, Outcome.FAIL): 2,
        ("t", "t.set.b", False, Outcome.FAIL): 1,
    }


def test_the_last_cohorts_of_each_metric_are_read_and_the_others_counted(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_store(spark, tmp_path)
    store = Store(spark, str(tmp_path))
    last = run(passed=1)
    of_cohort = {
        "check_kind": "evaluation", "dataset": "t", "table_version": 7, "segment": "",
        "revision": 1, "status": "OK", "maturity": "MATURE", "as_of": last.as_of,
    }  # fmt: skip
    rows = [
        {"check_id": check, "slice": f"week={n}", "metric": metric, "value": float(n), **of_cohort}
        for check, metric, weeks in (("t.a", "auc", 12), ("t.a", "brier", 2), ("t.b", "auc", 3))
        for n in range(1, weeks + 1)
    ]
    store.append("evaluations", rows, last.run_id)
    store.append("results", [row(RULE, "pass")], last.run_id)
    store.commit(last)
    monkeypatch.setattr(reporting, "MOST_PARTITIONS", 3)
    found = [
        (each["check_id"], each["metric"], each["value"], each["left_out"])
        for each in reporting.evaluations(store, last)
    ]
    assert found == [
        ("t.a", "auc", 10, 9), ("t.a", "auc", 11, 9), ("t.a", "auc", 12, 9),
        ("t.a", "brier", 1, 0), ("t.a", "brier", 2, 0),
        ("t.b", "auc", 1, 0), ("t.b", "auc", 2, 0), ("t.b", "auc", 3, 0),
    ]  # fmt: skip
