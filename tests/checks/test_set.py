from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sparkguard.checks.set import Set
from sparkguard.errors import ConfigurationError, Location
from sparkguard.options import convert
from sparkguard.verdicts import Outcome
from tests.plans import configured

SCHEMA = "s string, i int, d decimal(5,2), f double, day date, b boolean, list array<string>"
ROWS = [
    ("a", 1, Decimal("1.50"), 0.1, date(2020, 1, 1), True, ["a", "b"]),
    ("A", 2, Decimal("2.00"), float("nan"), date(2020, 1, 2), False, ["a", None]),
    ("a ", 3, Decimal("0.00"), -0.0, None, None, []),
    (None, None, None, None, None, None, None),
    ("'; DROP \\", 2, Decimal("9.99"), 0.3, None, True, ["c"]),
]
CASES: list[tuple[str | list[str], list[Any], Outcome, int | None]] = [
    ("s", ["a", "A", "a ", "'; DROP \\"], Outcome.PASS, 0),
    ("s", ["a"], Outcome.FAIL, 3),
    ("s", ["e\u0301"], Outcome.FAIL, 4),
    ("i", [1, 2, 3], Outcome.PASS, 0),
    ("i", [1, 2.0, 3.5, 10**30], Outcome.FAIL, 1),
    ("i", [10**30, 0.5], Outcome.FAIL, 4),
    ("d", [1.5, 2, 0], Outcome.FAIL, 1),
    ("d", [1.501, 2, 0, 9.99], Outcome.FAIL, 1),
    ("f", [0.1, 0, 0.3], Outcome.FAIL, 1),
    ("day", ["2020-01-01"], Outcome.FAIL, 1),
    ("b", [True], Outcome.FAIL, 1),
    (["list", "[]"], ["a", "b"], Outcome.FAIL, 1),
    ("s", [1], Outcome.ERROR, None),
    ("i", ["1"], Outcome.ERROR, None),
    ("i", [True], Outcome.ERROR, None),
    ("day", ["New Year"], Outcome.ERROR, None),
    ("list", ["a"], Outcome.ERROR, None),
]


def check(column: Any, values: list[Any], **more: Any) -> Set:
    options = {"column": column, "values": values, **more}
    return convert(Set, options, "set", lambda _: Location("c.yaml"))


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_values_outside_the_list_are_counted(spark: Any, judge: Any, ansi: str) -> None:
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        frame = spark.createDataFrame(ROWS, SCHEMA)
        found = judge([check(column, values) for column, values, _, _ in CASES], {"t": frame})
    told = [
        (*case[:2], one.outcome, one.violations) for case, one in zip(CASES, found, strict=True)
    ]
    assert told == CASES


def test_a_null_breaks_the_rule_only_when_declared(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame([("a",), (None,)], "s string")
    allowing, forbidding = judge(
        [check("s", ["a"]), check("s", ["a"], nulls="violation")], {"t": frame}
    )
    assert allowing.outcome is Outcome.PASS
    assert forbidding.reason == "1 of 2 rows: NULL in 1; expected one of a"


@pytest.mark.parametrize("values", [[], ["a", "a"]])
def test_a_list_holds_values_and_each_once(values: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="set"):
        check("s", values)


def test_a_reason_says_how_many_values_are_only_spelt_otherwise(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame([("A",), (" a ",), ("b",)], "s string")
    (found,) = judge([check("s", ["a"])], {"t": frame})
    assert found.reason == (
        "3 of 3 rows: not in the set; the same but for case or blanks in 2; expected one of a"
    )
