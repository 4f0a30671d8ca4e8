from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.rows import Rows, RowsState

STATES = st.builds(RowsState, st.integers(0, 2**70))


@given(STATES, STATES)
def test_rows_add_up_and_survive_as_bytes(x: RowsState, y: RowsState) -> None:
    assert x.merge(y) == y.merge(x) == RowsState(x.rows + y.rows)
    assert Rows().load(Rows().dump(x)) == x
    assert Rows().metrics(x) == {"rows": x.rows}


def test_one_aggregate_gives_the_state() -> None:
    (aggregate,) = Rows().aggregates()
    assert aggregate.text == "count(1)"
    assert Rows().state([7]) == RowsState(7)
    assert Rows().columns() == frozenset()
