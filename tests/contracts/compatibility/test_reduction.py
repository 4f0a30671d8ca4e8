from __future__ import annotations

import pytest

from sparkguard.contracts.compatibility.comparison import compare
from sparkguard.contracts.compatibility.grades import (
    BOTH,
    LOOSENS,
    NONE,
    TIGHTENS,
    UNDETERMINED,
    Grade,
    Mode,
)
from sparkguard.contracts.compatibility.reduction import shape_of
from sparkguard.contracts.compatibility.rules import spec_behind
from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import parse_contract

BASE = """\
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
description: {purpose: orders of the shop}
slaProperties:
  - {property: latency, value: 2, unit: d, element: orders.at}
schema:
  - name: orders
    physicalName: orders
    quality:
      - {metric: rowCount, mustBeGreaterThan: 10}
    relationships:
      - {type: foreignKey, from: orders.shop, to: shops.id}
    properties:
      - {name: id, logicalType: integer, physicalType: bigint, primaryKey: true}
      - name: amount
        logicalType: number
        physicalType: decimal(10,2)
        logicalTypeOptions: {minimum: 0, maximum: 100}
        customProperties: [{property: sparkguard.unit, value: EUR}]
      - name: state
        logicalType: string
        quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [open, paid]}}]
      - {name: shop, logicalType: integer, required: true}
      - {name: at, logicalType: timestamp, physicalType: timestamp, partitioned: true}
      - {name: tags, logicalType: array, items: {logicalType: string}}
      - {name: note, logicalType: string, unique: true, description: free text}
  - name: shops
    properties:
      - {name: id, logicalType: integer}
"""


def contract(*edits: tuple[str, str]) -> Contract:
    text = BASE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_contract(text, "orders.odcs.yaml")


EDITS = [
    (("minimum: 0,", "minimum: 1,"), TIGHTENS, "rule_changed"),
    (("minimum: 0,", "exclusiveMinimum: 0,"), TIGHTENS, "rule_changed"),
    (("maximum: 100}", "maximum: 500}"), LOOSENS, "rule_changed"),
    (("        logicalTypeOptions: {minimum: 0, maximum: 100}\n", ""), LOOSENS, "rule_removed"),
    (("[open, paid]", "[open, paid, lost]"), LOOSENS, "value_added"),
    (("[open, paid]", "[open]"), TIGHTENS, "value_removed"),
    (("mustBe: 0,", "mustBeLessThan: 5,"), BOTH, None),
    (("mustBeGreaterThan: 10", "mustBeGreaterThan: 20"), TIGHTENS, "rule_changed"),
    (("mustBeGreaterThan: 10", "mustBeGreaterThan: 5"), LOOSENS, "rule_changed"),
    (("mustBeGreaterThan: 10", "mustBeLessThan: 10"), BOTH, "rule_changed"),
    (("value: 2, unit: d", "value: 1, unit: d"), TIGHTENS, "rule_changed"),
    (("value: 2, unit: d", "value: 48, unit: h"), NONE, ""),
    (("value: EUR", "value: USD"), UNDETERMINED, "meaning_unit"),
    (("name: note, logicalType: string, unique: true", "name: note, logicalType: string"),
     LOOSENS, "rule_removed"),
    (("    relationships:\n      - {type: foreignKey, from: orders.shop, to: shops.id}\n", ""),
     LOOSENS, "rule_removed"),
    (("description: free text", "description: other text"), NONE, "note_description"),
    (("purpose: orders of the shop", "purpose: orders"), NONE, "note_description"),
    (("status: active", "status: draft"), NONE, "note_status"),
    (("partitioned: true", "description: when"), NONE, None),
    (("physicalName: orders", "physicalName: orders_v2"), UNDETERMINED, "unrecognised"),
    (("logicalType: integer, required: true}", "logicalType: integer}"), LOOSENS, "nullable"),
    (("name: id, logicalType: integer, physicalType: bigint", "name: id, logicalType: integer"),
     LOOSENS, "type_unstated"),
    (("name: state\n        logicalType: string", "name: state\n        physicalType: string"),
     TIGHTENS, "type_stated"),
    (("items: {logicalType: string}", "items: {logicalType: string, required: true}"),
     TIGHTENS, "element_required"),
    (("unique: true, description", "logicalTypeOptions: {minLength: 2}, description"), BOTH, None),
    (("version: 1.0.0", "version: 1.1.0"), NONE, ""),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "grade", "rule"), EDITS)
def test_an_edit_of_the_file_has_a_grade(
    edit: tuple[str, str], grade: Grade, rule: str | None
) -> None:
    diff = compare(shape_of(contract()), shape_of(contract(edit)))
    assert diff.grade == grade, diff.changes
    if rule is not None:
        assert [c.rule for c in diff.changes] == ([rule] if rule else [])


