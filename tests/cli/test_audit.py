from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.drift.false_alarms import FalseAlarms
from sparkguard.errors import EvaluationError
from sparkguard.results import RunRecord
from sparkguard.results.run_result import RunResult

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
RECORD = RunRecord("r", "shop", "complete", 0, NOW, NOW, NOW, 1, 1, table_versions={"orders": 7})


@pytest.mark.parametrize(
    ("found", "code"), [(FalseAlarms(9, 1_000), 1), (FalseAlarms(1, 1_000), 0)]
)
def test_false_alarms_over_budget_fail_a_run_of_which_all_rules_hold(
    found: FalseAlarms,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    asked: dict[str, Any] = {}

    def replayed(config: AuditConfig, **options: Any) -> FalseAlarms:
        asked.update(options)
        return found

    monkeypatch.setattr("sparkguard.run.audit", lambda *_, **__: RunResult(RECORD, (), "/lake"))
    monkeypatch.setattr("sparkguard.replay.false_alarms", replayed)
    report = tmp_path / "run.json"
    given = ["--set", f"lake={tmp_path}", "--json", str(report)]
    assert run(["audit", "conf/audits/flights_drift.yaml", "--aa", *given]) == code
    assert str(found) in capsys.readouterr().out
    assert ("OVER BUDGET" in str(found)) == bool(code)
    written = json.loads(report.read_text())
    assert (written["run"]["exit_code"], written["false_alarms"]["rate"]) == (code, found.rate)
    assert asked["versions"] == {"orders": 7}


def test_a_replay_that_stops_leaves_no_json_that_says_all_is_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stopped(*_: Any, **__: Any) -> FalseAlarms:
        raise EvaluationError("the halves can't be read")

    monkeypatch.setattr("sparkguard.run.audit", lambda *_, **__: RunResult(RECORD, (), "/lake"))
    monkeypatch.setattr("sparkguard.replay.false_alarms", stopped)
    report = tmp_path / "run.json"
    given = ["--set", f"lake={tmp_path}", "--json", str(report)]
    assert run(["audit", "conf/audits/flights_drift.yaml", "--aa", *given]) == 3
    assert json.loads(report.read_text()) == {"error": "the halves can't be read", "exit_code": 3}


@pytest.mark.parametrize(("found", "code"), [(0, 2), (1, 1), (3, 3)])
def test_a_result_that_can_not_be_written_hides_no_verdict_and_no_alert(
    found: int,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    folder, told = tmp_path / "out", []
    result = RunResult(replace(RECORD, exit_code=found), (), "/lake")

    def judged(*_: Any, **__: Any) -> RunResult:
        folder.rmdir()
        folder.touch()
        return result

    monkeypatch.setattr("sparkguard.run.audit", judged)
    monkeypatch.setattr("sparkguard.cli.telling.tell", lambda _, of: told.append(of))
    files = ["--json", str(folder / "run.json"), "--junit", str(folder / "run.xml")]
    given = ["--set", f"lake={tmp_path}", *files]
    assert run(["audit", "conf/audits/flights_drift.yaml", *given]) == code
    assert capsys.readouterr().err.count("can't write") == 2
    assert told == [result]
