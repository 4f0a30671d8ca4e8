"""The command line starts fast, explains itself, and turns errors into exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sparkguard.cli import run
from sparkguard.cli.root import parse_variables, user_name
from sparkguard.errors import ConfigurationError

HEAVY = ("pyspark", "pandas", "pydantic", "jsonschema", "sqlglot", "scipy", "numpy", "pyarrow")


def loaded(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split()) & set(HEAVY)


def test_importing_sparkguard_and_its_commands_loads_nothing_heavy() -> None:
    assert loaded("import sparkguard") == set()
    assert loaded("import sparkguard.cli") == set()


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["demo"],
        ["audit"],
        ["init"],
        ["profile"],
        ["results"],
        ["doctor"],
        ["gate"],
        ["suggest"],
        ["contract"],
        ["contract", "publish"],
    ],
)
def test_every_command_explains_itself(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--help"]) == 0
    assert "Usage: sparkguard" in capsys.readouterr().out


def test_the_environment_gives_what_set_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKGUARD_SET_key", "secret")
    monkeypatch.setenv("SPARKGUARD_SET_lake", "/other")
    assert parse_variables(["lake=/lake"]) == {"key": "secret", "lake": "/lake"}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["nonsense"], "No such command"),
        (["demo", "croe"], "Did you mean 'core'?"),
        (["audit", "x.yaml", "--set", "lake"], "--set takes NAME=VALUE"),
        (["audit", "x.yaml", "--as-of", "tomorrow"], "ISO 8601"),
        (["audit", "x.yaml", "--fail-on", "all"], "'warn' or 'fail'"),
        (["audit", "x.yaml", "--slice", "=5"], "COLUMN=VALUE"),
        (["audit", "x.yaml", "--slice", "month=1", "--slice", "month=2"], "'month' is given twice"),
        (["init"], "an audit's file, or --results"),
        (["gate", "x.yaml", "--input", "t"], "x.yaml"),
        (["gate", "x.yaml", "--input", "t", "--write"], "--write needs --target"),
        (["gate", "x.yaml", "--input", "t", "--mode", "upsert"], "allowed: append, overwrite"),
        (["gate", "x.yaml", "--input", "t", "--write-id", "w"], "without --write nothing is"),
        (["gate", "x.yaml", "--input", "t", "--references", "x"], "--references takes NAME=TABLE"),
        (["suggest", "t", "--references", "=x"], "--references takes NAME=TABLE"),
        (["suggest", "a..b"], "parts between dots"),
        (["suggest", "t", "-o", "pyproject.toml"], "pyproject.toml is there already"),
        (["contract", "publish", "x.yaml", "--results", "/r"], "x.yaml"),
        (["contract", "publish", "x.yaml", "--results", "/r", "--ends", "soon"], "YYYY-MM-DD"),
        (["contract", "publish", "x.yaml", "--results", "/r", "--override", "x"], "RULE:PARTY="),
        (
            [
                "contract",
                "pin",
                "c",
                "--consumer",
                "x",
                "--version",
                "1",
                "--results",
                "/r",
                "--access",
                "sideways",
            ],
            "allowed: by_name, positional, exact",
        ),
        (["contract", "diff", "--table", "t", "--contract", "c"], "--results"),
    ],
)
def test_a_wrong_command_is_exit_2(
    command: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_the_audits_problems_are_all_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a" / "x.yaml"
    file.parent.mkdir()
    file.write_text("audit: x\nskipp: []\nfail_on_warn: maybe\n")
    assert run(["audit", str(file)]) == 2
    said = capsys.readouterr().err
    assert "Did you mean 'skip'?" in said
    assert "the audit needs 'datasets'" in said


@pytest.mark.parametrize("error", [KeyError("uid"), OSError("No username")])
def test_who_has_no_name_has_to_give_one(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", nameless)
    assert user_name("ana") == "ana"
    with pytest.raises(ConfigurationError, match="give --by"):
        user_name(None)


def test_the_package_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "sparkguard", "no-such-command"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no-such-command" in done.stderr
