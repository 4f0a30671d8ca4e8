"""Every row of the compatibility table, toward stored history and toward consumers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

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
from sparkguard.contracts.compatibility.shape import Bound, Facts, Rule
from tests.contracts.compatibility.shapes import shape

SCHEMAS = [
    # row, old, new, grade, rule
    ("1", "a int", "a int, b int", NONE, "added_nullable"),
    ("2", "a int", "a int, b int NOT NULL", TIGHTENS, "added_required"),
    ("3", "a int, b int", "a int", LOOSENS, "dropped_nullable"),
    ("4", "a int, b int NOT NULL", "a int", LOOSENS, "dropped_required"),
    ("5b", "Amount int", "amount int", LOOSENS, "case_renamed"),
    ("6", "a tinyint", "a smallint", LOOSENS, "integer_wider"),
    ("6", "a smallint", "a int", LOOSENS, "integer_wider"),
    ("6", "a int", "a bigint", LOOSENS, "integer_wider"),
    ("7", "a float", "a double", LOOSENS, "float_to_double"),
    ("8", "a int", "a double", LOOSENS, "integer_to_float"),
    ("8", "a smallint", "a float", LOOSENS, "integer_to_float"),
    ("9", "a bigint", "a double", BOTH, "lossy"),
    ("9", "a int", "a float", BOTH, "lossy"),
    ("10", "a int", "a decimal(12,2)", LOOSENS, "integer_to_decimal"),
    ("10", "a bigint", "a decimal(20,0)", LOOSENS, "integer_to_decimal"),
    ("10", "a int", "a decimal(11,2)", BOTH, "lossy"),
    ("10", "a bigint", "a decimal(21,2)", BOTH, "lossy"),
    ("11", "a decimal(10,2)", "a decimal(12,2)", LOOSENS, "decimal_precision_up"),
    ("12", "a decimal(10,2)", "a decimal(12,4)", LOOSENS, "decimal_scale_up"),
    ("13", "a decimal(10,2)", "a decimal(10,4)", BOTH, "decimal_digits"),
    ("14", "a bigint", "a int", TIGHTENS, "narrowing"),
    ("14", "a double", "a float", TIGHTENS, "narrowing"),
    ("14", "a decimal(12,2)", "a decimal(10,2)", TIGHTENS, "narrowing"),
    ("14", "a decimal(12,4)", "a decimal(10,2)", TIGHTENS, "narrowing"),
    ("14", "a varchar(20)", "a varchar(10)", TIGHTENS, "narrowing"),
    ("14", "a string", "a varchar(10)", TIGHTENS, "narrowing"),
    ("14", "a varchar(10)", "a varchar(20)", LOOSENS, "text_longer"),
    ("14", "a varchar(10)", "a string", LOOSENS, "text_longer"),
    ("14", "a varchar(5)", "a char(5)", BOTH, "char_padding"),
    ("15", "a int", "a string", BOTH, "family"),
    ("15", "a string", "a binary", BOTH, "family"),
    ("15", "a int", "a boolean", BOTH, "family"),
    ("15", "a int", "a array<int>", BOTH, "family"),
    ("15", "a struct<x:int>", "a map<string,int>", BOTH, "family"),
    ("15", "a date", "a string", BOTH, "family"),
    ("15", "a double", "a decimal(20,2)", BOTH, "family"),
    ("15", "a variant", "a string", BOTH, "family"),
    ("16", "a int", "a int NOT NULL", TIGHTENS, "required"),
    ("17", "a int NOT NULL", "a int", LOOSENS, "nullable"),
    ("25", "a timestamp", "a timestamp_ntz", BOTH, "timestamp_zone"),
    ("25", "a timestamp_ntz", "a timestamp", BOTH, "timestamp_zone"),
    ("26", "a date", "a timestamp_ntz", LOOSENS, "date_to_timestamp_ntz"),
    ("26", "a timestamp_ntz", "a date", TIGHTENS, "narrowing"),
    ("27", "a date", "a timestamp", BOTH, "date_to_timestamp"),
    ("27", "a timestamp", "a date", BOTH, "date_to_timestamp"),
    ("28", "a struct<x:int>", "a struct<x:int,y:int>", NONE, "added_nullable"),
    ("28", "a struct<x:int>", "a struct<x:int,y:int NOT NULL>", TIGHTENS, "added_required"),
    ("28", "a struct<x:int,y:int>", "a struct<x:int>", LOOSENS, "dropped_nullable"),
    ("28", "a struct<x:int>", "a struct<x:bigint>", LOOSENS, "integer_wider"),
    ("28", "a struct<x:int>", "a struct<x:string>", BOTH, "family"),
    ("28", "a array<struct<x:int>>", "a array<struct<x:bigint>>", LOOSENS, "integer_wider"),
    ("28", "a map<string,struct<x:int>>", "a map<string,struct<X:int>>", LOOSENS, "case_renamed"),
    ("29", "a struct<x:int,y:int>", "a struct<y:int,x:int>", NONE, "field_order"),
    ("30", "a array<int>", "a array<int NOT NULL>", TIGHTENS, "element_required"),
    ("30", "a map<string,int>", "a map<string,int NOT NULL>", TIGHTENS, "element_required"),
    ("31", "a array<int NOT NULL>", "a array<int>", LOOSENS, "element_nullable"),
    ("31", "a map<string,int NOT NULL>", "a map<string,int>", LOOSENS, "element_nullable"),
    ("32", "a map<int,int>", "a map<bigint,int>", BOTH, "map_key"),
    ("34", "a string", "a string collate UTF8_LCASE", UNDETERMINED, "meaning"),
    ("35", "a int, b int", "b int, a int", NONE, "column_order"),
    ("none", "a void", "a int", UNDETERMINED, "unrecognised"),
    ("none", "a interval day to second", "a interval year to month", UNDETERMINED, "unrecognised"),
]


@pytest.mark.parametrize(("row", "old", "new", "grade", "rule"), SCHEMAS)
def test_a_change_of_columns_has_the_grade_of_its_row(
    row: str, old: str, new: str, grade: Grade, rule: str
) -> None:
    diff = compare(shape(old), shape(new))
    assert [c.rule for c in diff.changes] == [rule], row
    assert diff.grade == grade


@pytest.mark.parametrize("nest", ["a struct<in:{}>", "a array<{}>", "a map<string,{}>"])
@pytest.mark.parametrize(
    ("row", "old", "new", "grade", "rule"),
    [case for case in SCHEMAS if "," not in case[1] + case[2] and case[0] not in ("2", "5b")],
)
def test_a_nested_change_has_the_same_grade(
    nest: str, row: str, old: str, new: str, grade: Grade, rule: str
) -> None:
    inner = [text.removeprefix("a ") for text in (old, new)]
    diff = compare(shape(nest.format(inner[0])), shape(nest.format(inner[1])))
    prefix = "" if "in:" in nest or rule not in ("required", "nullable") else "element_"
    assert [c.rule for c in diff.changes] == [prefix + rule]
    assert diff.grade == grade


def test_a_rename_is_a_drop_and_an_add_unless_declared_and_mapped() -> None:
    old, new = shape("a int"), shape("b int")
    plain = compare(old, new)
    assert {c.rule for c in plain.changes} == {"added_nullable", "dropped_nullable"}
    declared = shape("b int", facts={("b",): Facts(renamed_from="a")})
    unmapped = compare(old, declared)
    assert [(c.rule, c.grade) for c in unmapped.changes] == [("renamed", BOTH)]
    mapped = compare(old, declared, column_mapping=True)
    assert [(c.rule, c.grade) for c in mapped.changes] == [("renamed", LOOSENS)]


def test_a_required_column_renamed_without_declaration_breaks_both() -> None:
    diff = compare(shape("a int NOT NULL"), shape("b int NOT NULL"))
    assert diff.grade == BOTH


def ranged(low: int, high: int | None, **rest: Any) -> Rule:
    ends = (None if end is None else Bound(Fraction(end)) for end in (low, high))
    return Rule("range of a", *ends, **rest)


RULE = {"range:a": ranged(0, 100)}
FACTS = [
    ("18", {"facts": {("a",): Facts(frozenset("xy"))}},
     {"facts": {("a",): Facts(frozenset("xyz"))}}, LOOSENS, "value_added"),
    ("19", {"facts": {("a",): Facts(frozenset("xy"))}},
     {"facts": {("a",): Facts(frozenset("x"))}}, TIGHTENS, "value_removed"),
    ("20", {"key": ("a",)}, {"key": ("a", "b")}, LOOSENS, "key_column_added"),
    ("21", {"key": ("a", "b")}, {"key": ("a",)}, BOTH, "key_column_removed"),
    ("20", {"grain": ("a",)}, {"grain": ("a", "b")}, LOOSENS, "grain_column_added"),
    ("21", {"grain": ("a", "b")}, {"grain": ("a",)}, BOTH, "grain_column_removed"),
    ("22", {}, {"key": ("a",)}, TIGHTENS, "rule_added"),
    ("22", {}, {"rules": RULE}, TIGHTENS, "rule_added"),
    ("22", {"rules": {"range:a": ranged(0, 100, enforced=False)}},
     {"rules": RULE}, TIGHTENS, "rule_added"),
    ("22", {"facts": {("a",): Facts()}}, {"facts": {("a",): Facts(frozenset("x"))}},
     TIGHTENS, "rule_added"),
    ("22", {"rules": RULE}, {"rules": {"range:a": ranged(10, 90)}},
     TIGHTENS, "rule_changed"),
    ("23", {"key": ("a",)}, {}, LOOSENS, "rule_removed"),
    ("23", {"rules": RULE}, {}, LOOSENS, "rule_removed"),
    ("23", {"rules": RULE}, {"rules": {"range:a": ranged(0, 100, enforced=False)}},
     LOOSENS, "rule_removed"),
    ("23", {"facts": {("a",): Facts(frozenset("x"))}}, {"facts": {("a",): Facts()}},
     LOOSENS, "rule_removed"),
    ("23", {"rules": RULE}, {"rules": {"range:a": ranged(-5, None)}},
     LOOSENS, "rule_changed"),
    ("22+23", {"rules": RULE}, {"rules": {"range:a": ranged(10, 200)}},
     BOTH, "rule_changed"),
    ("22?", {"rules": RULE}, {"rules": {"range:a": ranged(0, 100, rest="nulls")}},
     UNDETERMINED, "rule_changed"),
    ("24", {"partitioning": ("a",)}, {"partitioning": ("b",)}, NONE, "partitioning"),
    ("24", {"partitioning": ("a",)}, {"partitioning": ()}, NONE, "partitioning"),
    ("33", {"facts": {("a",): Facts(notes={"description": "x"})}},
     {"facts": {("a",): Facts(notes={"description": "y"})}}, NONE, "note_description"),
    ("33", {"notes": {"tags": "x"}}, {}, NONE, "note_tags"),
    ("?", {"other": {"odd": "1"}}, {"other": {"odd": "2"}}, UNDETERMINED, "unrecognised"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "old", "new", "grade", "rule"), FACTS)
def test_a_change_of_promises_has_the_grade_of_its_row(
    row: str, old: dict[str, Any], new: dict[str, Any], grade: Grade, rule: str
) -> None:
    columns = "a string, b int"
    diff = compare(shape(columns, **old), shape(columns, **new))
    assert [c.rule for c in diff.changes] == [rule], row
    assert diff.grade == grade
    if rule == "partitioning":
        assert diff.changes[0].operational


def test_every_row_of_the_table_has_its_case() -> None:
    rows = {case[0] for case in (*SCHEMAS, *FACTS)}
    apart = {"5", "34"}  # renames and meanings have tests of their own
    assert rows | apart >= {str(number) for number in range(1, 36)}


@pytest.mark.parametrize(
    "name", ["unit", "currency", "default", "generation", "masking", "classification"]
)
def test_a_change_of_meaning_is_undetermined(name: str) -> None:
    old = shape("a int", facts={("a",): Facts(meaning={name: "x"})})
    new = shape("a int", facts={("a",): Facts(meaning={name: "y"})})
    diff = compare(old, new)
    assert diff.grade == UNDETERMINED
    assert diff.blocks(Mode.BOTH) == diff.changes
    assert diff.blocks(Mode.NONE) == ()
