from __future__ import annotations

import pytest

from sparkguard.contracts.compatibility.evolution import SchemaCommit, departures, steps
from sparkguard.contracts.compatibility.shape import TableShape
from sparkguard.datatypes import Atomic, Field, Struct, parse


def struct(columns: str) -> Struct:
    found = parse(f"struct<{columns}>")
    assert isinstance(found, Struct)
    return found


def commit(version: int, columns: str, partitioned_by: tuple[str, ...] = ()) -> SchemaCommit:
    return SchemaCommit(version, None, "WRITE", "ann", struct(columns), partitioned_by)


COMMITS = [
    commit(0, "a int, b string"),
    commit(4, "a int, b string, c date"),
    commit(7, "a bigint, b string, c date"),
    commit(8, "a bigint, b string, c date"),
    commit(9, "a bigint, c date", ("c",)),
]
PROMISES = [
    ("t", "1.0.0", TableShape("t", struct("a int, b string"))),
    ("t", "2.0.0", TableShape("t", struct("a bigint, c date"))),
]


def test_each_commit_says_what_it_changed_and_broke() -> None:
    found = steps(COMMITS, PROMISES)
    assert [(s.commit.version, [c.rule for c in s.changes]) for s in found] == [
        (4, ["added_nullable"]),
        (7, ["integer_wider"]),
        (9, ["dropped_nullable", "partitioning"]),
    ]
    broke = [(s.commit.version, b.version, b.reasons) for s in found for b in s.broke]
    assert broke == [
        (7, "1.0.0", ("a is bigint, promised is int",)),
        (9, "1.0.0", ("b is missing",)),
    ]


def test_a_column_that_keeps_its_id_is_renamed() -> None:
    before = SchemaCommit(1, None, "", "", struct("a int, s struct<x:int>"),
                          ids={1: ("a",), 2: ("s",), 3: ("s", "x")})  # fmt: skip
    after = SchemaCommit(2, None, "", "", struct("b int, s struct<y:int>"),
                         ids={1: ("b",), 2: ("s",), 3: ("s", "y")})  # fmt: skip
    (step,) = steps([before, after])
    assert [(c.rule, c.path, c.old, c.new) for c in step.changes] == [
        ("renamed", ("b",), "a", "b"),
        ("renamed", ("s", "y"), "x", "y"),
    ]


def test_only_later_commits_are_shown() -> None:
    assert [s.commit.version for s in steps(COMMITS, since=4)] == [7, 9]


@pytest.mark.parametrize(
    ("held", "promised", "found"),
    [
        ("a struct<x:int>", "a struct<x:int,y:int>", ("a.y is missing",)),
        ("a array<int>", "a array<bigint>", ("a[] is int, promised is bigint",)),
        ("a map<string,int>", "a map<string,date>", ("a{value} is int, promised is date",)),
        ("a int, b int", "a int", ()),
        ("A int", "a int", ("a is missing",)),
    ],
)
def test_departures_are_found_at_any_depth(
    held: str, promised: str, found: tuple[str, ...]
) -> None:
    assert departures(struct(held), struct(promised)) == found


def test_a_family_fits_its_types() -> None:
    promised = Struct((Field("a", Atomic("any integer")),))
    assert departures(struct("a smallint"), promised) == ()
    assert departures(struct("a string"), promised) == ("a is string, promised is any integer",)
