from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard import sql
from sparkguard.measures.keyed_sums import KeyedSums, KeyedSumsState
from tests.measures.laws import GOLDEN, obeys, reads_golden

MEASURE = KeyedSums((sql.name("a"), sql.name("b")), (sql.name("n"), sql.name("m")), most=4)
Row = tuple[str | None, int, int, int]
rows = st.tuples(
    st.sampled_from(["x", "y", None]),
    st.integers(-2, 2),
    st.integers(-9, 9),
    st.integers(0, 10**30),
)


def state_of(found: Sequence[Row]) -> KeyedSumsState:
    state = KeyedSumsState()
    for a, b, n, m in found:
        state = state.merge(KeyedSumsState({(a, b): (n, m)} if n or m else {}))
    return state


def test_laws() -> None:
    obeys(MEASURE, state_of, rows)


@given(st.lists(rows, max_size=20), st.lists(rows, max_size=20))
def test_what_is_added_can_be_taken_back(before: list[Row], batch: list[Row]) -> None:
    state, more = state_of(before), state_of(batch)
    after = state.merge(more).minus(more)
    assert after == state
    assert MEASURE.dump(after) == MEASURE.dump(state)


def test_rows_of_equal_keys_add_up() -> None:
    found = MEASURE.state((3, [("x", 1, 2, 3), ("x", 1, 5, 7), ("y", 0, 0, 0)]))
    assert found == KeyedSumsState({("x", 1): (7, 10)})
    assert MEASURE.metrics(found) == {"keys": 1}


def test_too_many_rows_and_an_overflow_are_errors() -> None:
    with pytest.raises(OverflowError, match="at most 4"):
        MEASURE.state((5, None))
    with pytest.raises(OverflowError, match="digits"):
        MEASURE.state((1, [("x", 1, None, 3)]))


def test_golden() -> None:
    assert GOLDEN.exists()
    reads_golden(MEASURE, KeyedSumsState({("x", 1): (2, 3), (None, -1): (-4, 10**20)}))
