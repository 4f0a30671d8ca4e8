from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.tally import Tally, TallyState
from sparkguard.sql import Sql

MEASURE = Tally(Sql("a > 1"), frozenset({"a"}))
STATES = st.builds(TallyState, *[st.integers(0, 2**70)] * 3)


@given(STATES, STATES, STATES)
def test_merging_is_associative_and_commutative(
    x: TallyState, y: TallyState, z: TallyState
) -> None:
    assert x.merge(y) == y.merge(x)
    assert x.merge(y).merge(z) == x.merge(y.merge(z))
    assert x.merge(TallyState()) == x
    assert x.merge(y).rows == x.rows + y.rows


@given(STATES)
def test_bytes_keep_every_count(state: TallyState) -> None:
    assert MEASURE.load(MEASURE.dump(state)) == state


def test_true_false_and_null_add_up_to_all_rows(spark: Any) -> None:
    frame = spark.createDataFrame([(2,), (1,), (None,), (5,)], "a int")
    cells = frame.selectExpr(*(e.text for e in MEASURE.aggregates())).collect()[0]
    state = MEASURE.state(cells)
    assert state == TallyState(true=2, false=1, null=1)
    assert MEASURE.metrics(state) == {"true": 2, "false": 1, "null": 1}
