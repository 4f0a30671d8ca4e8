from __future__ import annotations

from typing import Any

from sparkguard.checks.completeness import Completeness
from sparkguard.slices import WHOLE, Slice
from sparkguard.thresholds import Operator, Threshold
from sparkguard.verdicts import Outcome

SCHEMA = "p string, a int, n struct<x:int>, l array<struct<x:int>>, m map<string,int>"
ROWS = [
    ("u", 1, (1,), [(1,), (None,)], {"k": None}),
    ("u", None, (None,), [None], {"k": 1}),
    ("v", None, None, [], None),
    ("v", 4, (4,), None, {}),
]
PERCENT = Threshold(Operator.AT_MOST, (50,), "percent")


def test_missing_values_at_every_depth(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame(ROWS, SCHEMA)
    paths = {
        ("a",): 2,
        ("n",): 1,
        ("n", "x"): 1,  # a field of a struct that is not there is not missing
        ("l",): 1,
        ("l", "[]"): 1,
        ("l", "[]", "x"): 1,
        ("m", "{value}"): 1,
        ("m", "{key}"): 0,
    }
    found = judge([Completeness(path) for path in paths], {"t": frame})
    assert [one.violations for one in found] == [*paths.values()]
    assert [one.outcome for one in found] == [
        Outcome.FAIL if missing else Outcome.PASS for missing in paths.values()
    ]


def test_slices_and_thresholds(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame([*ROWS, ("v", 5, None, None, None)], SCHEMA)
    rules = [Completeness(("a",)), Completeness(("a",), threshold=PERCENT)]
    by_slice = {
        where: judge(rules, {"t": frame}, by=("p",), where=where)
        for where in (WHOLE, Slice.of({"p": "u"}), Slice.of({"p": "none"}))
    }
    whole, u, none = by_slice.values()
    assert [(one.outcome, one.observed) for one in whole] == [
        (Outcome.FAIL, 2),
        (Outcome.PASS, 40.0),
    ]
    assert [(one.violations, one.rows) for one in u] == [(1, 2), (1, 2)]
    assert [one.outcome for one in none] == [Outcome.NOT_EVALUABLE] * 2
    assert whole[0].reason == "2 of 5 rows without a value"
