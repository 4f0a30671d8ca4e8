from __future__ import annotations

import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from sparkguard.columns import Column
from sparkguard.contracts.compatibility.grades import Mode
from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import load_contract, parse_contract
from sparkguard.datatypes import Atomic, parse
from sparkguard.errors import ConfigurationError, Location
from sparkguard.verdicts import Severity

HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.10
status: active
"""


def contract(body: str, head: str = HEAD) -> Contract:
    return parse_contract(head + body, "c.yaml")


def problems(body: str, head: str = HEAD) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        contract(body, head)
    return [str(problem) for problem in caught.value.problems]


def table(columns: str, rest: str = "") -> str:
    lines = "\n".join(f"      {line}" for line in columns.strip("\n").splitlines())
    return f"schema:\n  - name: orders\n    properties:\n{lines}\n{rest}"


def rules(body: str) -> dict[str, tuple[str, dict[str, object]]]:
    found = contract(body)
    return {r.id: (r.kind, dict(r.options)) for r in found.rules if r.kind != "schema"}


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


def test_columns_keep_their_trees() -> None:
    found = contract(
        table(
            """
- name: address
  physicalName: addr
  logicalType: object
  required: true
  properties:
    - {name: city, logicalType: string, physicalType: varchar(20), required: true}
- name: lines
  logicalType: array
  items:
    logicalType: object
    properties:
      - {name: price, logicalType: number, physicalType: "decimal(10,2)"}
- name: extra
  physicalType: map<string,int>
  classification: internal
  tags: [x]
  customProperties:
    - {property: sparkguard.renamedFrom, value: more}
    - {property: sparkguard.unit, value: kg}
    - {property: owner, value: me}
"""
        )
    ).tables[0]
    assert str(found.struct) == (
        "struct<addr:struct<city:varchar(20)>,lines:array<struct<price:decimal(10,2)>>,"
        "extra:map<string,int>>"
    )
    assert [c.path for c in found.walk()] == [
        ("addr",),
        ("addr", "city"),
        ("lines",),
        ("lines", "[]"),
        ("lines", "[]", "price"),
        ("extra",),
    ]
    extra = found.column(("extra",))
    assert isinstance(extra, Column)
    assert (extra.renamed_from, extra.unit, extra.classification) == ("more", "kg", "internal")
    assert found.column(("addr",)).where == Location("c.yaml", 9, 9)  # type: ignore[union-attr]


def test_required_and_unique_become_rules_at_nested_paths_too() -> None:
    found = rules(
        table(
            """
- {name: a.b, required: true, unique: true}
- name: s
  logicalType: object
  logicalTypeOptions: {required: [x], minProperties: 1}
  properties:
    - {name: x, logicalType: string}
    - {name: y, required: true}
- name: l
  logicalType: array
  logicalTypeOptions: {minItems: 1, maxItems: 9, uniqueItems: true}
  items: {logicalType: string, required: true, logicalTypeOptions: {maxLength: 3}}
"""
        )
    )
    assert found == {
        "orders.completeness.a.b": ("completeness", {"column": "a.b"}),
        "orders.uniqueness.a.b": ("uniqueness", {"columns": ("a.b",), "key_nulls": "ignore"}),
        "orders.size.s": ("size", {"column": "s", "min": 1}),
        "orders.completeness.s.x": ("completeness", {"column": ("s", "x")}),
        "orders.completeness.s.y": ("completeness", {"column": ("s", "y")}),
        "orders.size.l": ("size", {"column": "l", "min": 1, "max": 9}),
        "orders.unique_items.l": ("unique_items", {"column": "l"}),
        "orders.completeness.l.[]": ("completeness", {"column": ("l", "[]")}),
        "orders.length.l.[]": ("length", {"column": ("l", "[]"), "max": 3}),
    }


def test_keys_follow_their_positions_and_grain_defaults_to_the_key() -> None:
    found = contract(
        table(
            """
