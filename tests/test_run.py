"""A whole run: what it reports, stores, repeats and leaves alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.checks.base import CHECKS
from sparkguard.cli import run as command
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.selection import only
from sparkguard.errors import ConfigurationError
from sparkguard.results import Store
from sparkguard.run import Request, audit, plan_audit
from sparkguard.slices import Slice
from tests.shops import outcomes, run_audit, save, write_audit
from tests.stores import create_store

pytestmark = pytest.mark.e2e

ORDERS = {
    "properties": [
        {"name": "id", "physicalType": "bigint", "required": True, "primaryKey": True},
        {"name": "month", "physicalType": "int", "required": True, "partitioned": True},
        {
            "name": "amount",
            "physicalType": "double",
            "logicalType": "number",
            "required": True,
            "logicalTypeOptions": {"minimum": 0},
        },
        {
            "name": "customer",
            "physicalType": "bigint",
            "relationships": [{"to": "customers.id"}],
        },
    ],
}
CUSTOMERS = {"properties": [{"name": "id", "physicalType": "bigint", "primaryKey": True}]}
SLICED = {"orders": {"slices": {"by": ["month"], "judge": "all"}}}


@pytest.fixture(scope="module")
def shop(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,000 orders in four months: 3 amounts below 0, 100 without customer, 45 orphans."""
    folder = tmp_path_factory.mktemp("shop")
    orders = spark.range(0, 1_000, 1, 3).selectExpr(
        "id",
        "CAST(id % 4 AS INT) AS month",
        "CAST(id - 3 AS DOUBLE) AS amount",
        "IF(id % 10 = 0, NULL, id % 100) AS customer",
    )
    save(orders, folder, "orders", "month")
    save(spark.range(95), folder, "customers")
    return write_audit(folder, {"orders": ORDERS, "customers": CUSTOMERS}, SLICED)


def test_totals_and_slices_come_out_of_one_run(spark: Any, shop: Path) -> None:
    result = run_audit(shop, spark, Request(run_id="first"))
    found = {
        (row.check_id, row.slice): row.violations for row in result.results if row.outcome == "fail"
    }
    assert found == {
        ("orders.range.amount", ""): 3,
        ("orders.range.amount", "month=0"): 1,
        ("orders.range.amount", "month=1"): 1,
        ("orders.range.amount", "month=2"): 1,
        ("orders.references.customer", ""): 50,
        ("orders.references.customer", "month=0"): 10,
        ("orders.references.customer", "month=1"): 10,
        ("orders.references.customer", "month=2"): 10,
        ("orders.references.customer", "month=3"): 20,
    }
    assert result.exit_code == 1
    assert result.record.planned == result.record.reported == len(result.results)
    assert {row.coverage for row in result.results if row.rows is not None} == {"proven"}


def test_a_stored_run_id_changes_nothing(spark: Any, shop: Path) -> None:
    first = run_audit(shop, spark, Request(run_id="twice"))
    store = Store(spark, first.location)
    before = {table: store.read(table, committed=False).count() for table in STORED}
    again = audit(shop, Request(run_id="twice"), spark=spark)
    assert again.replayed
    assert not first.replayed
    assert {(r.check_id, r.slice, r.outcome, r.violations) for r in again.results} == {
        (r.check_id, r.slice, r.outcome, r.violations) for r in first.results
    }
    assert {table: store.read(table, committed=False).count() for table in STORED} == before


def test_a_run_id_answers_for_its_own_audit_and_slices_alone(spark: Any, shop: Path) -> None:
    only = Slice.of({"month": "1"})
    run_audit(shop, spark, Request(run_id="taken", only=only))
    assert audit(shop, Request(run_id="taken", only=only), spark=spark).replayed
    for other in (Slice(), Slice.of({"month": "2"})):
        with pytest.raises(ConfigurationError, match="judged month=1 of orders alone"):
            audit(shop, Request(run_id="taken", only=other), spark=spark)
    settings = replace(load_audit(shop), name="other")
    with pytest.raises(ConfigurationError, match=r"taken by audit 'shop'.*'other-taken'"):
        audit(settings, Request(run_id="taken", only=only), spark=spark)


def test_a_run_of_some_checks_does_not_answer_for_others(spark: Any, shop: Path) -> None:
    every = load_audit(shop)
    create_store(spark, str(every.results.path))
    some = only(every, ("uniqueness",), CHECKS.kinds)
    others = only(every, ("range",), CHECKS.kinds)
    assert audit(some, Request(run_id="some"), spark=spark).exit_code == 0
    assert audit(some, Request(run_id="some"), spark=spark).replayed
    for asked in (every, others):
        with pytest.raises(ConfigurationError, match="'some' is taken by a run of other checks"):
            audit(asked, Request(run_id="some"), spark=spark)
    audit(every, Request(run_id="every"), spark=spark)
    with pytest.raises(ConfigurationError, match="which judged "):
        audit(some, Request(run_id="every"), spark=spark)


