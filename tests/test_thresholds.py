from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.thresholds import Operator, Threshold, percent, zero_rows


@pytest.mark.parametrize(
    ("operator", "limits", "holding", "breaking"),
    [
        ("mustBe", (0,), [0, 0.0, -0.0], [1, -1, 0.1]),
        ("mustNotBe", (5,), [4, 6], [5, 5.0, Decimal("5.00")]),
        ("mustBeGreaterThan", (100,), [101, 100.1, float("inf")], [100, 100.0, 99]),
        ("mustBeGreaterOrEqualTo", (1,), [1, 2], [0, 0.999]),
        ("mustBeLessThan", (1.0,), [0, 0.999, float("-inf")], [1, 1.0, 2]),
        ("mustBeLessOrEqualTo", (0.3,), [0.3, Fraction(3, 10)], [0.1 + 0.2, 1]),
        ("mustBeBetween", (0, 100), [1, 99.9], [0, 100, -1, 101]),
        ("mustNotBeBetween", (0, 100), [0, 100, -1], [1, 50]),
    ],
)
def test_every_operator(
    operator: str, limits: tuple[float, ...], holding: list[float], breaking: list[float]
) -> None:
    threshold = Threshold(Operator(operator), limits)
    assert [threshold.holds(value) for value in holding] == [True] * len(holding)
    assert [threshold.holds(value) for value in breaking] == [False] * len(breaking)
    assert not threshold.holds(float("nan"))


def test_percent_is_exact() -> None:
    tenth = Threshold(Operator.AT_MOST, (0.1,), "percent")
    assert tenth.holds(percent(1, 1_000))
    assert not tenth.holds(percent(1_000_001, 1_000_000_000))
    with pytest.raises(ZeroDivisionError):
        percent(0, 0)


@pytest.mark.parametrize(
    ("operator", "limits", "unit", "message"),
    [
        (Operator.BE, (), "rows", "takes 1 numbers, found 0"),
        (Operator.BE, (True,), "rows", "takes a number, found True"),
        (Operator.BE, ("ten",), "rows", "takes a number, found text 'ten'"),
        (Operator.LESS, (float("nan"),), "rows", "finite"),
        (Operator.LESS, (float("inf"),), "rows", "finite"),
        (Operator.BETWEEN, (2, 1), "rows", "first number must be below"),
        (Operator.BETWEEN, (1, 1.0), "rows", "first number must be below"),
        (Operator.BE, (1,), "kilos", "unit is rows or percent"),
    ],
)
def test_limits_that_compare_with_nothing_are_refused(
    operator: Operator, limits: tuple[float, ...], unit: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Threshold(operator, limits, unit)


def test_a_missed_limit_is_named_and_an_end_of_a_between_gets_a_note() -> None:
    between = Threshold(Operator.BETWEEN, (0, 100))
    wanted = "; expected more than 0 and less than 100 rows"
    assert between.missed(200) == wanted
    note = " (the value equals an end, which mustBeBetween excludes from the range)"
    assert between.missed(100) == wanted + note
    assert Threshold(Operator.AT_LEAST, (1,)).missed(0) == "; expected at least 1 row"


def test_text_is_readable() -> None:
    assert str(zero_rows()) == "exactly 0 rows"
    assert str(Threshold(Operator.BETWEEN, (1, 2_000))) == "more than 1 and less than 2,000 rows"
    assert str(Threshold(Operator.LESS, (5,), "percent")) == "less than 5 %"


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-100, 100))
def test_between_and_not_between_are_complements(value: float, low: int) -> None:
    limits = (low, low + 10)
    inside = Threshold(Operator.BETWEEN, limits).holds(value)
    assert inside is not Threshold(Operator.NOT_BETWEEN, limits).holds(value)
