from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

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
    report, junit = tmp_path / "run.json", tmp_path / "run.xml"
    given = ["--set", f"lake={tmp_path}", "--json", str(report), "--junit", str(junit)]
    assert run(["audit", "conf/audits/flights_drift.yaml", "--aa", *given]) == code
    (case,) = ElementTree.parse(junit).iter("testcase")
    assert (case.get("name"), [each.tag for each in case]) == ("false alarms", ["failure"] * code)
    assert str(found) in capsys.readouterr().out
    assert ("OVER BUDGET" in str(found)) == bool(code)
    written = json.loads(report.read_text())
    assert (written["run"]["exit_code"], written["false_alarms"]["rate"]) == (code, found.rate)
    assert asked["versions"] == {"orders": 7}


def test_a_replay_that_stops_leaves_no_json_that_says_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def stopped(*_: Any, **__: Any) -> FalseAlarms:
        raise EvaluationError("the halves can't be read")

    monkeypatch.setattr("sparkguard.run.audit", lambda *_, **__: RunResult(RECORD, (), "/lake"))
    monkeypatch.setattr("sparkguard.replay.false_alarms", stopped)
    report, junit = tmp_path / "run.json", tmp_path / "run.xml"
    given = ["--set", f"lake={tmp_path}", "--json", str(report), "--junit", str(junit)]
    assert run(["audit", "conf/audits/flights_drift.yaml", "--aa", *given]) == 3
    written = json.loads(report.read_text())
    assert (written["error"], written["exit_code"]) == ("the halves can't be read", 3)
    assert (written["run"]["exit_code"], written["results"]) == (3, [])
    (error,) = ElementTree.parse(junit).iter("error")
    assert error.get("message") == "the halves can't be read"
    assert capsys.readouterr().err.count("the halves can't be read") == 1


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
