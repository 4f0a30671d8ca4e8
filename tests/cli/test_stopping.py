"""What stops a command, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run
from sparkguard.errors import StoreError

AUDIT = "conf/audits/flights_drift.yaml"

WAITS = """
import logging, sys, time
from sparkguard.cli import main
from sparkguard.cli.root import JsonFile, app

@app.command()
def waits(json_file: JsonFile = None) -> None:
    for _ in range(3):
        try:
            print("waiting", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            logging.exception("as Py4J does, at the root")
            raise
        except Exception as error:
            print("taken for a failing query:", error, flush=True)

main(["waits", *sys.argv[1:]])
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_taken_for_no_failing_query(number: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    command = [sys.executable, "-c", WAITS, "--json", str(file)]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "waiting\n"
        child.send_signal(number)
        said, told = child.communicate(timeout=60)
    assert (child.returncode, said) == (130, "")
    assert told == "interrupted; repeat the command, and an audit with the same --run-id\n"
    assert json.loads(file.read_text())["exit_code"] == 130


PRINTS = """
from sparkguard.cli import main
from sparkguard.cli.root import app, out

@app.command()
def prints() -> None:
    for _ in range(20_000):
        out.print("Zürich")

main(["prints"])
"""


def test_a_reader_that_leaves_changes_no_exit_code() -> None:
    with subprocess.Popen([sys.executable, "-c", PRINTS], stdout=-1, stderr=-1) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(timeout=60) == 0


def test_text_that_a_terminal_can_not_show_stops_nothing() -> None:
    settings = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-c", PRINTS.replace("20_000", "1")]
    done = subprocess.run(command, capture_output=True, env=settings, check=False)
    assert (done.returncode, done.stdout) == (0, b"Z\\xfcrich\n")


def test_a_signal_is_the_callers_again_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert run(["--help"]) == 0
    assert signal.getsignal(signal.SIGTERM) is before


def stopped(error: Exception, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("sparkguard.run.audit", fails)
    return run(["audit", AUDIT, "--set", "lake=/lake", *options])


def test_an_unexpected_error_is_exit_3_and_shows_no_cell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ValueError("[CAST_INVALID_INPUT] the value 'jane@shop.org' is no number")
    assert stopped(error, monkeypatch) == 3
    said = capsys.readouterr().err
    assert "an unexpected error (ValueError, CAST_INVALID_INPUT)" in said
    assert "SPARKGUARD_TRACEBACK=1" in said
    assert "jane" not in said
    monkeypatch.setenv("SPARKGUARD_TRACEBACK", "1")
    assert stopped(error, monkeypatch) == 3
    assert "in fails" in capsys.readouterr().err


def test_an_error_replaces_the_json_of_an_earlier_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old, junit = tmp_path / "run.json", tmp_path / "run.xml"
    old.write_text('{"run": {"exit_code": 0}}')
    junit.write_text("<testsuites/>")
    options = ("--json", str(old), "--junit", str(junit))
    assert stopped(StoreError("the disk is full"), monkeypatch, *options) == 4
    assert json.loads(old.read_text()) == {"error": "the disk is full", "exit_code": 4}
    assert sorted(tmp_path.iterdir()) == [old]
    assert run(["audit", "--json", str(old)]) == 2
    assert json.loads(old.read_text())["exit_code"] == 2


@pytest.mark.parametrize("option", ["--json", "--junit"])
@pytest.mark.parametrize("target", ["folder", "file/run.json", "."])
def test_a_target_that_can_not_be_written_is_refused_before_the_run(
    option: str,
    target: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    started = AssertionError("the audit was started")
    assert stopped(started, monkeypatch, option, str(tmp_path / target)) == 2
    assert "can't write" in capsys.readouterr().err
