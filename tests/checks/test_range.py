from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sparkguard.checks.range import Range
from sparkguard.errors import ConfigurationError, Location
from sparkguard.options import convert
from sparkguard.verdicts import Outcome
from tests.plans import configured

SCHEMA = (
    "i int, b bigint, f double, g float, d decimal(10,2), w decimal(38,0), s string,"
    " day date, at timestamp, local timestamp_ntz, list array<int>, map map<string,double>,"
    " n struct<x:int>, empty int, flag boolean, sure int not null"
)

NAN, INF = math.nan, math.inf
UTC = datetime(2020, 1, 1)


def row(**given: Any) -> dict[str, Any]:
    return {**dict.fromkeys(c.split()[0] for c in SCHEMA.split(", ")), "sure": 5, **given}


ROWS = [
    row(i=1, b=2**53 + 1, f=0.1, g=0.5, d=Decimal("0.10"), s="1", list=[1, 2], n={"x": 1}),
    row(i=5, b=-(2**63), f=0.3, g=1.5, d=Decimal("2.49"), s=" 7 ", list=[], n={"x": None}),
    row(i=9, b=2**63 - 1, f=NAN, g=NAN, d=Decimal("2.50"), s="x", list=[None, 9], n=None),
    row(i=None, b=None, f=INF, g=-INF, d=None, s=None, list=None, map={"a": 3.0}),
    row(i=0, b=0, f=-0.0, g=0.0, d=Decimal("99999999.99"), s="", w=Decimal(10**37), map={"a": NAN}),
    row(f=1e308, s="1e400", w=Decimal("-" + "9" * 38), map={"a": None}),
    row(s="٣"),
    row(s="1d", day=date(2020, 2, 29), at=UTC, local=UTC),
    row(s="NaN", day=date(1, 1, 1), at=datetime(2019, 12, 31, 23, 59), local=UTC),
    row(s="9007199254740993"),
]

CASES: list[tuple[dict[str, Any], Outcome, int | None]] = [
    ({"column": "i", "min": 1, "max": 9}, Outcome.FAIL, 1),
    ({"column": "i", "min": 0, "max": 9}, Outcome.PASS, 0),
    ({"column": "i", "min": 0.5, "max": 8.5}, Outcome.FAIL, 2),
    ({"column": "i", "exclusive_min": 1, "exclusive_max": 9}, Outcome.FAIL, 3),
    ({"column": "i", "exclusive_min": 0.5, "exclusive_max": 9.5}, Outcome.FAIL, 1),
    ({"column": "i", "min": 0, "nulls": "violation"}, Outcome.FAIL, 6),
    ({"column": "i", "multiple_of": 3}, Outcome.FAIL, 2),
    ({"column": "i", "min": -(10**30), "max": 10**30}, Outcome.PASS, 0),
    ({"column": "i", "min": 10**30}, Outcome.FAIL, 4),
    ({"column": "b", "max": 2**53}, Outcome.FAIL, 2),
    ({"column": "b", "min": -(2**63), "max": 2**63 - 1}, Outcome.PASS, 0),
    ({"column": "f", "max": 1e308}, Outcome.FAIL, 2),
    ({"column": "f", "max": 1e308, "nan": "allow"}, Outcome.FAIL, 1),
    ({"column": "f", "min": 0}, Outcome.FAIL, 1),
    ({"column": "f", "exclusive_min": 0, "nan": "allow"}, Outcome.FAIL, 1),
    # Infinity, and 1e308, beyond 10^20, where the remainder is that of doubles.
    ({"column": "f", "multiple_of": 0.1, "nan": "allow"}, Outcome.FAIL, 2),
    ({"column": "g", "max": INF, "nan": "allow"}, Outcome.PASS, 0),
    ({"column": "d", "max": 2.5}, Outcome.FAIL, 1),
    ({"column": "d", "exclusive_max": 2.5}, Outcome.FAIL, 2),
    ({"column": "d", "exclusive_max": 2.495}, Outcome.FAIL, 2),
    ({"column": "d", "min": 0.1}, Outcome.PASS, 0),
    ({"column": "d", "multiple_of": 0.05}, Outcome.FAIL, 2),
    ({"column": "w", "min": 0.5}, Outcome.FAIL, 1),
    ({"column": "w", "max": 1e40}, Outcome.PASS, 0),
    # "1", " 7 ", "1e400" and 2^53 + 1 are numbers; "x", "", "٣", "1d" and "NaN" are none.
    ({"column": "s", "min": 1}, Outcome.FAIL, 5),
    ({"column": "s", "max": 2**53}, Outcome.FAIL, 7),
    ({"column": "s", "max": 7}, Outcome.FAIL, 7),
    ({"column": "day", "min": "2020-01-01"}, Outcome.FAIL, 1),
    ({"column": "day", "exclusive_max": "2020-02-29"}, Outcome.FAIL, 1),
    ({"column": "at", "min": "2020-01-01T00:00:00Z"}, Outcome.FAIL, 1),
    ({"column": "at", "min": "2020-01-01T01:00:00+01:00"}, Outcome.FAIL, 1),
    ({"column": "local", "exclusive_min": "2020-01-01"}, Outcome.FAIL, 2),
    ({"column": ["list", "[]"], "max": 5}, Outcome.FAIL, 1),
    ({"column": ["list", "[]"], "max": 9, "nulls": "violation"}, Outcome.FAIL, 1),
    ({"column": ["map", "{value}"], "max": 5}, Outcome.FAIL, 1),
    ({"column": ["n", "x"], "max": 1}, Outcome.PASS, 0),
    ({"column": ["n", "x"], "max": 1, "nulls": "violation"}, Outcome.FAIL, 1),
    ({"column": "empty", "min": 1}, Outcome.NOT_EVALUABLE, 0),
    ({"column": "sure", "max": 4}, Outcome.FAIL, 10),
    ({"column": "flag", "max": 4}, Outcome.ERROR, None),
    ({"column": "i", "max": "2020-01-01"}, Outcome.ERROR, None),
    ({"column": "day", "max": 4}, Outcome.ERROR, None),
    ({"column": "day", "max": "soon"}, Outcome.ERROR, None),
]


