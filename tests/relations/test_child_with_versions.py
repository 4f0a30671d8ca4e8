from __future__ import annotations

from typing import Any

import pytest

from sparkguard.relations.child_with_versions import ChildWithVersions
from tests.frames import Frames
from tests.plans import configured

VERSIONS = [
    (1, 0, 10), (1, 10, 20), (1, 15, 16), (1, 30, None), (1, 40, None),
    (2, 5, 5), (2, 9, 8), (2, None, 3), (None, 0, 1),
]  # fmt: skip


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_each_key_and_time_meets_its_versions_once(spark: Any, ansi: str) -> None:
    child = [("x", 1, 15), ("x", 1, 15), ("x", 1, 25), ("y", 2, 5), ("y", 9, 5), ("y", None, 5)]
    tables = Frames(
        {
            "c": spark.createDataFrame(child, "p string, k int, at int"),
            "v": spark.createDataFrame(VERSIONS, "k int, a int, b int"),
        }
    )
    relation = ChildWithVersions("c", (("k",),), ("at",), "v", (("k",),), ("a",), ("b",))
    cells = (relation.rows, relation.known, relation.valid, relation.begun, relation.later)
    rows = relation.frame(tables, ("p",)).selectExpr("p", *(cell.text for cell in cells))
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        found = rows.collect()
    assert sorted(map(tuple, found), key=repr) == [
        ("x", 1, True, 0, True, True),
        ("x", 2, True, 2, True, True),
        ("y", 1, False, None, False, False),
        ("y", 1, False, None, False, False),
        ("y", 1, True, 0, False, False),
    ]
    assert (relation.subject, relation.tables()) == ("c", {"c", "v"})
