"""On a real standalone cluster, a master and two workers, jobs give what local mode gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.platform.processes import standalone_cluster, submit

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with standalone_cluster(tmp_path_factory.mktemp("cluster")) as address:
        yield address


def test_a_submitted_job_sees_what_local_mode_sees(
    spark: Any, cluster: str, tmp_path: Path
) -> None:
    table = str(tmp_path / "t")
    rows = spark.range(0, 1_000, 1, 8).selectExpr("id", "CAST(id % 4 AS INT) AS m")
    rows.write.format("delta").partitionBy("m").save(table)
    seen = {}
    for name, master in {"cluster": cluster, "local": "local[2]"}.items():
        result = tmp_path / f"{name}.json"
        job = Path(__file__).with_name("snapshot_job.py")
        done = submit(master, job, (table, str(result)), tmp_path / name)
        assert done.returncode == 0, done.stderr[-2_000:]
        seen[name] = json.loads(result.read_text())
    assert seen["cluster"] == seen["local"]
    assert seen["cluster"] == {
        "connect": False,
        "pinned": 1_000,
        "total": 499_500,
        "rows": 1_000,
        "slices": {"m=0": 250, "m=1": 250, "m=2": 250, "m=3": 250},
    }
