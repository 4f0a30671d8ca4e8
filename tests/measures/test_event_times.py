from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.event_times import EventTimes, TimesState

MEASURE = EventTimes("at")
STATES = st.builds(
    TimesState,
    st.integers(0, 9),
    st.integers(0, 9),
    st.none() | st.integers(),
    st.none() | st.integers(),
)


@given(STATES, STATES, STATES)
def test_times_merge_in_any_order(a: TimesState, b: TimesState, c: TimesState) -> None:
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(TimesState()) == a
    assert MEASURE.load(MEASURE.dump(a)) == a


def test_a_newer_format_is_refused() -> None:
    with pytest.raises(ValueError, match="event_times/9"):
        MEASURE.load(b"event_times/9\n[]")


def test_times_of_spark_rows(spark: Any) -> None:
    rows = [(datetime(2024, 1, 1),), (None,), (datetime(2024, 1, 3),)]
    frame = spark.createDataFrame(rows, "at timestamp_ntz")
    cells = frame.selectExpr(*(a.text for a in MEASURE.aggregates())).collect()[0]
    state = MEASURE.state(cells)
    assert (state.rows, state.nulls) == (3, 1)
    assert state.first is not None
    assert state.last is not None
    assert state.last - state.first == 2 * 86_400 * 1_000_000
    assert MEASURE.metrics(state)["rows"] == 3