def test_a_property_that_no_rule_recognises_is_undetermined() -> None:
    unit = "{property: sparkguard.unit, value: EUR}"
    edit = (unit, unit + ", {property: retention, value: 3}")
    diff = compare(shape_of(contract()), shape_of(contract(edit)))
    assert [c.rule for c in diff.changes] == ["meaning_retention"]
    assert diff.blocks(Mode.BOTH) == diff.changes


def test_allowing_a_quarantine_is_seen() -> None:
    edit = ("physicalName: orders", "physicalName: orders\n    customProperties: "
            "[{property: sparkguard.quarantine, value: allowed}]")  # fmt: skip
    (change,) = compare(shape_of(contract()), shape_of(contract(edit))).changes
    assert (change.path, change.grade) == (("sparkguard.quarantine",), UNDETERMINED)


NOTE = "name: note, logicalType: string"
SODA = "{type: custom, engine: soda, implementation: 'min(note) > 1', severity: error}"
FIELD = "[{type: custom, engine: sparkguard, implementation: {check: set, column: [a, b], values: "


@pytest.mark.parametrize(
    ("column", "old", "new", "grade", "rule"),
    [
        ("timestamp", "{timezone: true}", "{timezone: false}", BOTH, "timestamp_zone"),
        ("timestamp", "{}", "{timezone: false}", TIGHTENS, "type_stated"),
        ("timestamp", "{timezone: true}", "{}", LOOSENS, "type_unstated"),
        ("time", "{timezone: true}", "{timezone: false}", UNDETERMINED,
         "meaning_logicalTypeOptions.timezone"),
        ("timestamp", "{}", "{defaultTimezone: Europe/Berlin}", UNDETERMINED,
         "meaning_logicalTypeOptions.defaultTimezone"),
        ("string", "{format: ipv6}", "{format: byte}", UNDETERMINED, "unrecognised"),
        ("date", "{format: yyyy-MM-dd}", "{format: dd.MM.yyyy}", UNDETERMINED, "unrecognised"),
        ("array", "{uniqueItems: false}", "{}", None, ""),
    ],
)  # fmt: skip
def test_every_option_of_a_type_is_seen(
    column: str, old: str, new: str, grade: Grade | None, rule: str
) -> None:
    def with_(options: str) -> Contract:
        return contract((NOTE, f"name: note, logicalType: {column}, logicalTypeOptions: {options}"))

    changes = compare(shape_of(with_(old)), shape_of(with_(new))).changes
    wanted = [] if grade is None else [(rule, grade)]
    assert [(c.rule, c.grade) for c in changes] == wanted


def test_a_default_timezone_is_no_default_of_the_column() -> None:
    at = "logicalType: timestamp, physicalType: timestamp"
    other = f"{at}, logicalTypeOptions: {{defaultTimezone: Europe/Berlin}}"
    assert not shape_of(contract((at, other))).tables[0].facts[("at",)].has_default


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("min(note) > 1", "min(note) > 2"),
        ("engine: soda", "engine: greatExpectations"),
        ("severity: error", "severity: warning"),
    ],
)
def test_a_change_of_another_engines_rule_is_undetermined(old: str, new: str) -> None:
    before, after = (
        contract((NOTE, f"{NOTE}, quality: [{rule}]")) for rule in (SODA, SODA.replace(old, new))
    )
    (change,) = compare(shape_of(before), shape_of(after)).changes
    assert (change.rule, change.grade) == ("unrecognised", UNDETERMINED)


@pytest.mark.parametrize("values", ["[open]", "[open, paid, lost]"])
def test_a_closed_set_of_a_field_that_only_the_type_names_is_a_rule(values: str) -> None:
    def with_(quality: str) -> Contract:
        struct = "name: a, physicalType: 'struct<b: string>'"
        return contract((NOTE, f"{struct}{quality}}}\n      - {{{NOTE}"))

    def closed(values: str) -> Contract:
        return with_(f", quality: {FIELD}{values}}}}}]")

    kept = closed("[open, paid]")
    (change,) = compare(shape_of(kept), shape_of(closed(values))).changes
    assert (change.rule, change.grade) == ("rule_changed", UNDETERMINED)
    (added,) = compare(shape_of(with_("")), shape_of(kept)).changes
    assert (added.rule, added.grade) == ("rule_added", TIGHTENS)
    assert spec_behind(added, kept.tables[0]) is not None
    (removed,) = compare(shape_of(kept), shape_of(with_(""))).changes
    assert (removed.rule, removed.grade) == ("rule_removed", LOOSENS)


def test_reordering_the_file_changes_nothing() -> None:
    text = BASE.replace("status: active\n", "").replace(
        "id: orders\n", "id: orders\nstatus: active\n"
    )
    other = parse_contract(text, "other.yaml")
    assert compare(shape_of(contract()), shape_of(other)).changes == ()
    assert other.source_hash == contract().source_hash


