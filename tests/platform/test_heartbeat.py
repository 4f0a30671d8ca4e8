"""The heartbeat tells when an audit has stopped, whatever form the result store has."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sparkguard.results import RunRecord, Store
from tests.platform.processes import ROOT
from tests.stores import create_store

heartbeat = runpy.run_path(str(ROOT / "jobs" / "heartbeat.py"))["main"]
SCHEMA = "heartbeat_tables"


@pytest.fixture(scope="module", params=["folder", "catalog"])
def runs(request: Any, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The table `runs` of a store in which `late` ran 49 hours ago and `in_time` 47."""
    folder = tmp_path_factory.mktemp("heartbeat")
    create_store(spark, folder)
    store = Store(spark, str(folder))
    for audit, hours, status in (
        ("late", 49, "complete"),
        ("late", 200, "complete"),
        ("in_time", 47, "complete"),
        ("stopped", 1, "incomplete"),
    ):
        at = datetime.now(timezone.utc) - timedelta(hours=hours)
        store.commit(RunRecord(f"{audit}-{hours}", audit, status, 0, at, at, at, 0, 0))
    if request.param == "folder":
        yield str(folder / "runs")
    else:
        spark.sql(f"CREATE SCHEMA {SCHEMA}")
        spark.sql(f"CREATE TABLE {SCHEMA}.runs USING delta LOCATION '{folder / 'runs'}'")
        yield f"spark_catalog.{SCHEMA}.runs"
        spark.sql(f"DROP SCHEMA {SCHEMA} CASCADE")


@pytest.mark.parametrize(
    ("audit", "code", "said"),
    [
        ("absent", 1, "absent never ran"),
        ("stopped", 1, "stopped never ran"),
        ("late", 1, "late last ran 49.0 hours ago; a run is due every 24 hours"),
        ("in_time", 0, "in_time last ran 47.0 hours ago; a run is due every 24 hours"),
    ],
)
def test_an_audit_that_has_not_run_for_two_schedules_is_missed(
    runs: str, audit: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert heartbeat(runs, audit, "24") == code
    assert said in capsys.readouterr().out
