"""Whatever comes in: an outcome or an exit code with a clear message; never a pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run as command
from sparkguard.errors import ConfigurationError, StoreError
from sparkguard.run import audit, initialise
from tests.shops import outcomes, run_audit, save, write_audit

ID = {"name": "id", "physicalType": "bigint", "required": True}
AMOUNT = {
    "name": "amount",
    "physicalType": "double",
    "logicalType": "number",
    "logicalTypeOptions": {"minimum": 0},
    "required": True,
}


def test_a_missing_table_fails_alone(spark: Any, tmp_path: Path) -> None:
    save(spark.range(3), tmp_path, "here")
    tables = {"here": {"properties": [ID]}, "gone": {"properties": [ID]}}
    result = run_audit(write_audit(tmp_path, tables), spark)
    found = outcomes(result)
    assert found["here.completeness.id"] == "pass"
    assert found["gone.completeness.id"] == found["gone.schema"] == "error"
    assert "does not exist" in next(result.where(check="gone.schema")).reason
    assert result.exit_code == 3


def test_missing_and_retyped_columns_fail_the_schema_and_block_their_checks(
    spark: Any, tmp_path: Path
) -> None:
    save(spark.range(3).selectExpr("CAST(id AS STRING) AS id"), tmp_path, "t")
    result = run_audit(write_audit(tmp_path, {"t": {"properties": [ID, AMOUNT]}}), spark)
    assert outcomes(result) == {
        "t.schema": "fail",
        "t.completeness.id": "not_evaluable",
        "t.completeness.amount": "not_evaluable",
        "t.range.amount": "not_evaluable",
    }
    reasons = {row.check_id: row.reason for row in result.results}
    assert reasons["t.range.amount"] == "column amount of t is missing"
    assert reasons["t.completeness.id"] == "column id of t is string, promised is bigint"
    assert result.exit_code == 1


def test_an_empty_table_is_not_a_pass(spark: Any, tmp_path: Path) -> None:
    save(spark.range(0).selectExpr("id", "CAST(id AS DOUBLE) AS amount"), tmp_path, "t")
    table = {"properties": [ID, AMOUNT], "quality": [{"metric": "rowCount", "mustBe": 0}]}
    result = run_audit(write_audit(tmp_path, {"t": table}), spark)
    assert outcomes(result) == {
        "t.schema": "pass",
        "t.completeness.id": "not_evaluable",
        "t.completeness.amount": "not_evaluable",
        "t.range.amount": "not_evaluable",
        "t.row_count": "pass",
    }
    assert result.exit_code == 3


def test_special_numbers_have_their_own_counts(spark: Any, tmp_path: Path) -> None:
    values = "array('NaN', 'Infinity', '-Infinity', '-0.0', NULL, '1')"
    rows = spark.range(1).selectExpr(f"explode({values}) AS text")
    save(rows.selectExpr("1L AS id", "CAST(text AS DOUBLE) AS amount"), tmp_path, "t")
    result = run_audit(write_audit(tmp_path, {"t": {"properties": [ID, AMOUNT]}}), spark)
    violations = {row.check_id: row.violations for row in result.results}
    assert violations["t.completeness.amount"] == 1
    # NaN, and minus infinity; minus zero is zero, and infinity is a value above it.
    assert next(result.where(check="t.range.amount")).outcome == "fail"
    assert "2" in next(result.where(check="t.range.amount")).reason


def test_an_all_null_column(spark: Any, tmp_path: Path) -> None:
    save(spark.range(3).selectExpr("id", "CAST(NULL AS DOUBLE) AS amount"), tmp_path, "t")
    result = run_audit(write_audit(tmp_path, {"t": {"properties": [ID, AMOUNT]}}), spark)
    assert outcomes(result)["t.completeness.amount"] == "fail"
    assert outcomes(result)["t.range.amount"] != "pass"


HOSTILE = ["a.b", "a`b", "a b", "select", "count", "🎉", "x" * 200, "'; --", "__sparkguard_cell0"]


def test_hostile_names(spark: Any, tmp_path: Path) -> None:
    names = [f"`{name.replace('`', '``')}`" for name in HOSTILE]
    rows = spark.range(3).selectExpr(*(f"id AS {name}" for name in names))
    mapping = {"delta.columnMapping.mode": "name", "delta.minReaderVersion": "2"}
    writer = rows.write.format("delta").options(**mapping, **{"delta.minWriterVersion": "5"})
    writer.save(str(tmp_path / "lake" / "t"))
    properties = [
        {"name": name, "physicalType": "bigint", "required": True, "unique": True}
        for name in HOSTILE
    ]
    result = run_audit(write_audit(tmp_path, {"t": {"properties": properties}}), spark)
    assert result.exit_code == 0, str(result)
    assert result.record.passed == 1 + 2 * len(HOSTILE)


def test_a_name_that_differs_in_case_only_is_missing(spark: Any, tmp_path: Path) -> None:
    save(spark.range(3).selectExpr("id AS ID"), tmp_path, "t")
    result = run_audit(write_audit(tmp_path, {"t": {"properties": [ID]}}), spark)
    assert outcomes(result)["t.schema"] == "fail"
    assert next(result.where(check="t.completeness.id")).reason == (
        "column id of t is missing; the table has ID"
    )


def test_a_corrupt_file_is_an_error_where_it_is_read(spark: Any, tmp_path: Path) -> None:
    save(spark.range(100).coalesce(1), tmp_path, "t")
    save(spark.range(3), tmp_path, "sound")
    (file,) = (tmp_path / "lake" / "t").glob("*.parquet")
    file.write_bytes(b"PAR1 this is no parquet PAR1")
    for checksum in (tmp_path / "lake" / "t").glob(".*.crc"):
        checksum.unlink()
    tables = {"t": {"properties": [ID]}, "sound": {"properties": [ID]}}
    result = run_audit(write_audit(tmp_path, tables), spark)
    assert outcomes(result)["t.completeness.id"] == "error"
    assert outcomes(result)["sound.completeness.id"] == "pass"
    assert next(result.where(check="t.completeness.id")).condition
    assert result.exit_code == 3


def test_nested_types(spark: Any, tmp_path: Path) -> None:
    rows = spark.range(2).selectExpr(
        "id",
        "named_struct('city', IF(id = 0, NULL, 'x')) AS address",
        "array(named_struct('sku', IF(id = 0, NULL, 's'))) AS items",
        "map('k', id) AS tags",
    )
    save(rows, tmp_path, "t")
    city = {"name": "city", "logicalType": "string", "required": True}
    sku = {"name": "sku", "logicalType": "string", "required": True}
    properties = [
        ID,
        {"name": "address", "logicalType": "object", "properties": [city]},
        {
            "name": "items",
            "logicalType": "array",
            "items": {"logicalType": "object", "properties": [sku]},
        },
        {"name": "tags", "physicalType": "map<string,bigint>"},
    ]
    result = run_audit(write_audit(tmp_path, {"t": {"properties": properties}}), spark)
    failed = {row.check_id: row.violations for row in result.where(outcome="fail")}
    assert sorted(failed.values()) == [1, 1]
    assert all("completeness" in check for check in failed)


@pytest.mark.parametrize("damage", ["absent", "broken"])
def test_an_unusable_result_store(spark: Any, tmp_path: Path, damage: str) -> None:
    save(spark.range(3), tmp_path, "t")
    config = write_audit(tmp_path, {"t": {"properties": [ID]}})
    if damage == "broken":
        initialise(config, spark=spark)
        for file in (tmp_path / "lake" / "sparkguard" / "runs" / "_delta_log").glob("*.json"):
            file.write_text("{broken")
    expected = ConfigurationError if damage == "absent" else (StoreError, ConfigurationError)
    with pytest.raises(expected) as caught:
        audit(config, spark=spark)
    assert "sparkguard init" in str(caught.value) or "can't be read from" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("- a list\n", "an audit is a mapping"),
        ("audit: x\naudit: y\n", "audit"),
        ("audit: &a x\nresults: *a\n", ""),
        ("adit: x\n", "Did you mean 'audit'?"),
        ("audit: x\ncontracts: [/etc/passwd]\nresults: {path: /tmp/r}\ndatasets: {t: {}}\n", ""),
    ],
)
def test_a_wrong_configuration_is_exit_2_before_spark_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    file = tmp_path / "audits" / "x.yaml"
    file.parent.mkdir()
    file.write_text(text)
    assert command(["audit", str(file)]) == 2
    said = capsys.readouterr().err
    assert message in " ".join(said.split())
    assert "Traceback" not in said


def test_a_missing_configuration_is_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["audit", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err.replace("\n", "")
