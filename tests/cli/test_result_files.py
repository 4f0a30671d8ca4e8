from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparkguard.cli import run
from sparkguard.cli.result_files import write_json


def test_json_has_no_number_that_json_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    write_json(file, {"observed": [float("nan"), 1.5], "range": (float("-inf"), float("inf"))})
    assert json.loads(file.read_text(), parse_constant=lambda _: "a number") == {
        "observed": ["NaN", 1.5],
        "range": ["-Infinity", "Infinity"],
    }


def test_text_that_utf_8_can_not_hold_is_written_as_an_escape(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    write_json(file, {"file": "a\udcff", "city": "Zürich"})
    assert json.loads(file.read_text(encoding="utf-8")) == {"file": "a\udcff", "city": "Zürich"}


@pytest.mark.parametrize("given", [("--json", "{}"), ("--json={}",)])
def test_a_command_line_that_can_not_be_parsed_leaves_no_older_result(
    given: tuple[str, ...], tmp_path: Path
) -> None:
    report, junit = tmp_path / "run.json", tmp_path / "run.xml"
    for file in (report, junit):
        file.write_text("last night's")
    options = [part.format(report) for part in given]
    assert run(["audit", "a.yaml", *options, "--junit", str(junit), "--bogus"]) == 2
    assert json.loads(report.read_text())["exit_code"] == 2
    assert not junit.exists()


def test_help_touches_no_result(tmp_path: Path) -> None:
    report = tmp_path / "run.json"
    report.write_text("last night's")
    assert run(["audit", "--help", "--json", str(report)]) == 0
    assert report.read_text() == "last night's"


def test_a_target_that_can_not_be_written_is_told_beside_a_wrong_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["audit", "a.yaml", "--json", str(tmp_path), "--bogus"]) == 2
    said = capsys.readouterr().err
    assert "--bogus" in said
    assert "it is not a file" in said
