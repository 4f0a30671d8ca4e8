from __future__ import annotations

from typing import Any

from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.orphan_volume import OrphanVolume
from tests.frames import Frames


def test_keys_by_unit_and_by_the_binary_digits_of_their_rows(spark: Any) -> None:
    # Key k has k rows; keys below 20 have a parent.
    child = spark.range(1, 41).selectExpr("id AS k", "'x' AS p", "explode(sequence(1, id))")
    nulls = spark.range(3).selectExpr("CAST(NULL AS BIGINT) AS k", "'x' AS p", "id AS col")
    tables = Frames({"c": child.union(nulls), "d": spark.range(20).selectExpr("id AS k")})
    reference = ChildWithParent("c", (("k",),), "d", (("k",),))
    relation = OrphanVolume(reference)
    frame = relation.frame(tables, ("p",))
    rows = [tuple(r) for r in frame.selectExpr(*(c.text for c in relation.cells)).collect()]
    assert len({row[:2] for row in rows}) == len(rows)
    assert all(-3 <= row[0] <= 99 for row in rows)
    by_size: dict[int, list[int]] = {}
    for _, size, *numbers in rows:
        sums = by_size.setdefault(size, [0, 0, 0, 0])
        by_size[size] = [a + b for a, b in zip(sums, numbers, strict=True)]
    for size, numbers in by_size.items():
        keys = [k for k in range(1, 41) if 2**size <= k < 2 ** (size + 1)]
        orphans = [k for k in keys if k >= 20]
        assert numbers == [len(keys), len(orphans), sum(keys), sum(orphans)]
    assert (relation.subject, relation.tables()) == ("c", {"c", "d"})
