"""The example notebook runs from its first cell to its last."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "results.ipynb"
GOLDEN = ROOT / "tests" / "golden"


@pytest.mark.platform
def test_the_notebook_runs(tmp_path: Path) -> None:
    release = max(folder for folder in GOLDEN.iterdir() if (folder / "runs").is_dir())
    shutil.copytree(release, tmp_path / "store")
    notebook = tmp_path / NOTEBOOK.name
    shutil.copy(NOTEBOOK, notebook)
    where = {"SPARKGUARD_STORE": str(tmp_path / "store"), "PYTHONPATH": str(ROOT)}
    main = "from nbclient.cli import main; main()"
    command = [sys.executable, "-c", main, "--inplace", "--timeout=300", str(notebook)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, **where},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    cells = [c for c in json.loads(notebook.read_text())["cells"] if c["cell_type"] == "code"]
    said = json.dumps([cell["outputs"] for cell in cells])
    assert "text/html" in said
    assert "orders.drift.delay" in said
    assert "bytes" in json.dumps(cells[-1]["outputs"])


def test_the_notebook_is_kept_without_output() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells)
