"""Every row of the compatibility table, toward stored history and toward consumers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.contracts.compatibility.comparison import compare, compare_all
from sparkguard.contracts.compatibility.evidence import (
    CORE,
    Override,
    Proof,
    discharged,
    overridden,
    predicate_of,
)
from sparkguard.contracts.compatibility.grades import (
    BOTH,
    LOOSENS,
    NONE,
    TIGHTENS,
    UNDETERMINED,
    Access,
    Answer,
    Grade,
    Mode,
    Party,
)
from sparkguard.contracts.compatibility.shape import ContractShape, Facts, Rule, TableShape
from sparkguard.contracts.compatibility.widening import widening
from sparkguard.datatypes import Struct, parse
from sparkguard.errors import ConfigurationError


def shape(columns: str, version: str = "1.0.0", **rest: Any) -> ContractShape:
    schema = parse(f"struct<{columns}>")
    assert isinstance(schema, Struct)
    return ContractShape("orders", version, (TableShape("t", schema, **rest),))


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


RULE = {"range:a": Rule("range of a", 0, 100)}
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
    ("22", {"rules": {"range:a": Rule("range of a", 0, 100, enforced=False)}},
     {"rules": RULE}, TIGHTENS, "rule_added"),
    ("22", {"facts": {("a",): Facts()}}, {"facts": {("a",): Facts(frozenset("x"))}},
     TIGHTENS, "rule_added"),
    ("22", {"rules": RULE}, {"rules": {"range:a": Rule("range of a", 10, 90)}},
     TIGHTENS, "rule_changed"),
    ("23", {"key": ("a",)}, {}, LOOSENS, "rule_removed"),
    ("23", {"rules": RULE}, {}, LOOSENS, "rule_removed"),
    ("23", {"rules": RULE}, {"rules": {"range:a": Rule("range of a", 0, 100, enforced=False)}},
     LOOSENS, "rule_removed"),
    ("23", {"facts": {("a",): Facts(frozenset("x"))}}, {"facts": {("a",): Facts()}},
     LOOSENS, "rule_removed"),
    ("23", {"rules": RULE}, {"rules": {"range:a": Rule("range of a", -5, None)}},
     LOOSENS, "rule_changed"),
    ("22+23", {"rules": RULE}, {"rules": {"range:a": Rule("range of a", 10, 200)}},
     BOTH, "rule_changed"),
    ("22?", {"rules": RULE}, {"rules": {"range:a": Rule("range of a", 0, 100, rest="nulls")}},
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


@pytest.mark.parametrize(
    ("new", "by_name", "positional", "exact"),
    [
        ("a int, b int, c int", False, False, False),
        ("a int, b int, c int, d int", False, True, True),
        ("a int, c int, b int", False, True, True),
        ("a int, b int", True, True, True),
        ("a int NOT NULL, b int, c int", False, False, True),
        ("a smallint, b int, c int", False, False, True),
    ],
)
def test_positional_and_exact_consumers_break_where_others_do_not(
    new: str, by_name: bool, positional: bool, exact: bool
) -> None:
    diff = compare(shape("a int, b int, c int"), shape(new))
    found = [any(c.hurts(access) is not Answer.NO for c in diff.changes) for access in Access]
    assert found == [by_name, positional, exact]


def test_several_changes_combine_by_maximum() -> None:
    diff = compare(shape("a int, b int"), shape("a int NOT NULL"))
    assert diff.grade == BOTH
    assert diff.breaking(Party.HISTORY)[0].rule == "required"
    assert diff.breaking(Party.CONSUMERS)[0].rule == "dropped_nullable"


def test_history_is_compared_with_every_version_not_only_the_last() -> None:
    v1, v2, v3 = shape("k int, c string"), shape("k int"), shape("k int, c int")
    assert compare(v1, v2).grade.tightens is Answer.NO
    assert compare(v2, v3).grade.tightens is Answer.NO
    first, second = compare_all([v1, v2], v3)
    assert first.grade == BOTH
    assert second.grade == NONE


def test_renames_are_followed_through_versions_in_between() -> None:
    v1 = shape("a int")
    v2 = shape("b int", facts={("b",): Facts(renamed_from="a")})
    v3 = shape("c int", facts={("c",): Facts(renamed_from="b")})
    v4 = shape("c bigint")
    diffs = compare_all([v1, v2, v3], v4, column_mapping=True)
    assert [[c.rule for c in d.changes] for d in diffs] == [
        ["renamed", "integer_wider"],
        ["renamed", "integer_wider"],
        ["integer_wider"],
    ]


def test_a_dropped_table_breaks_consumers_and_a_new_one_nobody() -> None:
    one = shape("a int")
    none = replace(one, tables=())
    assert compare(one, none).grade == LOOSENS
    assert compare(none, one).grade == NONE


def proof_for(change: Any, **rest: Any) -> Proof:
    proof = Proof("table-1", 7, predicate_of(change), 100, 100, 0)
    return replace(proof, **rest)


def test_a_full_scan_without_violations_lifts_a_doubt_about_stored_rows() -> None:
    (change,) = compare(shape("a int"), shape("a int NOT NULL")).changes
    assert discharged(change, proof_for(change))
    assert not discharged(change, proof_for(change, scanned=99))
    assert not discharged(change, proof_for(change, violations=1))
    assert not discharged(change, proof_for(change, predicate="another"))


def test_a_retyping_needs_a_rewrite_and_a_required_column_a_default() -> None:
    (narrow,) = compare(shape("a bigint"), shape("a int")).changes
    assert not discharged(narrow, proof_for(narrow))
    assert discharged(narrow, proof_for(narrow, rewritten=True))
    (added,) = compare(shape("a int"), shape("a int, b int NOT NULL")).changes
    assert not discharged(added, proof_for(added))
    default = {("b",): Facts(has_default=True)}
    (filled,) = compare(shape("a int"), shape("a int, b int NOT NULL", facts=default)).changes
    assert discharged(filled, proof_for(filled))


@pytest.mark.parametrize(
    ("old", "new"), [("a int", "a string"), ("a timestamp", "a timestamp_ntz")]
)
def test_no_scan_lifts_a_change_of_meaning(old: str, new: str) -> None:
    (change,) = compare(shape(old), shape(new)).changes
    assert not discharged(change, proof_for(change, rewritten=True))


def test_a_default_rule_may_be_overridden_and_a_core_rule_may_not() -> None:
    diff = compare(shape("a int, b int"), shape("a int"))
    decided = Override("dropped_nullable", Party.CONSUMERS, "ann", "nobody reads b")
    assert overridden(diff, [decided]).grade == NONE
    for rule in CORE[Party.HISTORY]:
        with pytest.raises(ConfigurationError, match="every standard agrees"):
            Override(rule, Party.HISTORY, "ann", "because")
    with pytest.raises(ConfigurationError, match="an author and a reason"):
        Override("lossy", Party.CONSUMERS, "ann", " ")


answers = st.sampled_from(Answer)
grades = st.builds(Grade, answers, answers)


@given(grades, grades, grades)
def test_grades_combine_in_any_order(a: Grade, b: Grade, c: Grade) -> None:
    assert (a | b) | c == a | (b | c)
    assert a | b == b | a
    assert a | a == a
    assert a | NONE == a
    assert (a | b).breaks >= a.breaks


@pytest.mark.parametrize(
    ("grade", "name", "breaks"),
    [
        (NONE, "NONE", set()),
        (TIGHTENS, "TIGHTENS", {Party.HISTORY}),
        (LOOSENS, "LOOSENS", {Party.CONSUMERS}),
        (BOTH, "BOTH", set(Party)),
        (UNDETERMINED, "UNDETERMINED", set()),
        (TIGHTENS | UNDETERMINED, "TIGHTENS", {Party.HISTORY}),
    ],
)
def test_a_grade_names_who_breaks(grade: Grade, name: str, breaks: set[Party]) -> None:
    assert grade.name == name
    assert grade.breaks == breaks


leaves = st.sampled_from(
    ["tinyint", "smallint", "int", "bigint", "float", "double", "string", "date", "timestamp",
     "timestamp_ntz", "boolean", "binary", "variant", "void", "varchar(5)", "char(5)",
     "decimal(10,2)", "decimal(12,4)", "decimal(10,4)", "decimal(38,0)"]
)  # fmt: skip
types = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda t: f"array<{t}>"),
        inner.map(lambda t: f"map<string,{t}>"),
        st.tuples(inner, inner).map(lambda p: f"struct<x:{p[0]},y:{p[1]} NOT NULL>"),
    ),
    max_leaves=6,
)


@given(types)
def test_nothing_changes_from_a_contract_to_itself(type_: str) -> None:
    assert compare(shape(f"a {type_}"), shape(f"a {type_}")).changes == ()


@given(types, types)
def test_the_way_back_hurts_the_other_party(one: str, two: str) -> None:
    forward = compare(shape(f"a {one}"), shape(f"a {two}"))
    back = compare(shape(f"a {two}"), shape(f"a {one}"))
    rules = {c.rule for c in (*forward.changes, *back.changes)}
    if rules <= {"narrowing", "required", "nullable", "element_required", "element_nullable"} | {
        c.rule for c in (*forward.changes, *back.changes) if c.grade == LOOSENS
    }:
        assert forward.grade.tightens == back.grade.loosens
    assert bool(forward.changes) == (one != two)


@given(leaves, leaves, leaves)
def test_widening_is_a_partial_order(a: str, b: str, c: str) -> None:
    x, y, z = parse(a), parse(b), parse(c)
    if x != y:
        assert not (widening(x, y) and widening(y, x))
    if widening(x, y) and widening(y, z) and len({a, b, c}) == 3:
        assert widening(x, z)