def test_the_rule_behind_a_change_is_found_exactly() -> None:
    old = contract(
        ("        logicalTypeOptions: {minimum: 0, maximum: 100}\n", ""),
        ("primaryKey: true", "description: the key"),
        ("[open, paid]", "[open, paid, lost]"),
    )
    new = contract()
    table = new.tables[0]
    found = {
        c.rule: spec.id if (spec := spec_behind(c, table)) else None
        for c in compare(shape_of(old), shape_of(new)).changes
        if c.discharge.value == "scan" and c.path != ("id",)
    }
    kinds = {rule: (spec or "").split(".")[1] for rule, spec in found.items()}
    assert kinds["value_removed"] == "invalid_values"
    assert set(kinds.values()) <= {"invalid_values", "range", "uniqueness"}


@pytest.mark.parametrize(
    ("old", "new", "grade", "said"),
    [
        ("maximum: 9007199254740993", "maximum: 9007199254740992", TIGHTENS, "9007199254740992"),
        ("maximum: 0.3", "maximum: 0.1", TIGHTENS, "-inf to 0.1"),
        ("maximum: 5", "exclusiveMaximum: 5", TIGHTENS, "5 (excluded)"),
        ("exclusiveMinimum: 0", "minimum: 0", LOOSENS, "in 0 to inf"),
    ],
)
def test_bounds_are_compared_to_the_last_digit(old: str, new: str, grade: Grade, said: str) -> None:
    def with_(bound: str) -> Contract:
        return contract(("{minimum: 0, maximum: 100}", f"{{{bound}}}"))

    (change,) = compare(shape_of(with_(old)), shape_of(with_(new))).changes
    assert change.grade == grade
    assert said in change.new
    assert change.old != change.new


def test_moments_are_compared_to_the_microsecond() -> None:
    """Of years far away too, where seconds as a float have no such digits."""
    at = "physicalType: timestamp, partitioned: true"
    one, two = (
        contract((at, at + f", logicalTypeOptions: {{maximum: '9999-12-31T23:59:59.{digits}Z'}}"))
        for digits in ("999999", "999998")
    )
    assert compare(shape_of(one), shape_of(two)).grade == TIGHTENS


def test_only_the_rule_of_the_very_columns_is_behind_a_new_key_or_grain() -> None:
    grain = "quality:\n      - {metric: rowCount"
    own = "customProperties: [{property: sparkguard.grain, value: [id, shop]}]\n    "
    finer = (grain, own + grain)
    unique = (
        "quality:\n", "quality:\n      - {type: custom, engine: sparkguard, implementation: "
        "{check: uniqueness, columns: [id, shop], key_nulls: violation}}\n",
    )  # fmt: skip
    (change,) = compare(shape_of(contract()), shape_of(contract(finer))).changes
    assert (change.rule, change.old, change.new) == ("rule_added", "no grain", "id, shop")
    assert spec_behind(change, contract(finer).tables[0]) is None, "the key's rule proves another"
    spec = spec_behind(change, contract(finer, unique).tables[0])
    assert spec is not None
    assert spec.options["columns"] == ("id", "shop")
    no_key = contract(("primaryKey: true", "required: true"))
    (keyed,) = compare(shape_of(no_key), shape_of(contract())).changes
    spec = spec_behind(keyed, contract().tables[0])
    assert spec is not None
    assert (spec.kind, tuple(spec.options["columns"])) == ("uniqueness", ("id",))


def test_a_closed_set_is_not_behind_another_change_of_its_column() -> None:
    untyped = ("logicalType: string\n        quality", "physicalType: string\n        quality")
    changes = compare(shape_of(contract()), shape_of(contract(untyped))).changes
    assert [(c.rule, c.path) for c in changes] == [("type_stated", ("state",))]
    assert spec_behind(changes[0], contract(untyped).tables[0]) is None


def test_cyclic_references_are_compared_like_others() -> None:
    back = "      - {type: foreignKey, from: shops.id, to: orders.id}\n"
    cyclic = f"  - name: shops\n    relationships:\n{back}"
    both = contract(("  - name: shops\n", cyclic))
    diff = compare(shape_of(contract()), shape_of(both))
    assert [(c.rule, c.grade) for c in diff.changes] == [("rule_added", TIGHTENS)]


def test_a_contract_of_5000_columns_is_compared() -> None:
    columns = "".join(f"      - {{name: c{i}, logicalType: integer}}\n" for i in range(5_000))
    head = BASE[: BASE.index("description:")] + "schema:\n  - name: wide\n    properties:\n"
    one = parse_contract(head + columns, "wide.yaml")
    two = parse_contract(head + columns.replace("c77,", "c77x,"), "wide.yaml")
    diff = compare(shape_of(one), shape_of(two))
    assert {c.rule for c in diff.changes} == {"added_nullable", "dropped_nullable", "column_order"}
