from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from sparkguard.contracts.compatibility.grades import Mode
from sparkguard.contracts.odcs import load_contract, parse_contract
from sparkguard.errors import ConfigurationError
from tests.contracts.written import HEAD, contract, problems, rules, table


def test_head_is_read_as_text() -> None:
    found = contract("")
    assert (found.id, found.name, found.version, found.status) == ("shop", "shop", "1.10", "active")
    assert found.compatibility is Mode.BOTH
    assert found.tables == ()
    assert len(found.source_hash) == 64


def test_the_hash_is_of_the_meaning_and_not_of_the_layout() -> None:
    same = "# a comment\n" + HEAD.replace("id: shop", 'id:   "shop"')
    assert parse_contract(same, "d.yaml").source_hash == contract("").source_hash
    assert parse_contract(HEAD + "name: x", "d.yaml").source_hash != contract("").source_hash


@pytest.mark.parametrize("version", ["v3.0.0", "v3.0.2", "v3.1.0", "v3.1.1"])
def test_api_versions_3_0_and_3_1_are_accepted(version: str) -> None:
    assert contract("", HEAD.replace("v3.1.0", version)).id == "shop"


@pytest.mark.parametrize("version", ["v2.2.2", "v3.2.0", "v4.0.0", "3.1.0", "v3.1"])
def test_other_api_versions_are_refused_by_name(version: str) -> None:
    [problem] = problems("", HEAD.replace("v3.1.0", version))
    assert problem == f"c.yaml:1:1: apiVersion: found text '{version}', allowed: v3.0.x and v3.1.x"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            table("- {name: a, requierd: true}"),
            ["c.yaml:9:19: properties[0] does not take 'requierd'. Did you mean 'required'?"],
        ),
        ("scheam: []", ["c.yaml:6:1: the contract does not take 'scheam'. Did you mean 'schema'?"]),
        (table("- {logicalType: integer}"), ["c.yaml:9:9: properties[0] needs 'name'"]),
        (
            table("- {name: a, logicalType: int}"),
            [
                "c.yaml:9:19: logicalType: found text 'int', allowed: string, date, timestamp, "
                "time, number, integer, object, array, boolean. Did you mean 'integer'?"
            ],
        ),
        (
            table("- {name: a, required: 'yes'}"),
            ["c.yaml:9:19: required: expected true or false, found text 'yes'"],
        ),
        (
            table("- {name: a, logicalType: integer, logicalTypeOptions: {minimum: ten}}"),
            ["c.yaml:9:62: minimum: expected a number, found text 'ten'"],
        ),
        (
            table("- {name: a, logicalType: integer, logicalTypeOptions: {minLength: 1}}"),
            [
                "c.yaml:9:62: logicalTypeOptions does not take 'minLength'. It takes "
                "exclusiveMaximum, exclusiveMinimum, format, maximum, minimum, multipleOf."
            ],
        ),
        (
            table("- {name: a, logicalTypeOptions: {minLength: 1}}"),
            ["c.yaml:9:19: logicalTypeOptions need a logicalType"],
        ),
        (
            table("- {name: a, quality: [{metric: nullValue, mustBe: 0}]}"),
            [
                "c.yaml:9:30: metric: found text 'nullValue', allowed: nullValues, missingValues, "
                "invalidValues, duplicateValues, rowCount. Did you mean 'nullValues'?"
            ],
        ),
        (
            table("- {name: a, quality: [{metric: nullValues, mustBe: 0, mustNotBe: 1}]}"),
            [
                "c.yaml:9:29: quality[0] takes exactly one of mustBe, mustNotBe, "
                "mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, "
                "mustBeLessOrEqualTo, mustBeBetween, "
                "mustNotBeBetween; found mustBe, mustNotBe"
            ],
        ),
        (
            table("- {name: a, quality: [{metric: nullValues, mustBeLessThan: ten}]}"),
            ["c.yaml:9:50: mustBeLessThan: expected a number, found text 'ten'"],
        ),
        (
            table("- {name: a, quality: [{metric: nullValues, mustBee: 0, mustBe: 0}]}"),
            ["c.yaml:9:50: quality[0] does not take 'mustBee'. Did you mean 'mustBe'?"],
        ),
        (
            table("- {name: a, relationships: [{to: nowhere}]}"),
            [
                "c.yaml:9:36: to: expected table.column, or /schema/<id>/properties/<id> behind an "
                "optional file.yaml#, or a list of them; found text 'nowhere'"
            ],
        ),
        (table("- {name: a}\n- {name: a}"), ["c.yaml:10:9: column 'a' is declared twice"]),
        (
            table("- {name: a}\n- {name: A}"),
            ["c.yaml:10:9: column 'A' differs from 'a' only in case"],
        ),
        (
            table("- {name: a, physicalType: bigit}"),
            ["c.yaml:9:19: physicalType: not a Spark type: 'bigit'. Did you mean 'bigint'?"],
        ),
        (
            table("- {name: a, logicalType: string, physicalType: bigint}"),
            ["c.yaml:9:40: physicalType bigint contradicts logicalType 'string'"],
        ),
        (
            table(
                "- {name: a, logicalType: timestamp, physicalType: timestamp_ntz,"
                " logicalTypeOptions: {timezone: true}}"
            ),
            ["c.yaml:9:93: timezone true means timestamp, found physicalType timestamp_ntz"],
        ),
        (
            table("- {name: a, customProperties: [{property: sparkguard.untit, value: m}]}"),
            [
                "c.yaml:9:38: unknown property 'sparkguard.untit' here; known: "
                "sparkguard.renamedFrom, sparkguard.unit. Did you mean 'sparkguard.unit'?"
            ],
        ),
        (
            table("- {name: a, quality: [{metric: nullValues, mustBe: 0, severity: eror}]}"),
            [
                "c.yaml:9:61: severity: found text 'eror', allowed: error, warn, warning, info. "
                "Did you mean 'error'?"
            ],
        ),
        (
            table(
                "- {name: a, logicalType: integer, logicalTypeOptions: {minimum: 2, maximum: 1}}"
            ),
            ["c.yaml:9:41: no value of a can lie between its limits"],
        ),
        (
            table("- {name: a, logicalType: string, logicalTypeOptions: {pattern: '(a+)+'}}"),
            ["c.yaml:9:61: pattern, position 1: nested repetition could take exponential time"],
        ),
        (
            table(
                "- {name: a, primaryKey: true, primaryKeyPosition: 1}\n"
                "- {name: b, primaryKey: true}"
            ),
            [
                "c.yaml:9:37: primaryKeyPosition: give every column of the key a position from 1, "
                "or none"
            ],
        ),
        ("- a", ["c.yaml:6:1: not YAML: did not find expected key"]),
    ],
)
def test_errors_say_where_what_and_what_was_meant(body: str, expected: list[str]) -> None:
    assert problems(body) == expected


