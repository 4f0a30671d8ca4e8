from __future__ import annotations

from typing import Any

import pytest

from sparkguard.checks.null_share import NullShare
from sparkguard.verdicts import Outcome


def test_shares_compare_exactly(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame(
        [(i if i >= 3 else None, None) for i in range(10)], "a int, b int"
    )
    cases = [
        (NullShare(("a",), 0.3), Outcome.PASS, 0.3),
        (NullShare(("a",), 0.29), Outcome.FAIL, 0.3),
        (NullShare(("a",), 1.0, 0.31), Outcome.FAIL, 0.3),
        (NullShare(("b",), 1.0), Outcome.PASS, 1.0),
        (NullShare(("b",), 0.99), Outcome.FAIL, 1.0),
    ]
    found = judge([rule for rule, _, _ in cases], {"t": frame})
    assert [(one.outcome, one.observed) for one in found] == [case[1:] for case in cases]
    (empty,) = judge([NullShare(("a",), 1.0)], {"t": frame.limit(0)})
    assert empty.outcome is Outcome.NOT_EVALUABLE


@pytest.mark.parametrize("limits", [(1.1,), (0.1, 0.2), (0.5, -0.1)])
def test_limits_are_shares_in_order(limits: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="0 <= min"):
        NullShare(("a",), *limits)
