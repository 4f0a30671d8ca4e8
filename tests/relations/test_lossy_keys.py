from __future__ import annotations

from typing import Any

from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.keys import ROWS
from sparkguard.relations.lossy_keys import CAUSE, DOUBLE, KEYS, PARENT_TEXT, Change, LossyKeys
from sparkguard.relations.top_keys import TEXT
from tests.frames import Frames


def found(relation: LossyKeys, tables: Frames) -> set[tuple[Any, ...]]:
    rows = relation.frame(tables, ("p",)).select(CAUSE, ROWS, KEYS, TEXT, "p").collect()
    assert len(rows) == len(set(rows))
    return set(map(tuple, rows))


def test_orphans_that_meet_a_parent_after_a_change(spark: Any) -> None:
    child = [("a ",), ("a ",), (" a",), ("e\u0301",), ("A",), ("zz",), ("b",), (None,)]
    tables = Frames(
        {
            "c": spark.createDataFrame([("x", k) for (k,) in child], "p string, k string"),
            "d": spark.createDataFrame([("a",), ("é",), ("b",), ("b ",)], "k string"),
        }
    )
    reference = ChildWithParent("c", (("k",),), "d", (("k",),))
    changes = (
        Change("trim", ("trim",)),
        Change("unicode", ("unicode",)),
        Change("none", ("number",)),
    )
    relation = LossyKeys(reference, changes)
    assert found(relation, tables) == {
        ("trim", 3, 2, "a ", None),
        ("unicode", 1, 1, "e\u0301", None),
    }
    assert (relation.subject, relation.tables()) == ("c", {"c", "d"})


def test_whole_numbers_that_collapse_in_a_double(spark: Any) -> None:
    tables = Frames(
        {
            "c": spark.createDataFrame([("x", 2**53), ("x", 5)], "p string, k bigint"),
            "d": spark.createDataFrame([(2**53 + 1,), (4,)], "k bigint"),
        }
    )
    reference = ChildWithParent("c", (("k",),), "d", (("k",),))
    relation = LossyKeys(reference, (Change(DOUBLE),))
    assert found(relation, tables) == {(DOUBLE, 1, 1, str(2**53), None)}
    # As text they look the way a double is written; short numbers are none of its doing.
    texts = Frames(
        {
            "c": spark.createDataFrame(
                [("x", "9.007199254740992E15"), ("x", "007"), ("x", "1E400"), ("x", "e5")],
                "p string, k string",
            ),
            "d": spark.createDataFrame([("9007199254740993",), ("7",)], "k string"),
        }
    )
    rows = relation.frame(texts, ()).select(CAUSE, TEXT, PARENT_TEXT).collect()
    assert set(map(tuple, rows)) == {(DOUBLE, "9.007199254740992E15", "9007199254740993")}
