from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.held_keys import HeldKeys
from sparkguard.relations.top_keys import HASH
from sparkguard.sql.normalising import Rule
from tests.frames import Frames

Key = tuple[Any, ...]


def hash_of(key: Key) -> str:
    texts = [None if part is None else str(part) for part in key]
    return hashlib.sha256(json.dumps(texts, separators=(",", ":")).encode()).hexdigest()[:32]


def held(frame: Any, asked: list[Key], partial: bool = False, rules: tuple[Rule, ...] = ()) -> Any:
    """Which of the keys the table holds at version 3, by its relation."""
    columns = tuple((name,) for name in frame.columns)
    reference = ChildWithParent("child", columns, "parent", columns, partial, rules)
    names = {hash_of(key): key for key in asked}
    relation = HeldKeys(reference, 3, frozenset(names))
    assert relation.tables() == {"parent$version=3"}
    rows = relation.frame(Frames({"parent$version=3": frame}), ()).select(HASH).collect()
    return sorted((names[row[0]] for row in rows), key=str)


def test_the_keys_that_a_version_of_the_parent_holds_once_each(spark: Any) -> None:
    parents = spark.createDataFrame([(1,), (2,), (2,), (None,)], "k bigint")
    assert held(parents, [(2,), (3,), (1,)]) == [(1,), (2,)]
    assert held(parents, [(3,), (4,)]) == []


@pytest.mark.parametrize("partial", [False, True])
def test_null_parts_find_a_parent_as_they_do_in_the_reference(spark: Any, partial: bool) -> None:
    parents = spark.createDataFrame([(1, "u"), (None, "v")], "k int, l string")
    asked: list[Key] = [(1, "u"), (1, None), (None, "v")]
    assert held(parents, asked, partial) == ([(1, "u"), (1, None)] if partial else [(1, "u")])


def test_keys_are_looked_up_as_they_are_compared(spark: Any) -> None:
    parents = spark.createDataFrame([(" 007 ",), ("b",)], "k string")
    assert held(parents, [("7",), ("b",)], rules=("trim", "number")) == [("7",), ("b",)]
    assert held(parents, [("7",)]) == []
