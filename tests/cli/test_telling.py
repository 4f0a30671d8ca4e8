"""After an audit its alerts and lineage events leave, and nothing that receivers do matters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run
from sparkguard.run import initialise
from tests.notifications.test_lineage_events import SCHEMA
from tests.receivers import hangs, receiver, status
from tests.shops import save, write_audit


@pytest.mark.full
def test_receivers_change_neither_output_nor_exit_code(
    spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lake").mkdir()
    save(spark.range(9).selectExpr("IF(id = 3, NULL, id) AS id"), tmp_path, "orders")
    orders = {"properties": [{"name": "id", "logicalType": "integer", "required": True}]}
    with receiver(hangs) as slow, receiver(status(201)) as backend:
        config = write_audit(
            tmp_path,
            {"orders": orders},
            alerts={
                "hosts": ["127.0.0.1"],
                "loopback": True,
                "seconds": 0.5,
                "owners": {"orders": "shop-team"},
                "routes": [
                    {"name": "hook", "to": "webhook", "url": slow.url},
                    {"name": "log", "to": "file", "path": str(tmp_path / "alerts.jsonl")},
                ],
            },
            openlineage={
                "url": backend.url, "hosts": ["127.0.0.1"], "reach": "loopback", "key": "s3cret"
            },
        )  # fmt: skip
        initialise(config, spark=spark)
        assert run(["audit", str(config), "--run-id", "night-1"]) == 1
        assert run(["audit", str(config), "--run-id", "night-1"]) == 1
        assert run(["alerts", "send", str(config), "--run-id", "night-1"]) == 0
    said = capsys.readouterr()
    assert said.err.count("alerts: hook: unknown (no answer") == 1
    assert "s3cret" not in said.out + said.err
    assert len(slow.bodies) == 1
    (line,) = (tmp_path / "alerts.jsonl").read_text().splitlines()
    (alert,) = json.loads(line)["alerts"]
    assert (alert["change"], alert["owner"]) == ("opened", "shop-team")
    (event,) = backend.bodies
    assert "Authorization: Bearer s3cret" in backend.heads[0]
    assert sorted(map(str, SCHEMA.iter_errors(event))) == []
    facets = event["inputs"][0]["inputFacets"]
    assert facets["dataQualityMetrics"]["rowCount"] == 9
    assert run(["alerts", "list", str(tmp_path / "lake" / "sparkguard")]) == 0
    assert "shop-team" in capsys.readouterr().out
