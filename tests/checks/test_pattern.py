from __future__ import annotations

from typing import Any

import pytest

from sparkguard.checks.pattern import Pattern
from sparkguard.contracts.formats import FORMATS
from sparkguard.sql.patterns import to_java
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


@pytest.mark.parametrize("name", ["email", "hostname"])
def test_a_format_of_a_text_with_thousands_of_parts_is_judged(
    spark: Any, judge: Any, name: str
) -> None:
    parts = "repeat('.c', 20000)"
    frame = spark.sql(f"SELECT 'a@b' || {parts} AS email, 'b' || {parts} AS hostname")
    (found,) = judge([Pattern((name,), to_java(FORMATS[name]))], {"t": frame})
    assert (found.outcome, found.violations) == (Outcome.FAIL, 1)


def test_an_empty_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="regular expression"):
        Pattern(("s",), "")
