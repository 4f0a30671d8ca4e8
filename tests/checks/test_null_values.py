from __future__ import annotations

from typing import Any

from sparkguard.checks.null_values import NullValues
from sparkguard.thresholds import Operator, Threshold
from sparkguard.verdicts import Outcome


def test_rows_and_percentages_against_every_kind_of_limit(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame([(1,), (None,), (3,), (None,)], "a int")
    cases = [
        (Threshold(Operator.BE, (2,)), Outcome.PASS, 2),
        (Threshold(Operator.LESS, (2,)), Outcome.FAIL, 2),
        (Threshold(Operator.AT_MOST, (50,), "percent"), Outcome.PASS, 50.0),
        (Threshold(Operator.LESS, (50,), "percent"), Outcome.FAIL, 50.0),
        (Threshold(Operator.BETWEEN, (2, 5)), Outcome.FAIL, 2),
    ]
    found = judge([NullValues(("a",), threshold=limit) for limit, _, _ in cases], {"t": frame})
    assert [(one.outcome, one.observed) for one in found] == [case[1:] for case in cases]
    assert found[-1].reason == (
        "2 of 4 rows with NULL; "
        "expected more than 2 and less than 5 rows (the value equals an end, "
        "which mustBeBetween excludes from the range)"
    )


def test_a_column_of_nulls_is_judged_and_an_empty_table_is_not(spark: Any, judge: Any) -> None:
    rule = NullValues(("a",), threshold=Threshold(Operator.BE, (0,)))
    nulls, empty = (spark.createDataFrame(rows, "a int") for rows in ([(None,)], []))
    assert judge([rule], {"t": nulls})[0].outcome is Outcome.FAIL
    assert judge([rule], {"t": empty})[0].outcome is Outcome.NOT_EVALUABLE
