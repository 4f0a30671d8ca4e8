from __future__ import annotations

from typing import Any

from sparkguard.checks.missing_values import MissingValues
from sparkguard.thresholds import Operator, Threshold, zero_rows
from sparkguard.verdicts import Outcome


def test_null_and_its_stand_ins_are_missing(spark: Any, judge: Any) -> None:
    rows = [("", 1, [""]), ("N/A", -9, ["x", None]), (None, None, []), ("n/a", 2, None)]
    frame = spark.createDataFrame(rows, "s string, i int, l array<string>")
    limit = Threshold(Operator.LESS, (50,), "percent")
    cases = [
        (MissingValues(("s",), (None, "", "N/A"), threshold=zero_rows()), Outcome.FAIL, 3),
        (MissingValues(("s",), ("",), threshold=limit), Outcome.FAIL, 2),
        (MissingValues(("i",), (-9,), threshold=zero_rows()), Outcome.FAIL, 2),
        (MissingValues(("l", "[]"), ("",), threshold=zero_rows()), Outcome.FAIL, 2),
        (MissingValues(("i",), (None,), threshold=Threshold(Operator.BE, (1,))), Outcome.PASS, 1),
        (MissingValues(("i",), ("",), threshold=zero_rows()), Outcome.ERROR, None),
    ]
    found = judge([rule for rule, _, _ in cases], {"t": frame})
    assert [(one.outcome, one.violations) for one in found] == [case[1:] for case in cases]
