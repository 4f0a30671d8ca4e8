"""Whatever comes in: an outcome or an exit code with a clear message; never a pass."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run as command
from sparkguard.errors import ConfigurationError, StoreError
from sparkguard.results.run_result import RunResult
from sparkguard.results.verdict_rows import ResultRow, verdict_of
from sparkguard.run import audit, initialise
from sparkguard.verdicts import exit_code
from tests.shops import run_audit, save, write_audit

ID = {"name": "id", "physicalType": "bigint", "required": True}
AMOUNT = {
    "name": "amount",
    "physicalType": "double",
    "logicalType": "number",
    "logicalTypeOptions": {"minimum": 0},
    "required": True,
}


HOSTILE = ["a.b", "a`b", "a b", "select", "count", "🎉", "x" * 200, "'; --", "__sparkguard_cell0"]
CITY = {"name": "city", "logicalType": "string", "required": True}
SKU = {"name": "sku", "logicalType": "string", "required": True}
NESTED = [
    ID,
    {"name": "address", "logicalType": "object", "properties": [CITY]},
    {
        "name": "items",
        "logicalType": "array",
        "items": {"logicalType": "object", "properties": [SKU]},
    },
    {"name": "tags", "physicalType": "map<string,bigint>"},
]
VARIABLES = {
    "properties": [
        ID,
        {"name": "${env:HOME}", "physicalType": "bigint", "required": True},
        {
            "name": "text",
            "logicalType": "string",
            "logicalTypeOptions": {"pattern": r"^\$\{(x|env:HOME)\}$"},
        },
    ],
    "quality": [
        {
            "type": "custom",
            "engine": "sparkguard",
            "implementation": {
                "check": "set", "column": "text", "values": ["${x}", "${env:HOME}"],
            },
        },
        {
            "type": "custom",
            "engine": "sparkguard",
            "implementation": {
                "check": "sql_expression", "expression": "text LIKE '%${x}%'",
            },
        },
    ],
}  # fmt: skip
PROMISED: dict[str, dict[str, Any]] = {
    "sound": {"properties": [ID]},
    "gone": {"properties": [ID]},
    "retyped": {"properties": [ID, AMOUNT]},
    "empty": {"properties": [ID, AMOUNT], "quality": [{"metric": "rowCount", "mustBe": 0}]},
    "special": {"properties": [ID, AMOUNT]},
    "all_null": {"properties": [ID, AMOUNT]},
    "hostile": {
        "properties": [
            {"name": name, "physicalType": "bigint", "required": True, "unique": True}
            for name in HOSTILE
        ]
    },
    "cased": {"properties": [ID]},
    "variables": VARIABLES,
    "corrupt": {"properties": [ID]},
    "nested": {"properties": NESTED},
}


@pytest.fixture(scope="module")
def found(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """One audit of a sound table and of all the others."""
    folder = tmp_path_factory.mktemp("bad")
    save(spark.range(3), folder, "sound")
    save(spark.range(3).selectExpr("CAST(id AS STRING) AS id"), folder, "retyped")
    save(spark.range(0).selectExpr("id", "CAST(id AS DOUBLE) AS amount"), folder, "empty")
    numbers = "array('NaN', 'Infinity', '-Infinity', '-0.0', NULL, '1')"
    rows = spark.range(1).selectExpr(f"explode({numbers}) AS text")
    save(rows.selectExpr("1L AS id", "CAST(text AS DOUBLE) AS amount"), folder, "special")
    save(spark.range(3).selectExpr("id", "CAST(NULL AS DOUBLE) AS amount"), folder, "all_null")
    names = [f"`{name.replace('`', '``')}`" for name in HOSTILE]
    mapping = {"delta.columnMapping.mode": "name", "delta.minReaderVersion": "2"}
    writer = spark.range(3).selectExpr(*(f"id AS {name}" for name in names)).write.format("delta")
    writer.options(**mapping, **{"delta.minWriterVersion": "5"}).save(f"{folder}/lake/hostile")
    save(spark.range(3).selectExpr("id AS ID"), folder, "cased")
    save(spark.range(100).coalesce(1), folder, "corrupt")
    (file,) = (folder / "lake" / "corrupt").glob("*.parquet")
    file.write_bytes(b"PAR1 this is no parquet PAR1")
    for checksum in (folder / "lake" / "corrupt").glob(".*.crc"):
        checksum.unlink()
    nested = spark.range(2).selectExpr(
        "id",
        "named_struct('city', IF(id = 0, NULL, 'x')) AS address",
        "array(named_struct('sku', IF(id = 0, NULL, 's'))) AS items",
        "map('k', id) AS tags",
    )
    save(nested, folder, "nested")
    texts = spark.createDataFrame(
        [(0, 0, "${x}"), (1, 1, "${env:HOME}")], "a long, b long, c string"
    )
    texts = texts.toDF("id", "${env:HOME}", "text").write.format("delta")
    texts.options(**mapping, **{"delta.minWriterVersion": "5"}).save(f"{folder}/lake/variables")
    by_text = {"variables": {"slices": {"by": ["text"], "judge": "all"}}}
    return run_audit(write_audit(folder, PROMISED, by_text), spark)


def of(found: RunResult, table: str) -> dict[str, ResultRow]:
    """What was found of a table, by check without the table's name."""
    return {r.check_id.partition(".")[2]: r for r in found.results if r.dataset == table}


