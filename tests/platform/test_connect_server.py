"""Against a Spark Connect server of its own, as on a managed platform: nothing is configured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.processes import connect_server, environment

pytestmark = pytest.mark.platform

_WRITE = """
import sys
from sparkguard.session import open_session
rows = open_session().range(100).selectExpr("id", "CAST(id % 2 AS INT) AS m")
rows.write.format("delta").partitionBy("m").save(sys.argv[1])
"""


def test_a_remote_session_pins_and_reads(tmp_path: Path) -> None:
    table, result = tmp_path / "t", tmp_path / "seen.json"
    job = Path(__file__).with_name("snapshot_job.py")
    with connect_server(tmp_path) as address:
        client = {**environment(), "SPARK_REMOTE": address}
        for command in (["-c", _WRITE, str(table)], [str(job), str(table), str(result)]):
            done = subprocess.run(
                [sys.executable, *command],
                env=client,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, done.stderr[-2_000:]
    assert json.loads(result.read_text()) == {
        "connect": True,
        "pinned": 100,
        "total": 4_950,
        "rows": 100,
        "slices": {"m=0": 50, "m=1": 50},
    }
