from __future__ import annotations

from typing import Any

from sparkguard.relations.versions import Versions
from sparkguard.slices import Slice
from tests.frames import Frames, OneSlice

VERSIONS = [
    (1, 0, 10), (1, 10, 20), (1, 15, 16), (1, 30, None), (1, 40, None),
    (2, 5, 5), (2, 9, 8), (2, None, 3), (None, 0, 1),
]  # fmt: skip


def test_each_version_is_compared_with_the_latest_earlier_end(spark: Any) -> None:
    tables = Frames({"v": spark.createDataFrame(VERSIONS, "k int, a int, b int")})
    relation = Versions("v", (("k",),), ("a",), ("b",))
    facts = (relation.inverted, relation.overlap, relation.gap, relation.several_open)
    rows = relation.frame(tables, ()).selectExpr(
        "__sparkguard_start", *(fact.text for fact in facts)
    )
    no = (False, False, False, False)
    wanted = {
        (0, *no),
        (10, *no),
        (15, False, True, False, False),
        (30, False, False, True, False),
        (40, False, True, False, True),
        (5, True, False, False, False),
        (9, True, False, False, False),
        (None, True, False, False, False),
    }
    assert set(map(tuple, rows.collect())) == wanted
    assert (relation.subject, relation.tables()) == ("v", {"v"})


def test_all_versions_are_read_whatever_slice_is_judged(spark: Any) -> None:
    versions = spark.createDataFrame(VERSIONS, "k int, a int, b int")
    tables = OneSlice({"v": versions}, Slice.of({"k": "2"}))
    relation = Versions("v", (("k",),), ("a",), ("b",))
    assert relation.frame(tables, ("k",)).count() == 8