def told(found: RunResult, table: str) -> tuple[dict[str, str], int]:
    """The outcomes of a table, and the exit code of an audit of it alone."""
    rows = of(found, table)
    verdicts = [verdict_of(asdict(row)) for row in rows.values()]
    return {check: row.outcome for check, row in rows.items()}, exit_code(verdicts)


def test_bad_tables_leave_a_sound_one_alone(found: RunResult) -> None:
    assert told(found, "sound") == ({"schema": "pass", "completeness.id": "pass"}, 0)
    assert {row.dataset for row in found.results} == PROMISED.keys()
    assert found.exit_code == 3


def test_a_missing_table_is_an_error(found: RunResult) -> None:
    assert told(found, "gone") == ({"schema": "error", "completeness.id": "error"}, 3)
    assert "does not exist" in (of(found, "gone")["schema"].reason or "")


def test_missing_and_retyped_columns_fail_the_schema_and_block_their_checks(
    found: RunResult,
) -> None:
    outcomes = {
        "schema": "fail",
        "completeness.id": "not_evaluable",
        "completeness.amount": "not_evaluable",
        "range.amount": "not_evaluable",
    }
    assert told(found, "retyped") == (outcomes, 1)
    rows = of(found, "retyped")
    assert rows["range.amount"].reason == "column amount of retyped is missing"
    reason = "column id of retyped is string, promised is bigint"
    assert rows["completeness.id"].reason == reason


def test_an_empty_table_is_not_a_pass(found: RunResult) -> None:
    outcomes = {
        "schema": "pass",
        "completeness.id": "not_evaluable",
        "completeness.amount": "not_evaluable",
        "range.amount": "not_evaluable",
        "row_count": "pass",
    }
    assert told(found, "empty") == (outcomes, 3)


def test_special_numbers_have_their_own_counts(found: RunResult) -> None:
    rows = of(found, "special")
    assert rows["completeness.amount"].violations == 1
    # NaN, and minus infinity; minus zero is zero, and infinity is a value above it.
    assert (rows["range.amount"].outcome, rows["range.amount"].violations) == ("fail", 2)
    assert "2" in (rows["range.amount"].reason or "")


def test_an_all_null_column(found: RunResult) -> None:
    outcomes, code = told(found, "all_null")
    assert outcomes["completeness.amount"] == "fail"
    assert outcomes["range.amount"] != "pass"
    assert code != 0


def test_hostile_names(found: RunResult) -> None:
    outcomes, code = told(found, "hostile")
    assert set(outcomes.values()) == {"pass"}
    assert len(outcomes) == 1 + 2 * len(HOSTILE)
    assert code == 0


def test_texts_that_look_like_variables_mean_themselves(found: RunResult) -> None:
    rows = [row for row in found.results if row.dataset == "variables"]
    told = {(row.check_id.partition(".")[2], row.slice): row.outcome for row in rows}
    x, home = "text=%24%7Bx%7D", "text=%24%7Benv:HOME%7D"
    for where in ("", x, home):
        assert told["pattern.text", where] == told["set.text", where] == "pass"
    assert [told["sql_expression", where] for where in ("", x, home)] == ["fail", "pass", "fail"]
    named = [row for row in rows if row.check_id == "variables.completeness.${env:HOME}"]
    assert {row.outcome for row in named} == {"error"}
    assert "can't name '${env:HOME}'" in (named[0].reason or "")


def test_a_name_that_differs_in_case_only_is_missing(found: RunResult) -> None:
    rows = of(found, "cased")
    assert rows["schema"].outcome == "fail"
    reason = "column id of cased is missing; the table has ID"
    assert rows["completeness.id"].reason == reason


def test_a_corrupt_file_is_an_error_where_it_is_read(found: RunResult) -> None:
    outcomes, code = told(found, "corrupt")
    assert (outcomes["completeness.id"], code) == ("error", 3)
    assert of(found, "corrupt")["completeness.id"].condition


def test_nested_types(found: RunResult) -> None:
    failed = {check: r for check, r in of(found, "nested").items() if r.outcome == "fail"}
    assert [row.violations for row in failed.values()] == [1, 1]
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
