"""Jobs hand their arguments to the command that their names and docs/platforms.md promise."""

from __future__ import annotations

import runpy
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run
from tests.platform.processes import ROOT

HANDS = {
    "audit": ["audit"],
    "command": [],
    "drift": ["audit", "--aa"],
    "evaluate": ["audit", "--check", "evaluation"],
    "gate": ["gate"],
    "profile_table": ["profile"],
    "references": [
        *("audit", "--check", "references", "--check", "versioned_references"),
        *("--check", "join_conservation"),
    ],
    "shadow": ["shadow"],
    "windows": [
        *("audit", "--check", "window", "--check", "window_volume"),
        *("--check", "window_conservation"),
    ],
}
"""What each job puts before its arguments; the heartbeat shares no code with the command line."""


@pytest.mark.parametrize(
    "job", sorted(p.stem for p in (ROOT / "jobs").glob("*.py") if p.stem != "heartbeat")
)
def test_every_job_hands_its_arguments_to_its_command(
    job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[list[str]] = []
    monkeypatch.setattr("sparkguard.cli.main", handed.append)
    monkeypatch.setattr(sys, "argv", [job, "a.yaml", "--run-id", "1"])
    runpy.run_path(str(ROOT / "jobs" / f"{job}.py"), run_name="__main__")
    assert handed == [[*HANDS[job], "a.yaml", "--run-id", "1"]]


@pytest.mark.parametrize("job", HANDS)
def test_every_job_hands_to_a_command_that_exists(job: str, capsys: Any) -> None:
    assert run([*HANDS[job], "--help"]) == 0
    assert " ".join(["Usage: sparkguard", *HANDS[job][:1]]) in capsys.readouterr().out


def test_a_job_of_one_kind_asks_for_checks_that_exist(tmp_path: Path, capsys: Any) -> None:
    for hands in HANDS.values():
        for option, kind in pairwise(hands):
            assert option != "--check" or (ROOT / "sparkguard" / "checks" / f"{kind}.py").is_file()
    config = ROOT / "conf" / "audits" / "nycflights.yaml"
    lake = ("--set", f"lake={tmp_path}")
    assert run(["audit", str(config), *lake, "--check", "referencs"]) == 2
    assert "Did you mean 'references'?" in capsys.readouterr().err
