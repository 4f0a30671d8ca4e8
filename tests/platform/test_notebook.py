"""The example notebook runs from its first cell to its last."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "results.ipynb"
GOLDEN = ROOT / "tests" / "golden"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A copy of the result tables of the latest release."""
    release = max(folder for folder in GOLDEN.iterdir() if (folder / "runs").is_dir())
    return Path(shutil.copytree(release, tmp_path / "store"))


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def shown(source: str, names: dict[str, Any]) -> Any:
    """Runs a cell; the value of the expression it ends with."""
    *before, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        before.append(last)
    exec(compile(ast.Module(before, []), NOTEBOOK.name, "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names)
    return None


def test_every_cell_runs(
    spark: Any, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARKGUARD_STORE", str(store))
    names: dict[str, Any] = {}
    values = [shown("".join(cell["source"]), names) for cell in code_cells(NOTEBOOK)]
    tables = [value._repr_html_() for value in values if hasattr(value, "_repr_html_")]
    assert len(tables) == 2
    assert all("<table" in table for table in tables)
    assert "orders.drift.delay" in tables[0]
    said = capsys.readouterr().out
    assert "orders.completeness.dep_time" in said
    assert "bytes" in said


@pytest.mark.full
@pytest.mark.platform
def test_a_kernel_runs_it(tmp_path: Path, store: Path) -> None:
    notebook = tmp_path / NOTEBOOK.name
    shutil.copy(NOTEBOOK, notebook)
    done = subprocess.run(
        [sys.executable, "-c", "from nbclient.cli import main; main()", "--inplace", str(notebook)],
        cwd=tmp_path,
        env={**os.environ, "SPARKGUARD_STORE": str(store), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    said = json.dumps([cell["outputs"] for cell in code_cells(notebook)])
    assert "text/html" in said
    assert "orders.drift.delay" in said


def test_the_notebook_is_kept_without_output() -> None:
    cells = code_cells(NOTEBOOK)
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells)
