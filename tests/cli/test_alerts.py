"""What `sparkguard alerts list` says of an open alert."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run
from sparkguard.lifecycles.alerts import changes
from sparkguard.results import ResultRow, Store
from sparkguard.results.alerts import last_rows
from sparkguard.verdicts import Outcome
from tests.results.support import AS_OF, CORE, ORIGIN, FixedClock, only, record, verdicts


def test_since_when_nothing_could_judge_it(
    spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, file = tmp_path / "sparkguard", tmp_path / "alerts.json"
    failing = verdicts()[1]
    nights = (Outcome.FAIL, Outcome.FAIL, Outcome.NOT_EVALUABLE, Outcome.SKIPPED)
    with only(*CORE, "alerts"):
        store = Store(spark, str(place), clock=FixedClock())
        store.init()
        for night, outcome in enumerate(nights):
            as_of, run_id = AS_OF + timedelta(days=night), f"night-{night}"
            verdict = replace(failing, outcome=outcome)
            found = [("orders", "completeness", verdict)]
            store.append("alerts", changes(last_rows(store, as_of), found, as_of), run_id)
            origin = replace(ORIGIN, as_of=as_of)
            store.append("results", [ResultRow.of(verdict, origin)], run_id)
            store.commit(record(run_id, [verdict], as_of))
            assert run(["alerts", "list", str(place), "--json", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.count("not judged since") == 2
    (alert,) = json.loads(file.read_text())
    assert alert["outcome"] == "fail"
    assert alert["not_judged_since"] == str(AS_OF + timedelta(days=1))
