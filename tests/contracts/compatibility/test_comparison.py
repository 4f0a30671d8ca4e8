"""Comparison of versions as a whole: several changes, several versions, several consumers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from sparkguard.contracts.compatibility.comparison import compare, compare_all
from sparkguard.contracts.compatibility.grades import (
    BOTH,
    LOOSENS,
    NONE,
    Access,
    Answer,
    Party,
)
from sparkguard.contracts.compatibility.shape import Facts
from tests.contracts.compatibility.shapes import shape, types


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
