"""Orphans from run to run, as real runs store them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sparkguard.results import Store
from sparkguard.run import Request
from tests.shops import run_audit, save, write_audit

MONDAY = datetime(2026, 1, 5, tzinfo=timezone.utc)
RULE = {
    "type": "custom",
    "engine": "sparkguard",
    "implementation": {
        "check": "references",
        "columns": ["customer"],
        "to_table": "customers",
        "to_columns": ["id"],
        "max_orphan_rows": 0.9,
        "max_orphan_keys": 0.9,
        "new_orphans": "violation",
    },
}
TABLES: dict[str, dict[str, Any]] = {
    "orders": {
        "properties": [
            {"name": "customer", "physicalType": "bigint"},
            {"name": "month", "physicalType": "int"},
        ],
        "quality": [RULE],
    },
    "customers": {"properties": [{"name": "id", "physicalType": "bigint"}]},
}


def test_orphans_are_stored_with_the_run_that_saw_them_first(spark: Any, tmp_path: Path) -> None:
    orders = [(1, 1), (1, 2), (7, 2), (7, 1), (8, 2), (None, 1)]
    save(spark.createDataFrame(orders, "customer bigint, month int"), tmp_path, "orders", "month")
    save(spark.range(1, 3), tmp_path, "customers")
    config = write_audit(tmp_path, TABLES, {"orders": {"slices": {"by": ["month"]}}})
    first = run_audit(config, spark, Request("one", as_of=MONDAY))
    save(spark.range(1, 8), tmp_path, "customers")  # 7 arrived late
    more = spark.createDataFrame([(9, 2)], "customer bigint, month int")
    more.write.format("delta").mode("append").save(str(tmp_path / "lake" / "orders"))
    second = run_audit(config, spark, Request("two", as_of=MONDAY + timedelta(days=1)))

    (before,) = first.where("orders.references", "")
    (now,) = second.where("orders.references", "")
    assert (before.outcome, now.outcome) == ("pass", "fail")
    assert now.reason.startswith("1 orphan keys were none in the last run")
    rows = Store(spark, str(tmp_path / "lake" / "sparkguard")).read("orphans")
    columns = ["run_id", "key", "rows", "first_slice", "state", "first_run", "first_seen"]
    found = {
        tuple(row)
        for row in rows.selectExpr(
            *columns[:-1], "date_format(first_seen, 'EEEE')", "orphan_keys", "complete"
        ).collect()
    }
    assert found == {
        ("one", "7", 2, "month=1", "new", "one", "Monday", 2, True),
        ("one", "8", 1, "month=2", "new", "one", "Monday", 2, True),
        ("two", "7", 0, None, "healed", "one", "Monday", 2, True),
        ("two", "8", 1, "month=2", "known", "one", "Monday", 2, True),
        ("two", "9", 1, "month=2", "new", "two", "Tuesday", 2, True),
    }
    assert {row["parent"] for row in rows.select("parent").collect()} == {"customers"}
