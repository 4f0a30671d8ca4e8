from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.differences import DifferenceCounts
from sparkguard.shadow_rules.differences import Cells, Differences, Example, Rows

MEASURE = DifferenceCounts(("a", "b"), examples=True)
COUNT = st.integers(0, 9)
WHOLE_FLOATS = st.integers(0, 9).map(float)
CELLS = st.builds(Cells, *[COUNT] * 4, *[WHOLE_FLOATS] * 4)
ROWS = st.builds(Rows, *[COUNT] * 13)
STATES = st.builds(Differences, ROWS, st.dictionaries(st.sampled_from("ab"), CELLS))


@given(STATES, STATES, STATES)
def test_states_merge(x: Differences, y: Differences, z: Differences) -> None:
    assert x.merge(y) == y.merge(x)
    assert x.merge(y).merge(z) == x.merge(y.merge(z))


@given(STATES)
def test_bytes_give_back_the_state(state: Differences) -> None:
    assert MEASURE.load(MEASURE.dump(state)) == state


def test_rows_of_the_relation_become_counters_and_examples() -> None:
    none = [0] * 13
    lone = [-1, 5, 6, 1, 1, 2, 1, 2, 0, 0, 0, 0, 0, 0, *[0] * 4, *[0.0] * 4]
    column = [1, *none, 1, 0, 2, 3, 0.5, -0.5, 0.25, 9.0]
    first = [(11, 3, ["k"], "x", "y", 9.0)]
    state = MEASURE.state(
        [[(*lone, [], None), (*column, first, (9.0, 11, 3, ["k"], "x", "y", 9.0))]]
    )
    assert state.rows == Rows(5, 6, 1, 1, 2, 1, 2)
    assert state.columns == {"b": Cells(1, 0, 2, 3, 0.5, -0.5, 0.25, 9.0)}
    assert state.examples == (Example("b", "value", ("k",), "x", "y", 9.0),)
    assert (state.rows.matched, state.rows.wrong, state.of("b").null) == (4, 5, 1)
    assert MEASURE.metrics(state)["wrong"] == 5
    assert MEASURE.load(MEASURE.dump(state)) == state
    assert state.plus_identical(10).rows.identical == 11
