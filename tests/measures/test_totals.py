from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.totals import Totals, TotalsState
from sparkguard.sql import name

MEASURE = Totals((("a", name("a")), ("b", name("b"))), frozenset({"a", "b"}))
NUMBERS = st.integers(-(10**40), 10**40) | st.decimals(
    allow_nan=False, allow_infinity=False, places=2, min_value=-(10**20), max_value=10**20
)
STATES = st.tuples(NUMBERS, NUMBERS).map(lambda pair: TotalsState((("a", pair[0]), ("b", pair[1]))))


@given(STATES, STATES, STATES)
def test_merging_is_associative_and_commutative(
    x: TotalsState, y: TotalsState, z: TotalsState
) -> None:
    assert x.merge(y) == y.merge(x)
    assert x.merge(y).merge(z) == x.merge(y.merge(z))


@given(STATES)
def test_bytes_keep_every_digit(state: TotalsState) -> None:
    assert MEASURE.load(MEASURE.dump(state)) == state


def test_sums_of_rows_are_exact(spark: Any) -> None:
    rows = [(2**62, Decimal("0.01")), (None, Decimal("9.99")), (5, None)]
    frame = spark.createDataFrame(rows, "a bigint, b decimal(20,2)")
    cells = frame.selectExpr(*(e.text for e in MEASURE.aggregates())).collect()[0]
    state = MEASURE.state(cells)
    assert (state["a"], state["b"]) == (2**62 + 5, Decimal("10.00"))
    assert MEASURE.metrics(state) == {"a": 2**62 + 5, "b": 10}
    none = frame.limit(0).selectExpr(*(e.text for e in MEASURE.aggregates())).collect()[0]
    assert MEASURE.state(none) == TotalsState((("a", 0), ("b", 0)))


def test_an_overflow_is_an_error_and_never_a_smaller_sum(spark: Any) -> None:
    frame = spark.createDataFrame([(2**63 - 1, None), (1, None)], "a bigint, b bigint")
    cells = frame.selectExpr(*(e.text for e in MEASURE.aggregates())).collect()[0]
    with pytest.raises(OverflowError, match="sum of a"):
        MEASURE.state(cells)
