from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run
from tests.stores import create_store

CONFIG = 'name: s\ncontrol: {path: /a}\nshadow: {path: /b}\nresults: "/r"\n'
WAIVE = ["--name", "w", "--owner", "ann", "--reason", "known", "--bound", "1"]


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "shadow.yaml"
    file.write_text(CONFIG)
    return str(file)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["waive", *WAIVE, "--counter", "values", "--expires", "2026-01-01"],
            "Did you mean 'value'",
        ),
        (
            ["waive", *WAIVE, "--counter", "value", "--expires", "soon"],
            "--expires takes YYYY-MM-DD, found 'soon'",
        ),
        (["run", "--partition", "=3"], "--partition takes COLUMN=VALUE, found '=3'"),
        (["run", "--control-input", "flights"], "--control-input takes NAME=VERSION"),
    ],
)
def test_wrong_options_are_refused_before_spark_starts(
    config: str, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command, *options = arguments
    assert run(["shadow", command, config, *options]) == 2
    assert says in capsys.readouterr().err.replace("\n", " ")


def test_a_file_that_is_no_shadow_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("name: s\n")
    assert run(["shadow", "status", str(file)]) == 2
    assert "shadow needs the option 'control'" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize("command", ["run", "status", "waive", "promote", "rollback"])
def test_each_command_has_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shadow", command, "--help"]) == 0
    assert "CONFIG" in capsys.readouterr().out


def test_a_mistyped_table_registers_nothing(
    spark: Any, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_store(spark, lake / "results")
    file = lake / "shadow.yaml"
    file.write_text(CONFIG.replace("/r", f"{lake}/results").replace(": /", f": {lake}/"))
    assert run(["shadow", "run", str(file)]) == 3
    assert run(["shadow", "status", str(file)]) == 0
    assert capsys.readouterr().out.startswith("s: not registered")
