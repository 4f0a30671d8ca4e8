"""A packed environment carries SparkGuard to driver and executors by --archives, as EMR needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sparkguard.run import initialise
from tests.platform.processes import DELTA, ROOT, environment, standalone_cluster, submit_command

pytestmark = [pytest.mark.platform, pytest.mark.full]

SHOP = Path(__file__).parent / "shop"


def test_a_packed_environment_runs_an_audit_on_a_cluster(spark: Any, tmp_path: Path) -> None:
    lake, packed = tmp_path / "lake", tmp_path / "packed"
    spark.range(100).selectExpr(
        "id", "CAST(id % 4 AS INT) AS month", "CAST(id AS DOUBLE) AS amount", "id % 10 AS customer"
    ).write.format("delta").partitionBy("month").save(str(lake / "orders"))
    spark.range(10).write.format("delta").save(str(lake / "customers"))
    variables = {"lake": str(lake), "store": str(tmp_path / "results")}
    initialise(SHOP / "audit.yaml", spark=spark, variables=variables)

    _pack(tmp_path, packed)
    driver = tmp_path / "elsewhere"
    with tarfile.open(packed / "sparkguard-env.tar.gz") as archive:
        archive.extractall(driver, filter="fully_trusted")
    clean = {k: v for k, v in environment().items() if k != "PYTHONPATH"}
    with standalone_cluster(tmp_path / "cluster", workers=1, environ=clean) as address:
        report = tmp_path / "report.json"
        command = (
            *submit_command(address, DELTA, tmp_path / "driver"),
            *("--archives", f"{packed / 'sparkguard-env.tar.gz'}#environment"),
            *(str(ROOT / "tests/platform/packed_job.py"), str(report), str(SHOP / "audit.yaml")),
            *(part for name, value in variables.items() for part in ("--set", f"{name}={value}")),
        )
        pythons = {
            "PYSPARK_DRIVER_PYTHON": str(driver / "bin" / "python"),
            "PYSPARK_PYTHON": "./environment/bin/python",
        }
        done = subprocess.run(
            command, env=clean | pythons, cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert report.exists(), done.stderr[-2_000:]
    found = json.loads(report.read_text())
    assert found["code"] in (0, 1), done.stderr[-2_000:]
    assert found["driver"].startswith(str(driver))
    assert found["executors"]
    assert [place for place in found["executors"] if "/environment/lib/" not in place] == []


def _pack(folder: Path, output: Path) -> None:
    """Builds the wheel and packs it as the script for users does."""
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    script = ROOT / "conf" / "platforms" / "emr" / "pack"
    python = os.environ | {"PYTHON": sys.executable}
    packed = subprocess.run(
        [str(script), str(wheel), str(ROOT / "conf"), str(output)],
        env={k: v for k, v in python.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert packed.returncode == 0, packed.stderr[-2_000:]
