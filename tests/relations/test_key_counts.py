from __future__ import annotations

from typing import Any

from sparkguard.relations.base import WHOLE_ROW
from sparkguard.relations.key_counts import KeyCounts
from tests.frames import OneFrame


def test_keys_are_counted_by_slice_and_in_the_whole(spark: Any) -> None:
    rows = [("x", 1, {"a": 1}), ("x", 1, {"a": 1}), ("y", 1, {"a": 2}), (None, None, None)]
    schema = "`odd.name` string, k int, n struct<a:int>"
    frame = spark.createDataFrame([(p, k, n and (n["a"],)) for p, k, n in rows], schema)
    relation = KeyCounts("t", (("k",), ("n", "a")))
    sliced = relation.frame(OneFrame(frame), ("odd.name",)).selectExpr(
        WHOLE_ROW, "`odd.name`", relation.null_parts.text, relation.rows.text
    )
    assert sorted(map(tuple, sliced.collect()), key=repr) == [
        (False, "x", 0, 2),
        (False, "y", 0, 1),
        (False, None, 2, 1),
        (True, None, 0, 1),
        (True, None, 0, 2),
        (True, None, 2, 1),
    ]
    unsliced = relation.frame(OneFrame(frame), ()).selectExpr(WHOLE_ROW, relation.rows.text)
    assert sorted(map(tuple, unsliced.collect())) == [(True, 1), (True, 1), (True, 2)]
    assert (relation.subject, relation.tables()) == ("t", {"t"})
