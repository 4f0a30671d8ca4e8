from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from sparkguard.relations.base import WHOLE_ROW
from sparkguard.relations.join_balance import JoinBalance
from sparkguard.sql import Sql
from tests.frames import Frames


def test_inputs_and_output_meet_by_key_slice_and_in_the_whole(spark: Any) -> None:
    left = [("x", 1, 10), ("x", 1, 5), ("y", 1, 1), ("y", None, 2), ("y", 9, 100)]
    tables = Frames(
        {
            "l": spark.createDataFrame(left, "p string, k int, n int"),
            "r": spark.createDataFrame([(1,), (1,), (2,), (None,)], "id int"),
            "o": spark.createDataFrame([("x", 1, 10), ("z", 3, 7)], "p string, k int, n int"),
        }
    )
    relation = JoinBalance(
        "o", (("k",),), "l", (("k",),), "r", (("id",),), ("n",), ("n",), Sql("`k` <=> 9 = false")
    )
    cells = [
        c.text
        for c in (
            relation.rows_in,
            relation.rows_right,
            relation.rows_out,
            relation.sum_in,
            relation.sum_out,
        )
    ]
    rows = relation.frame(tables, ("p",)).selectExpr(WHOLE_ROW, "p", "__sparkguard_key0", *cells)
    wanted = {
        (False, "x", 1, 2, 2, 1, 15, 10),
        (False, "y", 1, 1, 2, 0, 1, 0),
        (False, "y", None, 1, 0, 0, 2, 0),
        (False, "z", 3, 0, 0, 1, 0, 7),
        (True, None, 1, 3, 2, 1, 16, 10),
        (True, None, None, 1, 0, 0, 2, 0),
        (True, None, 2, 0, 1, 0, 0, 0),
        (True, None, 3, 0, 0, 1, 0, 7),
    }
    assert {(*r[:6], *map(Decimal, r[6:])) for r in rows.collect()} == wanted
    unsliced = replace(relation, sliced=False).frame(tables, ("p",))
    assert unsliced.where(f"NOT {WHOLE_ROW}").count() == 0
    assert (relation.subject, relation.tables()) == ("o", {"o", "l", "r"})