- {name: a, primaryKey: true, primaryKeyPosition: 2, partitioned: true}
- {name: b, primaryKey: true, primaryKeyPosition: 1}
""",
            "    customProperties: [{property: sparkguard.grain, value: [b]}]\n",
        )
    ).tables[0]
    assert found.primary_key == ("b", "a")
    assert found.partitioned_by == ("a",)
    assert found.grain == ("b",)
    [key] = [rule for rule in found.rules if rule.kind == "uniqueness"]
    assert key.id == "orders.uniqueness.b+a"
    assert dict(key.options) == {"columns": ("b", "a"), "key_nulls": "violation"}
    schema = next(rule for rule in found.rules if rule.kind == "schema")
    assert schema.options["partitioned_by"] == ("a",)
    assert schema.options["columns"] == found.columns


def test_logical_type_options_become_rules() -> None:
    found = rules(
        table(
            """
- name: i
  logicalType: integer
  logicalTypeOptions: {minimum: 0, exclusiveMaximum: 10, multipleOf: 2, format: u8}
- {name: j, logicalType: integer, physicalType: int, logicalTypeOptions: {format: i64}}
- {name: d, logicalType: date, logicalTypeOptions: {minimum: 2013-01-01}}
- name: t
  logicalType: timestamp
  logicalTypeOptions: {minimum: "2013-01-01T00:00:00", defaultTimezone: Europe/Berlin}
- name: n
  logicalType: timestamp
  physicalType: timestamp_ntz
  logicalTypeOptions: {maximum: "2013-01-01T00:00:00"}
- {name: u, logicalType: string, logicalTypeOptions: {format: uuid, pattern: "^a$"}}
- {name: v, logicalType: string, logicalTypeOptions: {format: iban}}
- {name: w, logicalType: date, logicalTypeOptions: {format: yyyy-MM-dd}}
"""
        )
    )
    assert found["orders.range.i"][1] == {
        "column": "i",
        "min": 0,
        "exclusive_max": 10,
        "multiple_of": 2,
    }
    assert found["orders.range.i.u8"][1] == {"column": "i", "min": 0, "max": 255}
    assert "orders.range.j.i64" not in found
    assert found["orders.range.d"][1] == {"column": "d", "min": date(2013, 1, 1).isoformat()}
    assert found["orders.range.t"][1]["min"] == "2013-01-01T00:00:00+01:00"
    assert found["orders.range.n"][1]["max"] == "2013-01-01T00:00:00"
    assert found["orders.pattern.u"][1] == {"column": "u", "pattern": r"\Aa\z"}
    assert found["orders.pattern.u.uuid"][1]["format"] == "uuid"
    assert found["orders.format.v"][0] == "format"
    skips = {
        r.id: r.skip
        for r in contract(
            table("- {name: v, logicalType: string, logicalTypeOptions: {format: iban}}")
        ).rules
        if r.skip
    }
    assert skips == {"orders.format.v": "format 'iban' has no pattern here; give pattern as well"}


def test_a_number_format_is_its_type() -> None:
    found = contract(table("- {name: a, logicalType: number, logicalTypeOptions: {format: f32}}"))
    assert found.tables[0].columns[0].physical == Atomic("float")
    assert parse("float") == Atomic("float")


def test_quality_rules() -> None:
    found = contract(
        table(
            """
- name: a
  quality:
    - {metric: nullValues, mustBeLessThan: 5, unit: percent, severity: Warning}
    - {metric: nullValues, mustBe: 0, name: Second rule}
    - {metric: missingValues, arguments: {missingValues: [null, "", N/A]}, mustBe: 0}
    - {id: known, metric: invalidValues, mustBe: 0, arguments: {validValues: [1, x], pattern: ^a$}}
    - {metric: duplicateValues, mustBe: 0}
    - {type: sql, query: "SELECT count(*) FROM ${table} WHERE ${column} > 3", mustBeBetween: [1, 9]}
    - {type: custom, engine: SparkGuard, implementation: {check: range, max: 5}}
    - {type: text, description: Someone looks at it.}
    - {type: custom, engine: soda, implementation: "checks: x"}