def test_all_errors_are_collected() -> None:
    found = problems(table("- {name: a, requierd: true}\n- {nam: b}\n- {name: c, unique: 3}"))
    assert len(found) == 4


@pytest.mark.parametrize("text", ["", "[]", "a", "5", "a: 1"])
def test_what_is_no_contract_is_a_configuration_error(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_contract(text, "c.yaml")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(ConfigurationError, match="can't be read"):
            load_contract(path)
    (tmp_path / "orders.odcs.yaml").touch()
    with pytest.raises(ConfigurationError, match=r"Did you mean 'orders\.odcs\.yaml'"):
        load_contract(tmp_path / "order.odcs.yaml")


def test_rule_ids_are_unique_and_do_not_depend_on_other_rules() -> None:
    one = table("- {name: a, required: true}\n- {name: b, required: true}")
    other = table("- {name: b, required: true}")
    assert set(rules(other)) <= set(rules(one))
    many = table(
        "- {name: a, quality: [" + ", ".join(["{metric: nullValues, mustBe: 0}"] * 50) + "]}"
    )
    assert len(rules(many)) == 50


def wide(columns: int) -> str:
    lines = [
        f"- {{name: c{i}, description: number {i}, logicalType: integer, physicalType: int,"
        f" required: true, logicalTypeOptions: {{minimum: {i}}}}}"
        for i in range(columns)
    ]
    return table("\n".join(lines))


def test_five_thousand_columns_load_in_seconds() -> None:
    contract(wide(2))
    start = time.perf_counter()
    assert len(contract(wide(5_000)).rules) == 10_001
    assert time.perf_counter() - start < 15


def test_importing_contracts_imports_no_heavy_library() -> None:
    code = (
        "import sys, sparkguard.contracts.odcs, sparkguard.contracts.audit, sparkguard.expressions;"
        "print(sorted({'pydantic', 'jsonschema', 'sqlglot', 'yaml', 'pyspark'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
