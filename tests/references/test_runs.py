"""Orphans from run to run, as real runs store them."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sparkguard.results import Store
from sparkguard.run import Request
from sparkguard.slices import Slice
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
    more = spark.createDataFrame([(9, 1)], "customer bigint, month int")
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
        ("two", "9", 1, "month=1", "new", "two", "Tuesday", 2, True),
    }
    assert {row["parent"] for row in rows.select("parent").collect()} == {"customers"}

    # A run over one slice, which has one of the two orphans, is not the last run of all rows.
    only = Slice.of({"month": "1"})
    run_audit(config, spark, Request("slice", only=only, as_of=MONDAY + timedelta(days=2)))
    last = run_audit(config, spark, Request("three", as_of=MONDAY + timedelta(days=3)))
    (verdict,) = last.where("orders.references", "")
    assert verdict.outcome == "pass"
    assert causes(spark, tmp_path, "three") == {"8": ("known", None), "9": ("known", None)}


def causes(
    spark: Any, folder: Path, run: str, check: str = "orders.references"
) -> dict[str, tuple[str, str | None]]:
    """State and cause by key."""
    rows = Store(spark, str(folder / "lake" / "sparkguard")).read("orphans")
    rows = rows.where(f"run_id = '{run}' AND check_id = '{check}'")
    found = rows.select("key", "key_hash", "state", "cause").collect()
    return {row["key"] or row["key_hash"]: (row["state"], row["cause"]) for row in found}


def orders(spark: Any, folder: Path, *customers: int) -> None:
    rows = [(customer, 1) for customer in customers]
    save(spark.createDataFrame(rows, "customer bigint, month int"), folder, "orders", "month")


def customers(spark: Any, folder: Path, *ids: int) -> None:
    save(spark.createDataFrame([(id_,) for id_ in ids], "id bigint"), folder, "customers")


def test_causes_are_told_by_the_version_that_the_last_run_read(spark: Any, tmp_path: Path) -> None:
    orders(spark, tmp_path, 1, 2, 3, 7, 8)
    customers(spark, tmp_path, 1, 2, 3, 4)
    customers(spark, tmp_path, 1, 2, 3)
    options = {**RULE["implementation"], "show_keys": False}
    hidden = {**RULE, "name": "hidden", "implementation": options}
    tables = {**TABLES, "orders": {**TABLES["orders"], "quality": [RULE, hidden]}}
    by_month = {"orders": {"slices": {"by": ["month"]}}}
    config = write_audit(tmp_path, tables, by_month, samples={"key": "a secret of the deployment"})
    run_audit(config, spark, Request("one", as_of=MONDAY))
    assert causes(spark, tmp_path, "one") == {"7": ("new", None), "8": ("new", None)}

    orders(spark, tmp_path, 1, 2, 3, 4, 7)  # 4 had lost its parent before anything named it
    customers(spark, tmp_path, 1, 7)
    second = run_audit(config, spark, Request("two", as_of=MONDAY + timedelta(days=1)))
    assert causes(spark, tmp_path, "two") == {
        "2": ("new", "parent_deleted"),
        "3": ("new", "parent_deleted"),
        "4": ("new", "child_added"),
        "7": ("healed", "parent_arrived"),
        "8": ("healed", "child_deleted"),
    }
    unseen = causes(spark, tmp_path, "two", "orders.references.hidden")
    assert not {"2", "3", "4", "7", "8"} & unseen.keys()
    assert sorted(unseen.values()) == [
        ("healed", "unknown"),
        ("healed", "unknown"),
        ("new", "child_added"),
        ("new", "parent_deleted"),
        ("new", "parent_deleted"),
    ]
    (verdict,) = second.where("orders.references", "")
    assert verdict.reason.startswith(
        "3 orphan keys were none in the last run: 2 lost their parent, 1 came with new values"
    )

    orders(spark, tmp_path, 1, 2, 3, 4, 5)  # the parent stays as it is
    run_audit(config, spark, Request("three", as_of=MONDAY + timedelta(days=2)))
    found = causes(spark, tmp_path, "three")
    assert found.pop("5") == ("new", "child_added")
    assert set(found.values()) == {("known", None)}


def test_a_version_that_is_vacuumed_or_of_another_table_tells_nothing(
    spark: Any, tmp_path: Path
) -> None:
    orders(spark, tmp_path, 1, 7)
    customers(spark, tmp_path, 1)
    config = write_audit(tmp_path, TABLES)
    run_audit(config, spark, Request("one", as_of=MONDAY))
    folder = tmp_path / "lake" / "customers"
    old = list(folder.glob("*.parquet"))
    customers(spark, tmp_path, 7)
    for file in old:
        file.unlink()
    second = run_audit(config, spark, Request("two", as_of=MONDAY + timedelta(days=1)))
    assert causes(spark, tmp_path, "two") == {
        "1": ("new", "unknown"),
        "7": ("healed", "parent_arrived"),
    }
    (verdict,) = second.where("orders.references", "")
    assert verdict.outcome == "fail"
    assert verdict.reason.startswith(
        "1 orphan keys were none in the last run: 1 of unknown cause "
        "(customers can't be read at version 0 "
    )

    shutil.rmtree(folder)
    customers(spark, tmp_path, 1)
    customers(spark, tmp_path, 1)  # as many versions as the table that is gone
    run_audit(config, spark, Request("three", as_of=MONDAY + timedelta(days=2)))
    assert causes(spark, tmp_path, "three") == {
        "7": ("new", "unknown"),
        "1": ("healed", "parent_arrived"),
    }