- {name: b}
""",
            """\
    quality:
      - {metric: rowCount, mustBeGreaterThan: 0}
      - {metric: duplicateValues, arguments: {properties: [a, b]}, mustBe: 0}
""",
        )
    )
    by_id = {rule.id: rule for rule in found.rules if rule.kind != "schema"}
    assert {id_: rule.kind for id_, rule in by_id.items()} == {
        "orders.row_count": "row_count",
        "orders.duplicate_values": "duplicate_values",
        "orders.null_values.a": "null_values",
        "orders.null_values.a.Second_rule": "null_values",
        "orders.missing_values.a": "missing_values",
        "orders.known": "invalid_values",
        "orders.duplicate_values.a": "duplicate_values",
        "orders.sql_expression.a": "sql_expression",
        "orders.range.a": "range",
        "orders.text.a": "text",
        "orders.custom.a": "custom",
    }
    assert by_id["orders.null_values.a"].severity is Severity.WARN
    assert str(by_id["orders.null_values.a"].options["threshold"]) == "less than 5 %"
    assert by_id["orders.missing_values.a"].options["missing"] == (None, "", "N/A")
    assert by_id["orders.known"].options["valid"] == (1, "x")
    assert by_id["orders.known"].options["pattern"] == r"\Aa\z"
    query = by_id["orders.sql_expression.a"].options["query"]
    assert query.value.text == "count(1) FILTER (WHERE ((`a` > 3)))"
    assert dict(by_id["orders.range.a"].options) == {"max": 5, "column": "a"}
    assert by_id["orders.range.a"].where_of("max") == Location("c.yaml", 17, 79)
    assert by_id["orders.text.a"].skip == "type text is for people; nothing evaluates it"
    assert "is not SparkGuard" in by_id["orders.custom.a"].skip
    assert dict(by_id["orders.duplicate_values"].options)["columns"] == ("a", "b")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("{description: nothing}", "needs metric"),
        ("{metric: rowCount, mustBe: 0}", "write it at the table"),
        ("{metric: nullValues, mustBe: zero}", "takes a number, found text 'zero'"),
        ("{metric: nullValues, mustBe: 0, unit: kilo}", "unit is rows or percent"),
        ("{metric: nullValues, mustBe: .nan}", "finite"),
        ("{metric: nullValues, mustBe: 0, arguments: {x: 1}}", "does not take 'x'"),
        ("{metric: invalidValues, mustBe: 0}", "needs arguments: validValues or pattern"),
        (
            "{metric: invalidValues, mustBe: 0, arguments: {validVales: [1]}}",
            "Did you mean 'validValues'?",
        ),
        (
            "{metric: invalidValues, mustBe: 0, arguments: {validValues: []}}",
            "expected a list of values",
        ),
        ("{metric: nullValues, mustBeBetween: [3, 1]}", "first number must be below"),
        ("{type: sql, query: 'select 1', mustBe: 0}", "a query reads one table"),
        ("{type: sql, query: 'select count(*) from ordres', mustBe: 0}", "Did you mean 'orders'?"),
        ("{type: sql, query: 'select count(*) from ${tabel}', mustBe: 0}", "Did you mean 'table'?"),
        (
            "{type: sql, query: 'select sum(rand()) from orders', mustBe: 0}",
            "changes from run to run",
        ),
        ("{type: custom, engine: sparkguard, implementation: x}", "expected a mapping"),
        ("{type: custom, engine: sparkguard, implementation: {column: a}}", "check: expected"),
        ("{type: custom, engine: sparkguard}", "needs 'implementation'"),
        ("{type: sql, mustBe: 0}", "needs 'query'"),
    ],
)
def test_wrong_quality_rules_are_refused(item: str, message: str) -> None:
    found = problems(table(f"- {{name: a, quality: [{item}]}}"))
    assert any(message in problem for problem in found), found


RELATED = """\
schema:
  - name: orders
    id: o1
    properties:
      - {name: customer, logicalType: integer, relationships: [{to: %s}]}
      - {name: shop, logicalType: string}
    relationships: %s
  - name: customers
    id: c1
    properties:
      - {name: id, id: key, physicalName: cust_id, logicalType: integer}
      - {name: shop, logicalType: string}
