from __future__ import annotations

from typing import Any

import pytest

from sparkguard import sql
from sparkguard.sql import Sql
from sparkguard.sql.values import any_missing, any_present, any_value
from tests.plans import configured

SCHEMA = (
    "a int, n struct<x:int, `o.p`:struct<y:int>>, l array<struct<x:int>>, m map<string,int>,"
    " ll array<array<int>>"
)

ROWS = [
    (1, (1, (9,)), [(1,), (9,)], {"k": 9}, [[1], [9]]),
    (9, (None, None), [None], {"k": None}, [[None], None]),
    (None, None, None, None, None),
    (2, (9, (None,)), [], {}, [[]]),
]
# Per path: rows with a 9, with a missing value, with any value.
CASES = {
    ("a",): ([1], [2], [0, 1, 3]),
    ("n",): (None, [2], [0, 1, 3]),
    ("n", "x"): ([3], [1], [0, 3]),
    ("n", "o.p", "y"): ([0], [3], [0]),
    ("l", "[]"): (None, [1], [0]),
    ("l", "[]", "x"): ([0], [], [0]),
    ("m", "{value}"): ([0], [1], [0]),
    ("m", "{key}"): (None, [], [0, 1]),
    ("ll", "[]", "[]"): ([0], [1], [0]),
}


@pytest.mark.parametrize("three_valued", ["true", "false"])
def test_conditions_at_every_depth(spark: Any, three_valued: str) -> None:
    def nine(value: Sql) -> Sql:
        return sql.template("{} = 9", value)

    wanted = [
        (path, kind, rows)
        for path, kinds in CASES.items()
        for kind, rows in zip(("nine", "missing", "present"), kinds, strict=True)
        if rows is not None
    ]
    make = {"missing": any_missing, "present": any_present, "nine": lambda p: any_value(p, nine)}
    cells = [make[kind](path).text for path, kind, _ in wanted]
    with configured(spark, {"spark.sql.legacy.followThreeValuedLogicInArrayExists": three_valued}):
        rows = spark.createDataFrame(ROWS, SCHEMA).coalesce(1).selectExpr(*cells).collect()
    told = [
        (path, kind, [i for i, row in enumerate(rows) if row[at]])
        for at, (path, kind, _) in enumerate(wanted)
    ]
    assert told == wanted
    assert all(cell is not None for row in rows for cell in row)
