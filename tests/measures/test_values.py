from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.families import Family
from sparkguard.measures.values import Values, ValuesState
from tests.measures.laws import obeys, reads_golden

INTEGERS = Values(("a",), Family.INTEGER)


def state_of(rows: Sequence[Any], measure: Values = INTEGERS) -> ValuesState:
    return measure.of_groups(((value,), n) for value, n in Counter(rows).items())


def test_laws() -> None:
    obeys(INTEGERS, state_of, st.none() | st.integers(-3, 3))


def test_laws_with_overflow() -> None:
    measure = Values(("a",), Family.INTEGER, most=3)
    obeys(measure, lambda rows: state_of(rows, measure), st.none() | st.integers(0, 5))


def test_golden() -> None:
    text = Values(("a",), Family.STRING)
    reads_golden(text, ValuesState({None: 1, "": 2, "ü 'x'": 3}))


@given(st.lists(st.decimals(-1000, 1000, places=2), min_size=2, max_size=40))
def test_statistics_follow_exactly(rows: list[Decimal]) -> None:
    measure = Values(("a",), Family.DECIMAL)
    metrics = measure.metrics(state_of(rows, measure))
    assert metrics["rows"] == len(rows)
    assert metrics["distinct"] == len(set(rows))
    assert metrics["min"] == float(min(rows))
    assert metrics["max"] == float(max(rows))
    assert metrics["mean"] == pytest.approx(float(statistics.mean(rows)), rel=1e-12, abs=1e-12)
    spread = math.sqrt(statistics.variance(rows))
    assert metrics["stddev"] == pytest.approx(spread, rel=1e-12, abs=1e-12)
    for rank, name in ((0.5, "q50"), (0.9, "q90")):
        at = math.ceil(Decimal(repr(rank)) * len(rows)) - 1
        assert metrics[name] == float(sorted(rows)[at])


def test_one_text_per_value() -> None:
    floats = Values(("a",), Family.FLOAT)
    rows = [1.0, -0.0, 0.0, math.nan, math.nan, math.inf, -math.inf, 0.1, None]
    found = state_of(rows, floats)
    assert dict(found.counts) == {
        "1": 1, "0": 2, "NaN": 2, "Infinity": 1, "-Infinity": 1, "0.1": 1, None: 1,
    }  # fmt: skip
    metrics = floats.metrics(found)
    assert (metrics["nan"], metrics["infinite"], metrics["null"]) == (2, 2, 1)
    assert (metrics["min"], metrics["max"], metrics["finite"]) == (-math.inf, math.inf, 4)
    decimals = Values(("a",), Family.DECIMAL)
    assert dict(state_of([Decimal("1.00"), Decimal("-0.0"), Decimal("10")], decimals).counts) == {
        "1": 1, "0": 1, "10": 1,
    }  # fmt: skip


def test_text_metrics_and_top_values() -> None:
    texts = Values(("a",), Family.STRING)
    found = state_of(["b", "a", "b", "", "a", None, "ccc"], texts)
    assert found.top(2) == (("a", 2), ("b", 2))
    metrics = texts.metrics(found)
    assert metrics["top_share"] == pytest.approx(1 / 3)
    assert (metrics["empty"], metrics["length_min"], metrics["length_max"]) == (1, 0, 3)
    assert metrics["length_mean"] == pytest.approx(7 / 6)
    assert texts.texts(found) == ("", "ccc")


@pytest.mark.parametrize(
    ("family", "value", "text", "number"),
    [
        (Family.DATE, -141_427, "1582-10-15", -141_427.0),
        (Family.DATE, -719_529, "-0001-12-31", -719_529.0),
        (Family.DATE, 2_932_897, "+10000-01-01", 2_932_897.0),
        (Family.TIMESTAMP, -1, "1969-12-31T23:59:59.999999Z", -0.000001),
        (Family.TIMESTAMP_NTZ, 86_400_000_000, "1970-01-02T00:00:00", 86_400.0),
    ],
)
def test_times_as_text_and_back(family: Family, value: int, text: str, number: float) -> None:
    measure = Values(("a",), family)
    found = state_of([value], measure)
    assert list(found.counts) == [text]
    assert measure.metrics(found)["q50"] == number
    assert measure.extremes(found).least == value


def test_no_rows_at_all() -> None:
    metrics = INTEGERS.metrics(state_of([]))
    assert metrics["rows"] == 0
    assert metrics["mean"] is metrics["min"] is metrics["q50"] is None


def test_moments_of_the_longest_decimals_are_exact() -> None:
    state = Values(("x",), Family.DECIMAL, 2)
    counted = state.of_groups([((Decimal(10**37),), 1), ((Decimal(10**37 + 1),), 1)])
    assert state.metrics(counted)["stddev"] == pytest.approx(0.5**0.5)


def test_extremes_of_the_longest_decimals_are_exact() -> None:
    measure = Values(("x",), Family.DECIMAL)
    ends = Decimal("-" + "9" * 38), Decimal("0." + "1" * 38)
    found = measure.extremes(state_of(ends, measure))
    assert (found.least, found.greatest) == ends
