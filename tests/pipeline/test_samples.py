from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from sparkguard.contracts.audit_config import Samples
from sparkguard.datatypes import Struct, parse
from sparkguard.pipeline.samples import sample, shown
from sparkguard.slices import WHOLE, Slice
from sparkguard.sql import Sql
from tests.plans import configured
from tests.shops import run_audit, save, write_audit

SCHEMA = parse("struct<id:int,name:string,secret:string>")
assert isinstance(SCHEMA, Struct)


@pytest.mark.parametrize(
    ("policy", "columns"),
    [
        (Samples(), ()),
        (Samples("keys"), ("id",)),
        (Samples("mask", columns=("name", "id")), ("id", "name")),
        (Samples("raw", columns=("gone",)), ()),
    ],
)
def test_only_allowed_columns_are_shown(policy: Samples, columns: tuple[str, ...]) -> None:
    assert shown(policy, SCHEMA, ("id", "renamed")) == columns


@pytest.fixture(scope="module")
def rows(spark: Any) -> Any:
    name = "IF(id % 2 = 0, NULL, concat('customer ', id))"
    return spark.range(100).selectExpr("id", "id % 4 AS month", f"{name} AS name")


def kept(frame: Any, policy: Samples, where: Slice = WHOLE) -> list[Any]:
    return list(sample(frame, Sql("id >= 40"), where, ("id", "name"), policy))


def test_the_same_rows_under_any_partitioning(rows: Any) -> None:
    policy = Samples("raw", 5, ("id", "name"))
    first = kept(rows, policy)
    assert len(first) == 5
    assert kept(rows.repartition(7), policy) == first
    assert all(int(row["id"]) >= 40 for row in first)


def test_values_are_made_safe(rows: Any) -> None:
    (masked,) = kept(rows.where("id = 41"), Samples("mask", 1, ("name",)))
    assert masked == {"id": "***", "name": "c***"}
    (hashed,) = kept(rows.where("id = 41"), Samples("hash", 1, ("name",), "key"))
    assert hashed["name"] == hmac.new(b"key", b"customer 41", hashlib.sha256).hexdigest()
    (null,) = kept(rows.where("id = 42"), Samples("mask", 1, ("name",)))
    assert null["name"] is None


def test_a_sample_of_a_slice(rows: Any) -> None:
    policy = Samples("raw", 100, ("id",))
    assert {int(r["id"]) % 4 for r in kept(rows, policy, Slice.of({"month": "3"}))} == {3}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_timestamps_are_told_in_utc(spark: Any, zone: str) -> None:
    frame = spark.range(1).selectExpr("id", "timestamp_seconds(0) AS at")
    with configured(spark, {"spark.sql.session.timeZone": zone}):
        (row,) = sample(frame, Sql("true"), WHOLE, ("at",), Samples("raw", 1, ("at",)))
    assert row == {"at": "1970-01-01 00:00:00"}


def test_a_key_that_can_not_be_sampled_costs_no_verdict(spark: Any, tmp_path: Path) -> None:
    amount = {"name": "amount", "physicalType": "bigint", "logicalType": "integer"}
    amount["logicalTypeOptions"] = {"minimum": 1}
    keys = {"renamed": "id", "unnameable": "${id}"}
    tables = {}
    for table, key in keys.items():
        named = {"name": key, "physicalType": "bigint", "primaryKey": True}
        tables[table] = {"properties": [named, amount]}
    save(spark.sql("SELECT 7L AS order_id, 0L AS amount"), tmp_path, "renamed")
    odd = spark.createDataFrame([(7, 0)], "id long, amount long").toDF("${id}", "amount")
    mapping = {"delta.columnMapping.mode": "name", "delta.minReaderVersion": "2"}
    writer = odd.write.format("delta").options(**mapping, **{"delta.minWriterVersion": "5"})
    writer.save(f"{tmp_path}/lake/unnameable")
    result = run_audit(write_audit(tmp_path, tables, samples={"mode": "keys"}), spark)
    for table in keys:
        (found,) = result.where(check=f"{table}.range.amount")
        assert (found.outcome, found.violations) == ("fail", 1)
