from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sparkguard import gate
from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import parse_contract
from sparkguard.deltalog import live_contracts, null_files, null_onset, read_log
from sparkguard.errors import ConfigurationError, EvaluationError
from sparkguard.gate import guarded_write
from sparkguard.schema_history import schema_history
from sparkguard.slices import Slice
from sparkguard.tables import TableRef

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
schema:
  - name: orders
    customProperties: [{property: sparkguard.quarantine, value: allowed}]
    properties:
      - {name: id, logicalType: integer, physicalType: bigint, primaryKey: true}
      - name: amount
        logicalType: number
        physicalType: double
        required: true
        logicalTypeOptions: {minimum: 0}
      - {name: state, logicalType: string, physicalType: string,
         quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [open, paid]}}]}
      - {name: day, logicalType: integer, physicalType: int, partitioned: true}
"""
ROWS = "id bigint, amount double, state string, day int"
GOOD = [(1, 5.0, "open", 1), (2, 7.5, "paid", 2)]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return parse_contract(CONTRACT, "orders.odcs.yaml")


def table(spark: Any, path: Path, properties: str = "") -> TableRef:
    spark.sql(f"CREATE TABLE delta.`{path}` ({ROWS}) USING delta PARTITIONED BY (day) {properties}")
    return TableRef(path=str(path))


def counted(frame: Any, seen: Path) -> Any:
    """The frame, which leaves an x in `seen` for each row that is computed."""

    def count(batches: Any) -> Any:
        for batch in batches:
            with seen.open("a") as file:
                file.write("x" * batch.num_rows)
            yield batch

    return frame.mapInArrow(count, ROWS)


def rows(spark: Any, ref: TableRef) -> list[Any]:
    return sorted(tuple(r) for r in spark.read.format("delta").load(ref.path).collect())


def test_a_guarded_write_evaluates_once_and_appends_once(
    spark: Any, lake: Path, contract: Contract
) -> None:
    seen = lake / "evaluated"
    target = table(spark, lake / "orders")
    frame = counted(spark.createDataFrame(GOOD, ROWS), seen)
    options = gate.GateOptions(write_id="w1")
    result = gate.write(frame, contract, target, options)
    assert seen.read_text() == "xx"
    assert (result.accepted, result.rows_staged, result.rows_written) == (True, 2, 2)
    assert result.target_version == 1
    assert rows(spark, target) == GOOD
    gate.write(spark.createDataFrame(GOOD, ROWS), contract, target, options)
    assert rows(spark, target) == GOOD
    assert [p.name for p in lake.iterdir() if "staging" in p.name] == []
    history = spark.sql(f"DESCRIBE HISTORY delta.`{target.path}`").collect()
    said = json.loads(history[0]["userMetadata"])["sparkguard"]
    assert (said["contract"], said["version"], said["write_id"]) == ("orders", "1.0.0", "w1")
    log = read_log(spark, target)
    assert live_contracts(spark, target, "orders", log) == {"1.0.0"}


def test_bad_rows_refuse_the_write_or_go_to_quarantine(
    spark: Any, lake: Path, contract: Contract
) -> None:
    target = TableRef(path=str(lake / "orders"))
    bad = [(3, -1.0, "open", 1), (4, None, "lost", 2), (5, 2.0, None, 2)]
    frame = spark.createDataFrame([*GOOD, *bad], ROWS)
    with pytest.raises(gate.Refused) as refused:
        gate.write(frame, contract, target)
    assert refused.value.exit_code == 1
    failed = {verdict.check for verdict in refused.value.result.failed}
    assert len(failed) == 3
    assert (refused.value.result.rows_staged, refused.value.result.rows_written) == (5, 0)
    assert not (lake / "orders").exists()
    apart = TableRef(path=str(lake / "apart"))
    seen = lake / "evaluated"
    options = gate.GateOptions(quarantine=str(lake / "apart"))
    result = gate.write(counted(frame, seen), contract, target, options)
    assert seen.read_text() == "xxxxx"
    assert (result.rows_staged, result.rows_written, result.rows_quarantined) == (5, 3, 2)
    assert [r[0] for r in rows(spark, target)] == [1, 2, 5]
    kept = spark.read.format("delta").load(apart.path)
    reasons = {r["id"]: sorted(r[gate.REASONS]) for r in kept.collect()}
    assert reasons[3] == ["orders.range.amount"]
    assert len(reasons[4]) == 2
    assert spark.sql(f"DESCRIBE DETAIL delta.`{target.path}`").collect()[0]["partitionColumns"] == [
        "day"
    ]


def test_a_write_that_broke_off_goes_on_with_the_same_rows(
    spark: Any, lake: Path, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, target = lake / "evaluated", TableRef(path=str(lake / "orders"))
    frame = counted(spark.createDataFrame(GOOD, ROWS), seen)
    half = gate.GateOptions(write_id="night 1/2")

    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(guarded_write, "write_once", broken)
        with pytest.raises(EvaluationError, match="stopped with ConnectionError"):
            gate.write(frame, contract, target, half)
        with pytest.raises(EvaluationError, match="stopped with ConnectionError"):
            gate.write(frame, contract, target)
    assert seen.read_text() == "xxxx"
    assert len([p for p in lake.iterdir() if "staging" in p.name]) == 1
    assert gate.write(frame, contract, target, half).target_version == 0
    assert seen.read_text() == "xxxx"
    longer = replace(half, write_id="night 1/2 again", mode="overwrite")
    assert gate.write(frame.where("id = 1"), contract, target, longer).target_version == 1
    assert gate.write(frame, contract, target, half).target_version == 0
    assert rows(spark, target) == GOOD[:1]
    assert [p for p in lake.iterdir() if "staging" in p.name] == []


def test_repeated_keys_can_not_be_told_apart_and_refuse_all(
    spark: Any, lake: Path, contract: Contract
) -> None:
    target = table(spark, lake / "orders")
    frame = spark.createDataFrame([*GOOD, GOOD[0]], ROWS)
    apart = TableRef(path=str(lake / "apart"))
    with pytest.raises(gate.Refused, match="uniqueness"):
        gate.write(frame, contract, target, gate.GateOptions(quarantine=apart))
    assert rows(spark, target) == []
    assert not (lake / "apart").exists()


WIDENING = "TBLPROPERTIES ('delta.enableTypeWidening' = 'true')"
MAPPING = "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"


@pytest.mark.parametrize("properties", ["", WIDENING, MAPPING])
@pytest.mark.parametrize("merge", [False, True])
def test_a_changed_schema_is_refused_before_a_row_is_computed(
    spark: Any, lake: Path, contract: Contract, properties: str, merge: bool
) -> None:
    target = table(spark, lake / "orders", properties)
    good = spark.createDataFrame([], ROWS)
    options = gate.GateOptions(merge_schema=merge)
    assert gate.check(good, contract, target, options).accepted
    changes = {
        "amount": good.withColumnRenamed("amount", "amount_eur"),
        "day": good.selectExpr("id", "amount", "state", "CAST(day AS BIGINT) AS day"),
        "id": good.drop("id"),
        "extra": good.selectExpr("*", "1 AS extra"),
    }
    for column, frame in changes.items():
        result = gate.check(frame, contract, target, options)
        assert not result.accepted
        assert column in {objection.path[0] for objection in result.objections}
        with pytest.raises(gate.Refused):
            gate.write(frame, contract, target, options)
    assert rows(spark, target) == []


def test_the_log_tells_which_commit_broke_which_version(
    spark: Any, lake: Path, contract: Contract
) -> None:
    target = table(spark, lake / "orders", WIDENING)
    gate.write(spark.createDataFrame(GOOD, ROWS), contract, target)
    spark.sql(f"ALTER TABLE delta.`{target.path}` ADD COLUMNS (note string)")
    spark.sql(f"ALTER TABLE delta.`{target.path}` CHANGE COLUMN day COMMENT 'when'")
    spark.sql(f"ALTER TABLE delta.`{target.path}` SET TBLPROPERTIES ('x' = '1')")
    wider = spark.createDataFrame([(9, 1.0, "open", 3)], ROWS).selectExpr(
        "id", "amount", "state", "day", "'n' AS note"
    )
    wider.write.format("delta").mode("append").save(target.path)
    spark.sql(f"ALTER TABLE delta.`{target.path}` ALTER COLUMN id TYPE DECIMAL(20, 0)")
    file = lake / "orders.odcs.yaml"
    file.write_text(CONTRACT)
    first, steps = schema_history(target, 0, [file])
    assert first == 0
    assert [(s.commit.version, [c.rule for c in s.changes]) for s in steps] == [
        (2, ["added_nullable"]),
        (6, ["integer_to_decimal"]),
    ]
    assert steps[0].broke == ()
    (broke,) = steps[1].broke
    assert (broke.version, broke.reasons) == (
        "1.0.0",
        ("id is decimal(20,0), promised is bigint",),
    )
    assert live_contracts(spark, target, "orders") is None
    nulls = null_files(spark, target, ["amount", "note"])
    assert nulls["amount"][Slice.of({"day": "1"}), 1] is False
    assert null_onset(nulls["amount"]) is None
    assert null_onset(nulls["note"]) is None


def day(number: int) -> Slice:
    return Slice.of({"day": str(number)})


@pytest.mark.parametrize(
    ("files", "onset"),
    [
        ({(day(9), 1): False, (day(10), 2): True, (day(11), 3): True}, (day(10), 2)),
        ({(day(1), 1): False, (day(1), 4): True}, (day(1), 4)),
        ({(day(1), 1): False, (day(2), 2): True, (day(3), 3): False}, None),
        ({(day(1), 1): True}, None),
        ({}, None),
    ],
)
def test_the_log_names_the_commit_since_which_a_column_is_empty(
    files: dict[tuple[Slice, int], bool], onset: tuple[Slice, int] | None
) -> None:
    assert null_onset(files) == onset


def test_a_table_is_judged_without_being_written(
    spark: Any, lake: Path, contract: Contract
) -> None:
    source = table(spark, lake / "orders")
    spark.createDataFrame([*GOOD, (3, -1.0, "open", 1)], ROWS).write.format("delta").mode(
        "append"
    ).save(source.path)
    result = gate.audit_table(source, contract, spark=spark)
    assert not result.accepted
    assert [v.check for v in result.failed] == ["orders.range.amount"]
    assert json.loads(json.dumps(result.to_dict()))["rows_staged"] == 3


CYCLE = """
apiVersion: v3.1.0
kind: DataContract
id: staff
version: 1.0.0
status: active
schema:
  - name: people
    properties:
      - {name: id, logicalType: integer, physicalType: bigint, unique: true}
      - {name: team, logicalType: integer, physicalType: bigint,
         relationships: [{to: teams.id}]}
  - name: teams
    properties:
      - {name: id, logicalType: integer, physicalType: bigint, unique: true}
      - {name: lead, logicalType: integer, physicalType: bigint,
         relationships: [{to: people.id}]}
