"""What only real processes can show: sudden death at every step, and races."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sparkguard.results import Store
from tests.results.support import CORE, only, stored, write_run

pytestmark = pytest.mark.platform

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds, for a loaded machine


def start(*arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if "REMOTE" not in name}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.results.child", *arguments],
        cwd=ROOT,
        env={**environment, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_run_killed_after_every_operation_is_stored_once(spark: Any, tmp_path: Path) -> None:
    folder = str(tmp_path / "results")
    store = Store(spark, folder)
    with only(*CORE):
        store.init()
    # Killed after its pins, then after its violations, then after its results. Pins that are
    # stored are read, what else is stored is written again and dropped.
    for number in (1, 1, 2):
        child = start("run", folder, "nightly", str(number))
        child.communicate(timeout=PATIENCE)
        assert child.returncode == -9
        assert store.committed("nightly") is None
        assert stored(store, "results", "nightly") == 0
    write_run(store, "nightly")
    assert store.committed("nightly") is not None
    tables = ("runs", "pins", "violations", "results")
    assert [stored(store, table, "nightly") for table in tables] == [1, 1, 2, 2]


@pytest.mark.parametrize("count", [3, pytest.param(8, marks=pytest.mark.full)])
def test_processes_that_race_agree(spark: Any, tmp_path: Path, count: int) -> None:
    folder, names = str(tmp_path / "results"), [f"p{n}" for n in range(count)]
    children = [start("race", folder, name, str(len(names))) for name in names]
    told = {}
    for name, child in zip(names, children, strict=True):
        output, _ = child.communicate(timeout=PATIENCE)
        assert child.returncode == 0, name
        told[name] = json.loads(output.splitlines()[-1])
    store = Store(spark, folder)
    store.check(CORE)
    assert all(set(answer["init"]) == set(CORE) for answer in told.values())
    first, second = store.changes("orders", "baseline")
    for change in (first, second):
        winners = [name for name in names if change.number in told[name]["won"]]
        losers = [name for name in names if change.number not in told[name]["won"]]
        assert winners == [change.changed_by]
        assert {told[name][str(change.number)] for name in losers} == {change.changed_by}
