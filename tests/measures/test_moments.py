from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from sparkguard.measures.families import Family
from sparkguard.measures.moments import Moments, MomentsState
from tests.measures.laws import near, obeys, reads_golden

MEASURE = Moments(("a",), Family.FLOAT)


def state_of(rows: Sequence[float]) -> MomentsState:
    if not rows:
        return MomentsState()
    mean = math.fsum(rows) / len(rows)
    return MomentsState(len(rows), mean, math.fsum((row - mean) ** 2 for row in rows))


def test_laws() -> None:
    numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
    obeys(MEASURE, state_of, numbers, near("n", "mean", "m2", relative=1e-6))


def test_golden() -> None:
    reads_golden(MEASURE, MomentsState(4, 2.5, 5.0))


def test_stays_exact_far_from_zero() -> None:
    """The textbook sum of squares loses every digit here."""
    rows = [1e9 + x for x in (4.0, 7.0, 13.0, 16.0)]
    merged = state_of(rows[:1]).merge(state_of(rows[1:]))
    assert merged.variance == pytest.approx(statistics.variance(rows), rel=1e-12)
    assert merged.variance == 30.0


def test_metrics_without_values() -> None:
    assert MEASURE.metrics(MEASURE.state((0, None, None))) == {
        "finite": 0,
        "mean": None,
        "stddev": None,
    }
    assert MEASURE.metrics(MEASURE.state((1, 3.0, 0.0)))["stddev"] is None