"""


@pytest.mark.parametrize(
    "to", ["customers.id", "/schema/c1/properties/key", "schema/customers/properties/id"]
)
def test_relationships_resolve_names_and_ids(to: str) -> None:
    both = "[{from: [orders.customer, orders.shop], to: [customers.id, customers.shop]}]"
    found = {
        r.id: dict(r.options)
        for r in contract(RELATED % (to, both)).rules
        if r.kind == "references"
    }
    assert found == {
        "orders.references.customer": {
            "columns": ("customer",),
            "to_table": "customers",
            "to_columns": ("cust_id",),
        },
        "orders.references.customer+shop": {
            "columns": ("customer", "shop"),
            "to_table": "customers",
            "to_columns": ("cust_id", "shop"),
        },
    }


@pytest.mark.parametrize(
    ("to", "schema_level", "message"),
    [
        ("customer.id", "[]", "Did you mean 'customers'?"),
        ("customers.idd", "[]", "Did you mean 'id'?"),
        ("customers.shop", "[]", "customer holds numbers and shop text"),
        (
            "customers.id",
            "[{from: [orders.customer], to: [customers.id, customers.shop]}]",
            "1 columns refer to 2",
        ),
        (
            "customers.id",
            "[{from: customers.id, to: orders.customer}]",
            "expected columns of orders",
        ),
        (
            "customers.id",
            "[{from: [orders.shop, orders.shop], to: [customers.shop, orders.shop]}]",
            "in one table",
        ),
    ],
)
def test_wrong_relationships_are_refused(to: str, schema_level: str, message: str) -> None:
    found = problems(RELATED % (to, schema_level))
    assert any(message in problem for problem in found), found


def test_service_levels_become_freshness_or_are_listed() -> None:
    found = contract(
        table("- {name: at, physicalName: at_utc, logicalType: timestamp}") + "slaProperties:\n"
        "  - {property: latency, value: 2, unit: h, element: orders.at}\n"
        "  - {property: freshness, value: 0.5, unit: d, element: at}\n"
        "  - {property: retention, value: 3, unit: y}\n"
    )
    fresh = [rule for rule in found.rules if rule.kind == "freshness"]
    assert [dict(rule.options) for rule in fresh] == [
        {"element": "at_utc", "seconds": 7_200},
        {"element": "at_utc", "seconds": 43_200},
    ]
    assert [rule.id for rule in fresh] == ["orders.freshness.at_utc", "orders.freshness.at_utc.2"]
    assert [rule.skip for rule in found.listed] == [
        "service level 'retention' can't be read off a table"
    ]


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ("{property: latency, value: 2, unit: m, element: orders.at}", "unit: found text 'm'"),
        ("{property: latency, value: soon, unit: h, element: orders.at}", "above 0"),
        ("{property: latency, value: 1, unit: h}", "needs element"),
        ("{property: latency, value: 1, unit: h, element: orders.att}", "Did you mean 'at'?"),
        ("{property: latency, value: 1, unit: h, element: order.at}", "Did you mean 'orders'?"),
        (
            "{property: latency, value: 1, unit: h, element: orders.n}",
            "expected a date or timestamp",
        ),
    ],
)
def test_wrong_service_levels_are_refused(level: str, message: str) -> None:
    body = table("- {name: at, logicalType: timestamp}\n- {name: n, logicalType: integer}")
    found = problems(f"{body}slaProperties:\n  - {level}\n")
    assert any(message in problem for problem in found), found


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
