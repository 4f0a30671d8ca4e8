from __future__ import annotations

from typing import Any

from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.reference_counts import ReferenceCounts
from tests.frames import Frames


def test_keys_of_one_kind_are_one_row(spark: Any) -> None:
    child = [(1, 1), (1, 1), (2, 1), (3, 1), (4, 1), (4, 1), (None, 1), (None, None), (5, 1)]
    parent = [(1, 1), (1, 1), (1, 1), (2, 1), (3, 1), (6, 1), (6, 1), (7, None)]
    tables = Frames(
        {
            "c": spark.createDataFrame(child, "a int, b int"),
            "d": spark.createDataFrame(parent, "a int, b int"),
        }
    )
    columns = (("a",), ("b",))
    relation = ReferenceCounts(ChildWithParent("c", columns, "d", columns))
    told = {
        "orphan": relation.orphan,
        "some": relation.null_in_part,
        "all": relation.null_altogether,
        "unused": relation.of_child,
    }
    conditions = [cell.text for cell in told.values()]
    numbers = [c.text for c in (relation.keys, relation.rows, relation.parents, relation.joined)]
    rows = relation.frame(tables, ()).selectExpr(*conditions, relation.repeated.text, *numbers)
    assert set(map(tuple, rows.collect())) == {
        (False, False, False, True, True, 1, 2, 3, 6),  # 1 is held three times
        (False, False, False, True, False, 2, 2, 2, 2),  # 2 and 3 have one parent
        (True, False, False, True, False, 2, 3, 0, 0),  # 4 and 5 have none
        (False, True, False, True, False, 1, 1, 0, 0),
        (False, False, True, True, False, 1, 1, 0, 0),
        (False, False, False, False, True, 1, 0, 2, 0),  # nobody names 6
    }
    assert (relation.subject, relation.tables()) == ("c", {"c", "d"})


def test_a_join_beyond_64_bits_is_the_largest_number(spark: Any) -> None:
    many = spark.createDataFrame([(1, 2**40, 2**40), (2, 5, 1)], "k int, r bigint, p bigint")

    class Huge(ChildWithParent):
        def frame(self, tables: Any, by: tuple[str, ...], /) -> Any:
            names = ("k AS __sparkguard_key0", "true AS __sparkguard_whole")
            return many.selectExpr(*names, f"r AS {self.rows.text}", f"p AS {self.parents.text}")

    relation = ReferenceCounts(Huge("c", (("k",),), "d", (("k",),)))
    rows = relation.frame(Frames({}), ()).selectExpr(relation.joined.text).collect()
    assert sorted(row[0] for row in rows) == [5, 2**63 - 1]
