from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.families import Family
from sparkguard.measures.texts import number_of, text_of


@pytest.mark.parametrize(
    ("value", "family", "text"),
    [
        (True, Family.BOOLEAN, "true"),
        (Decimal("1.500"), Family.DECIMAL, "1.5"),
        (Decimal("1E+3"), Family.DECIMAL, "1000"),
        (Decimal("-0.00"), Family.DECIMAL, "0"),
        (-0.0, Family.FLOAT, "0"),
        (1e300, Family.FLOAT, "1e+300"),
        (math.inf, Family.FLOAT, "Infinity"),
        (0, Family.DATE, "1970-01-01"),
        (-719_162, Family.DATE, "0001-01-01"),
        (-719_163, Family.DATE, "+0000-12-31"),
        (2_932_896, Family.DATE, "9999-12-31"),
        (-1, Family.TIMESTAMP_NTZ, "1969-12-31T23:59:59.999999"),
    ],
)
def test_canonical_text(value: Any, family: Family, text: str) -> None:
    assert text_of(value, family) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back(value: float) -> None:
    assert number_of(text_of(value, Family.FLOAT), Family.FLOAT) == value


@given(st.integers(-200_000_000, 200_000_000))
def test_dates_come_back(days: int) -> None:
    assert number_of(text_of(days, Family.DATE), Family.DATE) == days


@given(st.integers(-(2**62), 2**62))
def test_timestamps_come_back(micros: int) -> None:
    seconds = number_of(text_of(micros, Family.TIMESTAMP), Family.TIMESTAMP)
    assert seconds is not None
    assert Decimal(seconds) * 1_000_000 == micros


def test_text_is_no_number() -> None:
    assert number_of("12", Family.STRING) is None
    assert number_of("NaN", Family.FLOAT) is None
