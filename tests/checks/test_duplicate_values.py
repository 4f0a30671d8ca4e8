from __future__ import annotations

from typing import Any

import pytest

from sparkguard.checks.duplicate_values import DuplicateValues
from sparkguard.slices import WHOLE, Slice
from sparkguard.thresholds import Operator, Threshold, zero_rows
from sparkguard.verdicts import Outcome


def test_rows_beyond_the_first_of_each_value_are_counted(spark: Any, judge: Any) -> None:
    rows = [("x", 1, None), ("x", 1, None), ("y", 1, None), ("y", None, None), ("y", None, None)]
    frame = spark.createDataFrame(rows, "p string, a int, empty int")
    rules = [
        DuplicateValues((("a",),), zero_rows()),
        DuplicateValues((("a",),), Threshold(Operator.AT_MOST, (40,), "percent")),
        DuplicateValues((("p",), ("a",)), zero_rows()),
        DuplicateValues((("empty",),), zero_rows()),
    ]
    whole = judge(rules, {"t": frame}, by=("p",), where=WHOLE)
    y = judge(rules, {"t": frame}, by=("p",), where=Slice.of({"p": "y"}))
    assert [(one.outcome, one.violations) for one in whole[:3]] == [
        (Outcome.FAIL, 2), (Outcome.PASS, 2), (Outcome.FAIL, 1)
    ]  # fmt: skip
    assert [one.violations for one in y[:3]] == [0, 0, 0]
    assert whole[3].outcome is Outcome.NOT_EVALUABLE


def test_a_rule_without_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one column"):
        DuplicateValues((), zero_rows())
