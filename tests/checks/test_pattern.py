from __future__ import annotations

from typing import Any

import pytest

from sparkguard.checks.pattern import Pattern
from sparkguard.verdicts import Outcome
from tests.plans import configured


@pytest.mark.parametrize("escaped", ["true", "false"])
def test_a_pattern_is_searched_for(spark: Any, judge: Any, escaped: str) -> None:
    values = ["abc", "abc\n", "xabc", "'\\", "", None, "é", "e\u0301"]
    frame = spark.createDataFrame([(v, 1, [v]) for v in values], "s string, i int, l array<string>")
    cases = [
        (("s",), "abc", Outcome.FAIL, 4),
        (("s",), r"\Aabc\z", Outcome.FAIL, 6),
        (("s",), "", None, None),
        (("s",), r"'\\", Outcome.FAIL, 6),
        (("s",), r"\A.?.?.?.?\n?\z", Outcome.PASS, 0),
        (("s",), r"\A[^a]{0,2}\z", Outcome.FAIL, 3),
        (("l", "[]"), "abc", Outcome.FAIL, 4),
        (("i",), "1", Outcome.ERROR, None),
    ]
    rules = [Pattern(column, pattern) for column, pattern, _, _ in cases if pattern]
    with configured(spark, {"spark.sql.parser.escapedStringLiterals": escaped}):
        found = judge(rules, {"t": frame})
    told = [(one.outcome, one.violations) for one in found]
    assert told == [case[2:] for case in cases if case[1]]


def test_an_empty_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="regular expression"):
        Pattern(("s",), "")
