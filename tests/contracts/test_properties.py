from __future__ import annotations

from datetime import date

from sparkguard.bound_rules import bind_contract
from sparkguard.columns import Column
from sparkguard.datatypes import Atomic, parse
from sparkguard.errors import Location
from tests.contracts.written import contract, problems, rules, table


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


def test_a_timezone_is_the_type_of_a_timestamp() -> None:
    found = contract(
        table(
            "- {name: a, logicalType: timestamp, logicalTypeOptions: {timezone: true}}\n"
            "- {name: b, logicalType: timestamp, logicalTypeOptions: {timezone: false}}\n"
            "- {name: c, logicalType: timestamp}\n"
            "- {name: d, logicalType: time, logicalTypeOptions: {timezone: true}}"
        )
    )
    types = [column.physical for column in found.tables[0].columns]
    assert types == [Atomic("timestamp"), Atomic("timestamp_ntz"), None, None]


def test_keys_inside_an_array_are_listed_since_a_row_has_several() -> None:
    found = contract(
        table(
            """
- name: key
  logicalType: integer
- name: lines
  logicalType: array
  items:
    logicalType: object
    properties:
      - name: sku
        logicalType: integer
        required: true
        unique: true
        relationships: [{to: orders.key}]
        quality: [{metric: duplicateValues, mustBe: 0}, {metric: nullValues, mustBe: 0}]
"""
        )
    ).tables[0]
    skipped = {rule.kind: rule.skip for rule in found.rules if rule.skip}
    assert skipped == {
        kind: f"{kind}: a row has several values of lines.[].sku"
        for kind in ("uniqueness", "duplicate_values", "references")
    }
    assert {"completeness", "null_values"} <= {rule.kind for rule in found.rules}


def test_limits_of_times_are_compared_as_moments() -> None:
    limits = "minimum: '2024-01-01T00:00:00+05:00', maximum: '2023-12-31T23:00:00Z'"
    column = "- {name: at, logicalType: timestamp, logicalTypeOptions: {%s}}"
    (rule,) = [b for b in bind_contract(contract(table(column % limits))) if b.spec.kind == "range"]
    assert rule.check is not None
    clock = "minimum: '20240101', maximum: '10:00:00'"
    column = "- {name: at, logicalType: time, logicalTypeOptions: {%s}}"
    (problem,) = problems(table(column % clock))
    assert problem.endswith("no value of at can lie between its limits")
