"""Tables that fill columns themselves, and tables that a catalog creates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from delta.tables import DeltaTable, IdentityGenerator

from sparkguard import gate
from sparkguard.contracts.odcs import parse_contract
from sparkguard.deltalog import live_contracts
from sparkguard.tables import TableRef
from tests.gate.test_gate import CONTRACT, GOOD, ROWS

LEFT_OUT = """
apiVersion: v3.1.0
kind: DataContract
id: sales
version: 1.0.0
status: active
schema:
  - name: sales
    properties:
      - {name: id, logicalType: integer, physicalType: bigint, primaryKey: true, required: true}
      - {name: cents, logicalType: integer, physicalType: bigint, required: true}
      - {name: Euro, logicalType: number, physicalType: double}
"""


def test_columns_that_delta_fills_may_be_left_out_unless_rules_look_at_them(
    spark: Any, lake: Path
) -> None:
    target, seen = TableRef(path=str(lake / "sales")), lake / "evaluated"
    # Spark 4.0 has no SQL for such columns in a table without a name.
    columns = (
        DeltaTable.create(spark)
        .addColumn("id", "BIGINT", generatedAlwaysAs=IdentityGenerator())
        .addColumn("cents", "BIGINT")
        .addColumn("Euro", "DOUBLE", generatedAlwaysAs="CAST(cents / 100 AS DOUBLE)")
    )
    columns.location(str(target.path)).execute()
    loose = parse_contract(LEFT_OUT, "sales.odcs.yaml")
    frame = spark.sql("SELECT explode(array(-250L, 100L)) AS cents")
    result = gate.write(frame, loose, target)
    assert (result.accepted, result.rows_written) == (True, 2)
    kinds = {w.path[0]: w.kind for w in result.warnings}
    assert (kinds["id"], kinds["Euro"]) == ("numbered", "default_filled")
    assert {v.check for v in result.unjudged} == {"sales.uniqueness.id", "sales.completeness.id"}
    assert all("Delta numbers the column" in v.reason for v in result.unjudged)
    stored = spark.read.format("delta").load(target.path)
    assert sorted(r["Euro"] for r in stored.collect()) == [-2.5, 1.0]
    strict = LEFT_OUT.replace(
        "physicalType: double}", "physicalType: double, logicalTypeOptions: {minimum: 0}}"
    )
    held = parse_contract(strict, "sales.odcs.yaml")
    watched = frame.mapInArrow(lambda batches: (seen.touch() or b for b in batches), "cents bigint")
    with pytest.raises(gate.Refused, match=r"Euro: .*lacks it.*sales\.range\.Euro") as refused:
        gate.write(watched, held, target)
    assert refused.value.result.rows_staged is None
    assert not seen.exists()
    assert not gate.check(frame, held, target).accepted
    given = frame.selectExpr("cents", "CAST(cents / 100 AS DOUBLE) AS Euro")
    with pytest.raises(gate.Refused) as refused:
        gate.write(given, held, target)
    assert [v.check for v in refused.value.result.failed] == ["sales.range.Euro"]
    assert gate.write(given.where("cents > 0"), held, target).rows_written == 1
    assert spark.read.format("delta").load(target.path).count() == 3


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_the_first_write_of_a_catalog_table_is_found_again(spark: Any, mode: Any) -> None:
    contract = parse_contract(CONTRACT, "orders.odcs.yaml")
    target = TableRef(name=f"orders_{mode}")
    frame = spark.createDataFrame(GOOD, ROWS)
    first = gate.GateOptions(write_id="first", mode=mode)
    try:
        done = gate.write(frame, contract, target, first)
        assert done.rows_written == 2
        gate.write(spark.createDataFrame([(9, 1.0, "open", 3)], ROWS), contract, target)
        again = gate.write(frame, contract, target, first)
        assert again.target_version == done.target_version
        assert sorted(row["id"] for row in spark.table(target.name).collect()) == [1, 2, 9]
        assert live_contracts(spark, target, "orders") == {"1.0.0"}
        detail = spark.sql(f"DESCRIBE DETAIL {target.name}").collect()[0]
        assert detail["partitionColumns"] == ["day"]
        assert [row.tableName for row in spark.sql("SHOW TABLES").collect()] == [target.name]
    finally:
        spark.sql(f"DROP TABLE IF EXISTS {target.name}")


@pytest.mark.parametrize("named", [True, False])
def test_a_new_schema_keeps_the_partitioning_that_the_contract_promises(
    spark: Any, lake: Path, named: bool
) -> None:
    target = TableRef(name="orders_anew") if named else TableRef(path=str(lake / "orders"))
    options = gate.GateOptions(mode="overwrite", overwrite_schema=True)
    frame = spark.createDataFrame(GOOD, ROWS)
    promising = parse_contract(CONTRACT, "orders.odcs.yaml")
    silent = parse_contract(CONTRACT.replace(", partitioned: true", ""), "orders.odcs.yaml")
    try:
        for contract, by, told in (
            (promising, ["day"], []),
            (promising, ["day"], []),
            (silent, [], ["partitioned by nothing from now on, by day so far"]),
            (silent, [], []),
            (promising, ["day"], ["partitioned by day from now on, by nothing so far"]),
        ):
            done = gate.write(frame, contract, target, options)
            assert [w.text for w in done.warnings if w.kind == "repartitioned"] == told
            detail = spark.sql(f"DESCRIBE DETAIL {target.sql.text}").collect()[0]
            assert detail["partitionColumns"] == by
            assert done.rows_written == 2
    finally:
        if named:
            spark.sql(f"DROP TABLE IF EXISTS {target.name}")
