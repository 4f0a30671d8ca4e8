from __future__ import annotations

from pathlib import Path
from typing import Any

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
