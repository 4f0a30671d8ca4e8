from __future__ import annotations

from typing import Any

from sparkguard import sql
from sparkguard.relations import keys
from sparkguard.relations.base import WHOLE_ROW


def test_two_tables_meet_by_one_grouping(spark: Any) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    part = [sql.name("k")]
    child = keys.select(spark.range(3).selectExpr("id AS k", "'s' AS p"), ("p",), part, n=F.lit(1))
    other = keys.select(spark.range(2, 4).selectExpr("id AS k"), (), part, m=F.lit(10))
    frame = keys.levelled(child, other, ("p",), keys.key_names(1), ("n",), ("m",))
    rows = frame.select(WHOLE_ROW, "p", keys.key(0), "n", "m").collect()
    assert sorted(map(tuple, rows), key=repr) == [
        (False, "s", 0, 1, 0),
        (False, "s", 1, 1, 0),
        (False, "s", 2, 1, 10),
        (True, None, 0, 1, 0),
        (True, None, 1, 1, 0),
        (True, None, 2, 1, 10),
        (True, None, 3, 0, 10),
    ]


def test_the_number_of_null_parts_is_an_expression() -> None:
    assert keys.null_parts(2).text == (
        "(CAST(`__sparkguard_key0` IS NULL AS INT) + CAST(`__sparkguard_key1` IS NULL AS INT))"
    )
