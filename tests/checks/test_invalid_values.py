from __future__ import annotations

from typing import Any

import pytest

from sparkguard.checks.invalid_values import InvalidValues
from sparkguard.thresholds import Operator, Threshold
from sparkguard.verdicts import Outcome


def test_values_off_the_list_or_without_a_match_are_invalid(spark: Any, judge: Any) -> None:
    rows = [("EUR", 1, None), ("USD", 2, None), ("eur", 3, None), (None, None, None)]
    frame = spark.createDataFrame(rows, "s string, i int, empty string")
    half = Threshold(Operator.AT_MOST, (50,), "percent")
    cases = [
        (InvalidValues(("s",), ("EUR", "USD")), Outcome.FAIL, 1),
        (InvalidValues(("s",), ("EUR", "USD"), threshold=half), Outcome.PASS, 1),
        (InvalidValues(("s",), pattern=r"\A[A-Z]{3}\z"), Outcome.FAIL, 1),
        (InvalidValues(("s",), ("EUR", "eur"), r"\A[A-Z]{3}\z"), Outcome.FAIL, 2),
        (InvalidValues(("s",), ("EUR", "USD", "eur")), Outcome.PASS, 0),
        (InvalidValues(("i",), (1, 2, 3.0)), Outcome.PASS, 0),
        (InvalidValues(("i",), ("1",)), Outcome.ERROR, None),
        (InvalidValues(("i",), pattern="1"), Outcome.ERROR, None),
        (InvalidValues(("empty",), ("a",)), Outcome.NOT_EVALUABLE, 0),
    ]
    found = judge([rule for rule, _, _ in cases], {"t": frame})
    assert [(one.outcome, one.violations) for one in found] == [case[1:] for case in cases]


def test_a_rule_that_names_nothing_valid_is_refused() -> None:
    with pytest.raises(ValueError, match="needs valid or pattern"):
        InvalidValues(("s",))


def test_a_reason_names_what_is_valid_and_what_is_only_spelt_otherwise(
    spark: Any, judge: Any
) -> None:
    rows = [("EUR",), ("eur",), (" Usd ",), ("gold",), (None,)]
    frame = spark.createDataFrame(rows, "s string")
    listed, matched = judge(
        [InvalidValues(("s",), ("EUR", "USD")), InvalidValues(("s",), pattern=r"\A[A-Z]{3}\z")],
        {"t": frame},
    )
    assert listed.reason == (
        "3 of 5 rows with an invalid value; valid is one of EUR, USD; "
        "the same but for case or blanks in 2"
    )
    assert matched.reason == ("3 of 5 rows with an invalid value; valid is a match of the pattern")