def check(options: dict[str, Any]) -> Range:
    return convert(Range, options, "range", lambda _: Location("c.yaml"))


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_counts_of_every_kind_of_value(spark: Any, judge: Any, ansi: str) -> None:
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        frame = spark.createDataFrame(ROWS, SCHEMA)
        found = judge([check(options) for options, _, _ in CASES], {"t": frame})
    told = [
        (options, judgement.outcome, judgement.violations)
        for (options, _, _), judgement in zip(CASES, found, strict=True)
    ]
    assert told == CASES


def test_causes_are_counted_apart(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame([("1",), ("x",), ("9",), (None,)], "s string")
    (found,) = judge([check({"column": "s", "max": 5, "nulls": "violation"})], {"t": frame})
    assert found.reason == (
        "3 of 4 rows: out of range in 1, not a number in 1, NULL in 1; expected at most 5"
    )


def test_violates_is_true_for_exactly_the_rows_that_break_the_rule(
    spark: Any, context: Any
) -> None:
    frame = spark.createDataFrame([(1,), (7,), (None,)], "i int")
    rule = check({"column": "i", "max": 5, "nulls": "violation"})
    condition = rule.violates(context({"t": frame}, "t"))
    assert [tuple(r) for r in frame.where(condition.text).collect()] == [(7,), (None,)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "range needs min, max"),
        ({"min": 2, "max": 1}, "above the upper one"),
        ({"min": NAN}, "NaN"),
        ({"multiple_of": 0}, "above 0"),
        ({"mim": 1}, "Did you mean 'min'"),
    ],
)
def test_a_range_that_says_nothing_or_nonsense_is_refused(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        check({"column": "i", **options})


@pytest.mark.parametrize(
    ("low", "high", "sound"),
    [
        ("2024-01-01T00:00:00+05:00", "2023-12-31T23:00:00Z", True),
        ("2023-12-31T23:00:00Z", "2024-01-01T00:00:00+05:00", False),
        ("2024-01-01T06:00", "2024-01-01 07:00", True),
        ("2024-01-01 07:00", "2024-01-01T06:00", False),
        ("2024-01-01T06:00", "2024-01-01T06:30Z", True),
        ("a", "b", True),
        ("b", "a", False),
        ("b", "2024-01-01", False),
    ],
)
def test_text_limits_are_ordered_as_moments_where_both_are(
    low: str, high: str, sound: bool
) -> None:
    if sound:
        assert Range(("at",), low, high).max == high
        return
    with pytest.raises(ValueError, match="the lower limit is above the upper one"):
        Range(("at",), low, high)
