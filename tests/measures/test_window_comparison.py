"""States of window comparisons: merging, bytes and what they say."""

from __future__ import annotations

import random

from sparkguard.measures.base import MEASURES
from sparkguard.measures.event_times import EventTimes, TimesState
from sparkguard.measures.window_comparison import WindowComparison, WindowsState
from sparkguard.windows.statuses import Status

MEASURE = WindowComparison(2)


def _state(seed: int) -> WindowsState:
    rng = random.Random(seed)
    rows = [
        [rng.randrange(101), rng.randrange(-1, 8), int(rng.choice(list(Status))),
         rng.randrange(1, 9), 3, 7 + rng.randrange(9), rng.randrange(1 << 20)]
        for _ in range(40)
    ]  # fmt: skip
    return MEASURE.state([rows])


def test_merging_is_associative_and_commutative() -> None:
    a, b, c = map(_state, (1, 2, 3))
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(b) == b.merge(a)
    assert a.merge(WindowsState()) == a


def test_states_survive_their_bytes() -> None:
    state = _state(4)
    assert MEASURE.load(MEASURE.dump(state)) == state
    times = EventTimes("at")
    assert times.load(times.dump(TimesState(3, 1, 5, 9))) == TimesState(3, 1, 5, 9)
    assert {"window_comparison", "event_times", "window_bug_scores"} <= set(MEASURES.kinds)


def test_counts_add_up() -> None:
    state = MEASURE.state([[
        [0, 3, int(Status.MATCHING), 10, 8, 15, 77],
        [0, 4, int(Status.WRONG), 4, 17, 30, 78],
        [1, 4, int(Status.TRUNCATED), 2, 16, 20, 79],
        [1, -1, int(Status.MISSING), 1, 0, 0, 80],
    ]])  # fmt: skip
    assert (state.windows, state.mismatches, state.excluded, state.largest) == (17, 5, 2, 30)
    assert state.counts() == {(0, 3): (0, 10), (0, 4): (4, 4), (1, -1): (1, 1)}
    extent = state.extent()
    assert (extent.smallest_wrong, extent.largest_right, extent.is_clean) == (17, 15, True)
    assert extent.hints == (15, 17)
    assert state.buckets([Status.WRONG]) == (78,)
    metrics = MEASURE.metrics(state)
    assert metrics["mismatch_rate"] == 5 / 15


def test_times_merge() -> None:
    merged = (
        TimesState(3, 1, 5, 9).merge(TimesState(2, 2, None, None)).merge(TimesState(1, 0, 4, 4))
    )
    assert merged == TimesState(6, 3, 4, 9)