"""


def test_rows_are_quarantined_only_where_the_contract_allows_it() -> None:
    strict = parse_contract(CONTRACT.replace("value: allowed", "value: forbidden"), "strict.yaml")
    options = gate.GateOptions(quarantine="/lake/apart")
    with pytest.raises(ConfigurationError, match="does not allow rows of orders"):
        gate.audit_table("/lake/orders", strict, options=options)
    with pytest.raises(ConfigurationError, match="allowed: allowed, forbidden"):
        parse_contract(CONTRACT.replace("value: allowed", "value: maybe"), "odd.yaml")


def test_tables_that_refer_to_each_other_are_judged_one_by_one(spark: Any, lake: Path) -> None:
    people, teams = str(lake / "people"), str(lake / "teams")
    spark.sql("SELECT 1L AS id, 7L AS team").write.format("delta").save(people)
    spark.sql("SELECT 7L AS id, 2L AS lead").write.format("delta").save(teams)
    contract = parse_contract(CYCLE, "staff.odcs.yaml")
    options = gate.GateOptions(table="people", tables={"teams": teams})
    assert gate.audit_table(people, contract, options=options, spark=spark).accepted
    options = gate.GateOptions(table="teams", tables={"people": people})
    refused = gate.audit_table(teams, contract, options=options, spark=spark)
    assert [v.check for v in refused.failed] == ["teams.references.lead"]
    alone = gate.audit_table(teams, contract, options=gate.GateOptions("teams"), spark=spark)
    assert (alone.accepted, [v.check for v in alone.unjudged]) == (True, ["teams.references.lead"])
