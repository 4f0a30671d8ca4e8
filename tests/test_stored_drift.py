from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run
from tests.shops import run_audit, save, write_audit

DRIFT = {"type": "custom", "engine": "sparkguard", "implementation": {"check": "silent_drift"}}
TABLES = {
    "daily": {
        "quality": [DRIFT],
        "properties": [
            {"name": "day", "logicalType": "integer"},
            {"name": "amount", "logicalType": "number"},
            {"name": "code", "logicalType": "string"},
        ],
    }
}


def test_drift_is_found_without_a_data_file(
    spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = spark.range(3_000).selectExpr(
        "CAST(id % 15 AS INT) AS day",
        "CASE WHEN id % 15 < 9 THEN CAST(id % 97 AS DOUBLE) + 1 END AS amount",
        "concat('c', id % 7 + CASE WHEN id % 15 = 4 THEN 1 ELSE 0 END) AS code",
    )
    save(days, tmp_path, "daily", "day")
    sliced = {"daily": {"slices": {"by": ["day"], "judge": "all"}}}
    result = run_audit(write_audit(tmp_path, TABLES, sliced), spark)
    drift = [row for row in result.results if row.check_kind == "silent_drift"]
    reasons = {row.slice: row.reason for row in drift if row.outcome == "fail"}
    assert reasons[""] == (
        "amount: always NULL since day=9; code: 1 value that never occurred in day=4"
    )
    assert len(reasons) == 1 + 1 + 6  # the whole, day 4, and days 9 to 14
    table = tmp_path / "lake" / "daily"
    for file in table.rglob("*.parquet"):
        file.unlink()
    found = tmp_path / "found.json"
    store = str(tmp_path / "lake" / "sparkguard")
    command = ["results", "drift", store, "daily", "--table", str(table), "--json", str(found)]
    assert run(command) == 1
    said = json.loads(found.read_text())
    assert said["reason"] == reasons[""]
    assert said["empty"] == {"amount": "NULL in every file since day=9, version 0"}
    assert run([*command, "--column", "code"]) == 1
    assert run([*command, "--column", "cod"]) == 2
    assert "Did you mean 'code'?" in capsys.readouterr().err
    assert run([*command[:3], "nobody", *command[4:]]) == 1
    assert json.loads(found.read_text())["outcome"] == "not_evaluable"
