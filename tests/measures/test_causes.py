from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.causes import Cause, Causes, CausesState
from sparkguard.sql import name

MEASURE = Causes(("trim", "case"), name("c"), name("t"), name("n"), name("k"))


def cause(label: str) -> st.SearchStrategy[Cause]:
    counted = st.tuples(st.integers(1, 9), st.text(max_size=2))
    return counted.map(lambda pair: Cause(label, pair[0], 1, pair[1], pair[0])) | st.just(
        Cause(label)
    )


STATES = st.tuples(cause("trim"), cause("case")).map(CausesState)


@given(STATES, STATES, STATES)
def test_merging_is_associative_and_commutative(
    x: CausesState, y: CausesState, z: CausesState
) -> None:
    assert x.merge(y) == y.merge(x)
    assert x.merge(y).merge(z) == x.merge(y.merge(z))


@given(STATES)
def test_bytes_keep_every_cause(state: CausesState) -> None:
    assert MEASURE.load(MEASURE.dump(state)) == state


def test_each_cause_has_its_rows_keys_and_largest_example(spark: Any) -> None:
    frame = spark.createDataFrame(
        [("trim", "a ", 2, 1), ("trim", "b ", 5, 2), ("other", "x", 9, 1)],
        "c string, t string, n bigint, k bigint",
    )
    cells = frame.selectExpr(*(e.text for e in MEASURE.aggregates())).collect()[0]
    state = MEASURE.state(cells)
    assert state.causes == (Cause("trim", 7, 3, "b ", 5), Cause("case"))
    assert MEASURE.metrics(state) == {"trim_rows": 7, "case_rows": 0}
