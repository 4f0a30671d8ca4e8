"""SQL text means what it says under every session setting."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard import sql
from sparkguard.errors import EvaluationError
from sparkguard.sql import Sql
from tests.plans import configured

NAMES = ["a", "a.b", "a`b", "select", " ", "héllo 🎉", "a" * 250, "x--y", "x/*y*/", "'"]


@pytest.mark.parametrize("name", NAMES)
def test_a_quoted_name_holds_the_name_and_nothing_else(name: str) -> None:
    text = sql.name(name).text
    assert text[0] == text[-1] == "`"
    assert text[1:-1].replace("``", "") == name.replace("`", "")


def test_a_path_quotes_every_step() -> None:
    assert sql.path(("a.b", "c`d")).text == "`a.b`.`c``d`"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (True, "true"),
        (3, "3"),
        (-(2**31) - 1, "-2147483649L"),
        (2**63, "9223372036854775808BD"),
        (0.1, "0.1D"),
        (float("inf"), "CAST('Infinity' AS DOUBLE)"),
        (Decimal("1.50"), "1.50BD"),
        (Decimal("1E+3"), "1000BD"),
        (date(2013, 1, 31), "DATE'2013-01-31'"),
        (datetime(2013, 1, 1, 5), "TIMESTAMP_NTZ'2013-01-01 05:00:00'"),
        (
            datetime(2013, 1, 1, 5, tzinfo=timezone(timedelta(hours=2))),
            "TIMESTAMP'2013-01-01 03:00:00+00:00'",
        ),
        (
            datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-5))),
            "TIMESTAMP'9999-12-31 23:59:59-05:00'",
        ),
        (b"\x00\xff", "X'00ff'"),
        ("plain text", "'plain text'"),
        ("it's", "CAST(X'69742773' AS STRING)"),
        ("a\\nb", "CAST(X'615c6e62' AS STRING)"),
        ("${env:A}", "CAST(X'247b656e763a417d' AS STRING)"),
    ],
)
def test_literals(value: sql.Literal, text: str) -> None:
    assert sql.literal(value).text == text


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_instants_beyond_pythons_calendar_are_the_same_in_every_zone(spark: Any, zone: str) -> None:
    texts = ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+00:53:28"]
    cells = [f"unix_micros({sql.literal(datetime.fromisoformat(text)).text})" for text in texts]
    with configured(spark, {"spark.sql.session.timeZone": zone}):
        (row,) = spark.range(1).selectExpr(*cells).collect()
    assert list(row) == [253_402_318_799_000_000, -62_135_600_008_000_000]


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_a_decimals_text_has_no_exponent_in_any_session(spark: Any, ansi: str) -> None:
    zero = sql.template("CAST(0 AS DECIMAL(38,10))")
    cells = map(sql.as_text, (zero, sql.call("array", zero), sql.literal(1e20)))
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        (row,) = spark.range(1).selectExpr(*(cell.text for cell in cells)).collect()
    assert list(row) == ["0.0000000000", "[0.0000000000]", "1.0E20"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_literal_never_holds_a_quote_or_backslash_of_its_own(value: str) -> None:
    inside = sql.literal(value).text.removeprefix("'").removesuffix("'")
    if not inside.startswith("CAST(X'"):
        assert inside == value
        assert "'" not in inside
        assert "\\" not in inside
        assert "$" not in inside


@pytest.mark.parametrize("name", ["${x}", "a${env:HOME}b", "${"])
def test_a_name_that_spark_would_replace_is_refused(name: str) -> None:
    with pytest.raises(EvaluationError, match="it replaces") as caught:
        sql.path(("a", name))
    assert caught.value.condition == sql.UNNAMEABLE
    assert sql.name("$a{}").text == "`$a{}`"


def test_a_text_that_looks_like_a_variable_means_itself(spark: Any) -> None:
    texts = ["${x}", "${env:HOME}", "${spark.app.name}", "$", "${"]
    rows = spark.range(1).selectExpr(*(sql.literal(text).text for text in texts)).collect()
    assert list(rows[0]) == texts


def test_a_template_takes_nothing_but_sql() -> None:
    assert sql.template("{} > {}", sql.name("a{}"), sql.literal(1)).text == "`a{}` > 1"
    with pytest.raises(TypeError, match="found str"):
        sql.template("{}", "1 OR 1=1")  # type: ignore[arg-type]


def test_a_call_takes_a_plain_function_name() -> None:
    assert sql.call("upper", sql.name("a")).text == "upper(`a`)"
    with pytest.raises(ValueError, match="not a function name"):
        sql.call("upper(a) --", sql.name("a"))


def test_empty_conjunction_and_disjunction() -> None:
    assert sql.all_of([]) == Sql("true")
    assert sql.any_of([]) == Sql("false")
    assert sql.any_of([Sql("a"), Sql("b")]).text == "(a) OR (b)"
