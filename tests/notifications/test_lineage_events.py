"""Events hold to OpenLineage's schemas: minimal ones of our own, from the published fields."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from sparkguard.contracts.alert_routes import Lineage
from sparkguard.contracts.audit_config import AuditConfig, Dataset
from sparkguard.contracts.odcs import parse_contract
from sparkguard.notifications.lineage import PRODUCER
from sparkguard.notifications.lineage_events import dataset_name, run_event, run_uuid
from sparkguard.results.records import RunRecord
from sparkguard.results.run_result import RunResult
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.tables import ResultsPlace, TableRef

SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parent / "run_event.json").read_text()),
    format_checker=FormatChecker(),
)
CONTRACT = parse_contract(
    """
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
schema:
  - name: orders
    properties: [{name: id, logicalType: integer, required: true}]
""",
    "shop.odcs.yaml",
)
NOW = datetime(2024, 5, 1, tzinfo=timezone.utc)
REQUIRED = next(rule.id for rule in CONTRACT.rules if rule.kind == "completeness")


def row(check: str, outcome: str, slice_: str = "", **more: Any) -> ResultRow:
    details = {"severity": "error", "as_of": NOW, "snapshot_rows": 9, **more}
    return ResultRow(check, "completeness", "orders", 3, slice_, {}, outcome, **details)


def event(*rows: ResultRow, path: str = "s3://lake/shop/orders") -> Any:
    orders = Dataset("orders", CONTRACT, TableRef(path=path))
    settings = AuditConfig("nightly", "a", "", ResultsPlace(path="/r"), (CONTRACT,), (orders,))
    record = RunRecord(
        "night-1", "nightly", "complete", 1, NOW, NOW, NOW, 9, 9, table_versions={"orders": 3}
    )
    numbers = {"null": 1.0, "rows": 9.0, "min": math.nan, "max": 7.0, "q50": 4.0, "q05": 1.0}
    made = run_event(
        settings, RunResult(record, rows, "/r"), "prod", PRODUCER, {"orders": {"id": numbers}}
    )
    return json.loads(json.dumps(made, allow_nan=False))


ROWS = (
    row(REQUIRED, "fail", observed_long=1, unit="rows", expected="no NULL", reason="1 of 9"),
    row(REQUIRED, "pass", "month=5"),
    row("orders.odd", "not_evaluable", severity="warn", reason="no rows"),
    row("orders.off", "skipped"),
    row("orders.fine", "pass"),
)


def test_an_event_holds_to_the_schemas() -> None:
    found = event(*ROWS)
    assert sorted(SCHEMA.iter_errors(found), key=str) == []
    (orders,) = found["inputs"]
    assert (orders["namespace"], orders["name"]) == ("s3://lake", "/shop/orders")
    assert orders["facets"]["version"]["datasetVersion"] == "3"
    assertions = orders["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [(a["name"], a["success"], a["params"]["outcome"]) for a in assertions] == [
        (REQUIRED, False, "fail"),
        ("orders.odd", False, "not_evaluable"),
        ("orders.fine", True, "pass"),
    ]
    assert (assertions[0]["column"], assertions[0]["actual"]) == ("id", "1 rows")
    tests = found["run"]["facets"]["test"]["tests"]
    assert {(t["name"], t["status"]) for t in tests} >= {("orders.off", "skip")}
    metrics = orders["inputFacets"]["dataQualityMetrics"]
    assert metrics["rowCount"] == 9
    assert metrics["columnMetrics"]["id"] == {
        "nullCount": 1,
        "count": 8,
        "max": 7.0,
        "quantiles": {"0.5": 4.0, "0.05": 1.0},
    }


@pytest.mark.parametrize("broken", ["run", "job", "eventTime", "producer", "schemaURL"])
def test_the_schemas_would_notice(broken: str) -> None:
    found = event(*ROWS)
    del found[broken]
    assert not SCHEMA.is_valid(found)


def test_the_facets_schemas_would_notice() -> None:
    found = event(*ROWS)
    facets = found["inputs"][0]["inputFacets"]
    facets["dataQualityAssertions"]["assertions"][0]["success"] = "no"
    assert not SCHEMA.is_valid(found)
    found = event(*ROWS)
    found["run"]["facets"]["test"]["tests"][0]["status"] = "error"
    assert not SCHEMA.is_valid(found)
    found = event(*ROWS)
    metrics = found["inputs"][0]["inputFacets"]["dataQualityMetrics"]
    metrics["columnMetrics"]["id"]["min"] = "a"
    assert not SCHEMA.is_valid(found)


def test_runs_and_datasets_have_the_names_that_others_give_them() -> None:
    assert (
        run_uuid("5AC6D2C1-7f3b-4a0e-9d0c-6f2f7e0f3b58") == "5ac6d2c1-7f3b-4a0e-9d0c-6f2f7e0f3b58"
    )
    assert run_uuid("night-1") == run_uuid("night-1") != run_uuid("night-2")
    orders = Dataset("orders", CONTRACT, TableRef(path="/lake/orders"))
    assert dataset_name(orders, "prod") == ("file", "/lake/orders")
    named = replace(orders, table=TableRef(name="main.shop.orders"))
    assert dataset_name(named, "prod") == ("prod", "main.shop.orders")


def test_lineage_is_bounded() -> None:
    with pytest.raises(ValueError, match="at most 60"):
        Lineage("https://lineage.example.com/", ("example.com",), seconds=61)
