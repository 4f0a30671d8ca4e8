from __future__ import annotations

from typing import Any

import pytest

from sparkguard.checks.row_count import RowCount
from sparkguard.slices import WHOLE, Slice
from sparkguard.thresholds import Operator, Threshold
from sparkguard.verdicts import Outcome


@pytest.mark.parametrize(
    ("operator", "limits", "where", "outcome", "rows"),
    [
        (Operator.BE, (3,), WHOLE, Outcome.PASS, 3),
        (Operator.BE, (2,), WHOLE, Outcome.FAIL, 3),
        (Operator.AT_LEAST, (2,), Slice.of({"p": "a"}), Outcome.PASS, 2),
        (Operator.GREATER, (0,), Slice.of({"p": "z"}), Outcome.FAIL, 0),
        (Operator.BETWEEN, (3, 9), WHOLE, Outcome.FAIL, 3),
    ],
)
def test_the_count_is_compared_with_the_limit(
    spark: Any,
    judge: Any,
    operator: Operator,
    limits: Any,
    where: Slice,
    outcome: Outcome,
    rows: int,
) -> None:
    frame = spark.createDataFrame([("a",), ("a",), ("b",)], "p string")
    rule = RowCount(Threshold(operator, limits))
    (found,) = judge([rule], {"t": frame}, by=("p",), where=where)
    assert (found.outcome, found.observed, found.rows) == (outcome, rows, rows)


def test_an_empty_table_is_counted(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame([], "p string")
    rules = [RowCount(Threshold(Operator.BE, (0,))), RowCount(Threshold(Operator.GREATER, (0,)))]
    found = judge(rules, {"t": frame})
    assert [one.outcome for one in found] == [Outcome.PASS, Outcome.FAIL]
    assert RowCount.evaluates_empty


def test_a_row_count_has_no_percentage() -> None:
    with pytest.raises(ValueError, match="percentage"):
        RowCount(Threshold(Operator.BE, (0,), "percent"))