def test_what_can_not_be_planned_pins_nothing(spark: Any, shop: Path) -> None:
    store = Store(spark, str(load_audit(shop).results.path))
    before = store.read("pins", committed=False).count()
    wrong = Request(run_id="again", only=Slice.of({"moth": "1"}))
    with pytest.raises(ConfigurationError, match="moth"):
        audit(shop, wrong, spark=spark)
    assert store.read("pins", committed=False).count() == before
    assert not audit(shop, Request(run_id="again"), spark=spark).replayed


STORED = ("runs", "results", "evidence", "profiles", "violations")


def test_one_slice_alone(spark: Any, shop: Path) -> None:
    only = Slice.of({"month": "2"})
    result = run_audit(shop, spark, Request(only=only))
    judged = {row.slice for row in result.results if row.dataset == "orders"}
    assert judged == {"month=2"}
    assert next(result.where(check="orders.range.amount")).violations == 1
    assert next(result.where(check="orders.range.amount")).rows == 250
    with pytest.raises(ConfigurationError, match="slice columns are: month"):
        audit(shop, Request(only=Slice.of({"moth": "2"})), spark=spark)


def test_a_slice_without_rows_is_no_pass(spark: Any, shop: Path) -> None:
    result = run_audit(shop, spark, Request(only=Slice.of({"month": "7"})))
    assert set(outcomes(result, "month=7").values()) <= {"not_evaluable", "pass", "fail"}
    assert outcomes(result, "month=7")["orders.range.amount"] == "not_evaluable"
    assert result.exit_code == 3


def test_results_can_be_read_from_delta_alone(spark: Any, shop: Path) -> None:
    result = run_audit(shop, spark, Request(run_id="stored"))
    store = Store(spark, result.location)
    of_run = "run_id = 'stored'"
    assert store.read("runs").where(of_run).count() == 1
    assert store.read("results").where(of_run).count() == result.record.reported
    counted = store.read("violations").where(f"{of_run} AND check_id = 'orders.range.amount'")
    assert {r["slice"]: r["violations"] for r in counted.collect()}[""] == 3
    assert store.read("profiles").where(of_run).where("dataset = 'orders'").count() > 0


def test_the_plan_is_known_without_reading_rows(spark: Any, shop: Path) -> None:
    plan = plan_audit(shop, spark=spark)
    read = [
        column
        for scan in plan.first_scans()
        if scan.relation.kind == "table" and scan.relation.subject == "orders"
        for chunk in scan.chunks
        for column in chunk.columns
    ]
    assert sorted(read) == sorted(set(read))
    assert plan.planned == sum(len(entry.slices) for entry in plan.entries)


def test_policies_of_the_audit(spark: Any, shop: Path, tmp_path: Path) -> None:
    lake = shop.parents[1] / "lake"
    config = write_audit(
        tmp_path,
        {"orders": ORDERS, "customers": CUSTOMERS},
        {name: {"table": {"path": str(lake / name)}} for name in ("orders", "customers")},
        skip=[{"check": "references", "reason": "customers arrive tomorrow"}],
        samples={"mode": "mask", "rows": 2, "columns": ["amount"]},
        as_of="2024-01-01T00:00:00Z",
    )
    result = run_audit(config, spark)
    assert outcomes(result)["orders.references.customer"] == "skipped"
    assert result.record.as_of == datetime(2024, 1, 1, tzinfo=timezone.utc)
    asked = datetime(2024, 1, 2, tzinfo=timezone.utc)
    assert run_audit(config, spark, Request(as_of=asked)).record.as_of == asked
    kept = Store(spark, result.location).read("violations").where("ordinal > 0").collect()
    assert {(r["ordinal"], r["column"], r["value"]) for r in kept} == {
        (1, "amount", "-***"),
        (2, "amount", "-***"),
    }


def test_the_command_line_says_the_same(
    spark: Any, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_audit(shop, spark, Request(run_id="told"))
    json_file, junit = tmp_path / "out" / "run.json", tmp_path / "run.xml"
    options = ["--run-id", "told", "--json", str(json_file), "--junit", str(junit)]
    assert command(["audit", str(shop), *options]) == 1
    written = json.loads(json_file.read_text())
    assert written["run"]["failed"] == 9
    assert len(written["results"]) == written["run"]["reported"]
    assert junit.read_text().count("<failure") == 9
    said = capsys.readouterr()
    assert "orders.references.customer" in said.out
    assert "whole table and 4 of 4 slices" in said.out
    page = tmp_path / "report.html"
    assert command(["report", "told", "--config", str(shop), "-o", str(page)]) == 0
    assert "50 of 1,000 rows have no parent in customers" in page.read_text()
    assert command(["report", "untold", "--config", str(shop), "-o", str(page)]) == 2
    assert command(["report", "told"]) == 2
