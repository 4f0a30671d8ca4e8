"""Rules bound to checks, and held to what a contract promises of its tables."""

from __future__ import annotations

import pytest

from sparkguard import bound_rules
from sparkguard.bound_rules import bind_contract
from sparkguard.columns import CHOICES, Column, struct_of
from sparkguard.datatypes import Struct
from sparkguard.errors import ConfigurationError
from tests.contracts.written import contract

TABLES = """\
schema:
- name: sales
  properties:
  - {name: amount, physicalName: amt, logicalType: number}
  - {name: at, logicalType: timestamp}
  - {name: day, logicalType: date}
  - {name: text, logicalType: string}
  - {name: untyped}
  - {name: place, logicalType: object, properties: [{name: lat, logicalType: number}]}
  - {name: loose, logicalType: object}
  - {name: tags, logicalType: array, items: {logicalType: string}}
  quality:
  - {type: custom, engine: sparkguard, implementation: {RULE}}
- name: shops
  properties: [{name: id, logicalType: integer}]
- name: unknown
"""


def problems(rule: str) -> list[str]:
    try:
        bind_contract(contract(TABLES.replace("RULE", rule)))
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("check: range, column: amout, min: 0", ["c.yaml:18:71: ", "Did you mean 'amt'?"]),
        ("check: range, column: amount, min: 0", ["In the table, property 'amount' is called"]),
        ("check: range, column: zzz, min: 0", ["It declares amt, at, day, text, untyped, place"]),
        ("check: range, column: [place, lon], min: 0", ["no column 'place.lon' of sales"]),
        ("check: range, column: amt, min: x", ["a limit is text, as the contract declares sales"]),
        ("check: range, column: at, min: soon", ["range: 'soon' is no ISO 8601 time"]),
        ("check: set, column: day, values: [xx]", ["set: 'xx' is no ISO 8601 date"]),
        ("check: pattern, column: amt, pattern: x", ["pattern reads text, and the column is"]),
        ("check: freshness, element: text, seconds: 9", ["freshness: "]),
        ("check: drift, columns: [amt, txt]", ["no column 'txt' of sales. Did you mean 'text'?"]),
        ("check: uniqueness, columns: [text, kind]", ["no column 'kind' of sales"]),
        (
            "check: references, columns: [text], to_table: shops, to_columns: [ids]",
            ["c.yaml:18:", "references: the contract declares no column 'ids' of shops"],
        ),
    ],
)
def test_what_contradicts_the_contract_is_told_with_its_place(rule: str, said: list[str]) -> None:
    (problem,) = problems(rule)
    for part in said:
        assert part in problem


@pytest.mark.parametrize(
    "rule",
    [
        "check: range, column: amt, min: 0.5",
        "check: range, column: at, min: '2024-01-01T00:00:00+01:00'",  # a timestamp takes a zone
        "check: range, column: at, min: '2024-01-01T00:00:00'",
        "check: set, column: amt, values: [1.5]",
        "check: range, column: untyped, min: x",
        "check: range, column: [place, lat], max: 90",
        "check: range, column: [loose, what], min: 0",
        "check: pattern, column: [tags, '[]'], pattern: x",
        "check: uniqueness, columns: [text, at]",
        "check: references, columns: [text], to_table: unknown, to_columns: [any]",
        "check: profile",
        "check: drift",
    ],
)
def test_what_may_hold_is_accepted(rule: str) -> None:
    assert problems(rule) == []


def test_ids_of_rules_at_a_table_name_their_columns_whatever_the_order() -> None:
    ours = ("range, column: a, min: 0", "range, column: [b, c], min: 0", "uniqueness, columns: [a]")
    custom = "{type: custom, engine: sparkguard, implementation: {check: %s}}"
    rules = [custom % rule for rule in ours]
    rules.append("{metric: duplicateValues, arguments: {properties: [a, b]}, mustBe: 0}")
    for order in (rules, rules[::-1]):
        body = "schema:\n- name: t\n  properties: [{name: a}, {name: b}]\n  quality:\n"
        found = contract(body + "".join(f"  - {rule}\n" for rule in order))
        ids = {rule.id for rule in found.rules if rule.kind != "schema"}
        assert ids == {"t.range.a", "t.range.b.c", "t.duplicate_values.a+b", "t.uniqueness.a"}


def test_a_table_is_described_once_for_all_its_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    described: list[tuple[Column, ...]] = []

    def counted(columns: tuple[Column, ...], choice: int = 0) -> Struct:
        described.append(columns)
        return struct_of(columns, choice)

    monkeypatch.setattr(bound_rules, "struct_of", counted)
    columns = "".join(f"  - {{name: c{i}, required: true}}\n" for i in range(50))
    assert len(bind_contract(contract(f"schema:\n- name: t\n  properties:\n{columns}"))) == 51
    assert len(described) == CHOICES
