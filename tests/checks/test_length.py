from __future__ import annotations

from typing import Any

import pytest

from sparkguard.checks.length import Length
from sparkguard.verdicts import Outcome


def test_lengths_are_code_points_and_bytes(spark: Any, judge: Any) -> None:
    rows = [("", b""), ("ab", b"\xff\xfe"), ("👩‍🚀", b"abc"), (None, None), ("ab ", b"a")]
    frame = spark.createDataFrame([(*row, 1, [row[0]]) for row in rows],
                                  "s string, b binary, i int, l array<string>")  # fmt: skip
    cases = [
        (Length(("s",), 0, 3), Outcome.PASS, 0),
        (Length(("s",), 1, 2), Outcome.FAIL, 3),
        (Length(("s",), 1, 3, nulls="violation"), Outcome.FAIL, 2),
        (Length(("b",), None, 2), Outcome.FAIL, 1),
        (Length(("l", "[]"), 1), Outcome.FAIL, 1),
        (Length(("i",), 1), Outcome.ERROR, None),
    ]
    found = judge([rule for rule, _, _ in cases], {"t": frame})
    assert [(one.outcome, one.violations) for one in found] == [case[1:] for case in cases]
    causes = "too short in 1, too long in 2"
    limits = "at least 1 character and at most 2 characters"
    assert found[1].reason == f"3 of 5 rows: {causes}; expected {limits}"


@pytest.mark.parametrize("limits", [{}, {"min": -1}, {"min": 2, "max": 1}])
def test_limits_that_make_no_sense_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"min|length"):
        Length(("s",), **limits)
