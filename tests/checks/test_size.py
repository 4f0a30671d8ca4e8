from __future__ import annotations

from typing import Any

import pytest

from sparkguard.checks.size import Size
from sparkguard.verdicts import Outcome
from tests.plans import configured


@pytest.mark.parametrize("legacy", ["true", "false"])
def test_items_of_arrays_and_maps_are_counted(spark: Any, judge: Any, legacy: str) -> None:
    rows = [
        ([1, None], {"a": 1}, 1),
        ([], {}, 1),
        (None, None, 1),
        ([1, 2, 3], {"a": 1, "b": 2}, 1),
    ]
    frame = spark.createDataFrame(rows, "l array<int>, m map<string,int>, i int")
    cases = [
        (Size(("l",), 0, 3), Outcome.PASS, 0),
        (Size(("l",), 1, 2), Outcome.FAIL, 2),
        (Size(("m",), None, 1), Outcome.FAIL, 1),
        (Size(("m",), 1, nulls="violation"), Outcome.FAIL, 2),
        (Size(("i",), 1), Outcome.ERROR, None),
    ]
    with configured(spark, {"spark.sql.legacy.sizeOfNull": legacy}):
        found = judge([rule for rule, _, _ in cases], {"t": frame})
    assert [(one.outcome, one.violations) for one in found] == [case[1:] for case in cases]


@pytest.mark.parametrize("limits", [{}, {"min": -1}, {"min": 2, "max": 1}])
def test_limits_that_make_no_sense_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"min|size"):
        Size(("l",), **limits)
