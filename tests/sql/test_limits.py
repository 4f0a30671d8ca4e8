from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.datatypes import Atomic, parse
from sparkguard.sql import literal, name
from sparkguard.sql.limits import _floor, above, among, below, micros, moment
from tests.plans import configured

X = name("x")


@pytest.mark.parametrize(
    ("limit", "type_", "or_equal", "text"),
    [
        (5, "int", False, "`x` < 5"),
        (2.5, "int", False, "`x` <= 2"),
        (2.5, "decimal(10,2)", False, "`x` < 2.50BD"),
        (2.505, "decimal(10,2)", True, "`x` <= 2.50BD"),
        (-0.5, "bigint", False, "`x` <= -1"),
        (10**30, "int", False, "true"),
        (-(10**30), "int", True, "false"),
        (0.1, "double", False, "`x` < 0.1D"),
        (2**53 + 1, "double", False, "`x` <= 9007199254740992.0D"),
        (2**53 + 3, "double", True, "`x` < 9007199254740996.0D"),
        (2**60, "double", True, "`x` <= 1.152921504606847e+18D"),
        (1152921504606847000, "double", False, "`x` < 1.152921504606847e+18D"),
        (10**400, "double", True, "`x` < CAST('Infinity' AS DOUBLE)"),
        (-(10**400), "double", False, "`x` <= CAST('-Infinity' AS DOUBLE)"),
        (0.7, "float", False, "`x` < CAST('0.7' AS FLOAT)"),
        (0.1, "float", True, "`x` <= CAST('0.1' AS FLOAT)"),
        (0.70000001, "float", False, "`x` <= CAST('0.7' AS FLOAT)"),
        (0.69999999, "float", True, "`x` < CAST('0.7' AS FLOAT)"),
        (2**24 + 1, "float", False, "`x` <= CAST('16777216' AS FLOAT)"),
        (1e-50, "float", False, "`x` <= CAST('0' AS FLOAT)"),
        (1e39, "float", True, "`x` <= 1e+39D"),
        (2**30, "float", False, "`x` < CAST('1.0737418e+09' AS FLOAT)"),
        (10**400, "float", False, "`x` < CAST('Infinity' AS DOUBLE)"),
        (10**400, "decimal(38,0)", False, "true"),
        (-(10**500), "bigint", True, "false"),
    ],
)
def test_limits_are_moved_to_what_the_type_can_hold(
    limit: float, type_: str, or_equal: bool, text: str
) -> None:
    assert below(X, limit, parse(type_), or_equal=or_equal).text == text
    opposite = above(X, limit, parse(type_), or_equal=not or_equal).text
    assert opposite == f"NOT ({text})"


@given(st.integers(-1000, 1000), st.floats(-1000, 1000))
def test_moving_a_limit_changes_no_comparison(value: int, limit: float) -> None:
    floor, equal = _floor(limit, Atomic("int"))
    assert (value < Decimal(repr(limit))) == (value < floor if equal else value <= floor)


def test_a_float_is_its_text(spark: Any) -> None:
    frame = spark.sql("SELECT explode(array(0.1F, 0.7F, CAST('Infinity' AS FLOAT))) AS x")
    limits = [(0.1, True), (0.7, False), (0.70000001, False), (1e39, True)]
    cells = [below(X, limit, parse("float"), or_equal=equal).text for limit, equal in limits]
    told = [tuple(row) for row in frame.selectExpr(*cells).collect()]
    assert told == [(True, True, True, True), (False, False, True, True), (False,) * 4]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_micros_of_a_time_that_the_sessions_zone_lacks(spark: Any, zone: str) -> None:
    time = datetime(2021, 3, 14, 2, 30, 1, 250_000)
    with configured(spark, {"spark.sql.session.timeZone": zone}):
        cell = micros(literal(time), Atomic("timestamp_ntz")).text
        (row,) = spark.range(1).selectExpr(cell).collect()
    assert row[0] == (time - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def test_moments_are_utc_unless_they_say_otherwise() -> None:
    noon = datetime(2020, 1, 1, 12, tzinfo=timezone.utc)
    assert moment("2020-01-01T12:00:00", Atomic("timestamp")) == literal(noon)
    assert moment("2020-01-01T14:00:00+02:00", Atomic("timestamp")) == literal(noon)
    with pytest.raises(ValueError, match="without zone"):
        moment("2020-01-01T12:00:00Z", Atomic("timestamp_ntz"))
    with pytest.raises(ValueError, match="with a date"):
        moment("2020-01-01T12:00:00", Atomic("date"))


def test_listed_values_are_of_the_columns_kind() -> None:
    assert among(X, [1, 2.0, 2.5, 10**30], Atomic("int")).text == "`x` IN (1, 2)"
    assert among(X, [0.5], Atomic("int")).text == "false"
    assert among(X, [0.1, 2**53 + 1, 10**400], Atomic("double")).text == "`x` IN (0.1D)"
    assert among(X, [0.7, 0.70000001], Atomic("float")).text == "`x` IN (CAST('0.7' AS FLOAT))"
    assert among(X, [float("inf")], Atomic("float")).text == "`x` IN (CAST('Infinity' AS DOUBLE))"
    assert among(X, [1.5], parse("decimal(4,2)")).text == "`x` IN (1.50BD)"
    with pytest.raises(ValueError, match="another type than int"):
        among(X, ["1"], Atomic("int"))
    with pytest.raises(ValueError, match="no date and no timestamp"):
        micros(X, Atomic("string"))


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        (10**10, "decimal(38,18)", "`x` IN (10000000000.000000000000000000BD)"),
        (0.1, "decimal(38,30)", "`x` IN (0.100000000000000000000000000000BD)"),
        (10**38 - 1, "decimal(38,0)", f"`x` IN ({10**38 - 1}BD)"),
        (10**20, "decimal(38,18)", "false"),
        (1e-39, "decimal(38,38)", "false"),
        (10**500, "decimal(38,18)", "false"),
    ],
)
def test_listed_values_of_wide_decimals(value: float, type_: str, text: str) -> None:
    assert among(X, [value], parse(type_)).text == text


def test_a_limit_that_only_the_widest_decimal_holds_is_no_other() -> None:
    most = 10**38 - 1
    assert below(X, most, parse("decimal(38,0)")).text == f"`x` < {most}BD"
