from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.event_times import EventTimes, TimesState
from sparkguard.windows.clock import micros
from tests.plans import configured

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


@pytest.mark.parametrize("session", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_local_times_and_dates_are_those_of_their_zone(spark: Any, session: str) -> None:
    local = EventTimes("local", "Asia/Kolkata")
    day = EventTimes("day", "America/New_York")
    moment = EventTimes("moment")
    with configured(spark, {"spark.sql.session.timeZone": session}):
        frame = spark.sql(
            "SELECT TIMESTAMP_NTZ'2024-07-01 12:00:00.25' local, DATE'2024-07-01' day, "
            "TIMESTAMP'2024-07-01 12:00:00Z' moment"
        )
        aggregates = [a.text for m in (local, day, moment) for a in m.aggregates()]
        cells = frame.selectExpr(*aggregates).collect()[0]
    found = [local.state(cells[:4]), day.state(cells[4:8]), moment.state(cells[8:])]
    expected = [
        micros(datetime(2024, 7, 1, 6, 30, 0, 250_000, tzinfo=timezone.utc)),
        micros(datetime(2024, 7, 1, 4, tzinfo=timezone.utc)),
        micros(datetime(2024, 7, 1, 12, tzinfo=timezone.utc)),
    ]
    assert [(state.first, state.last) for state in found] == [(at, at) for at in expected]
