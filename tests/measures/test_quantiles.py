from __future__ import annotations

from collections.abc import Sequence

import pytest
from datasketches import kll_doubles_sketch
from hypothesis import strategies as st

from sparkguard.measures.families import Family
from sparkguard.measures.quantiles import RANKS, Quantiles, QuantilesState
from tests.measures.laws import obeys, reads_golden

MEASURE = Quantiles(("a",), Family.FLOAT)


def state_of(rows: Sequence[float]) -> QuantilesState:
    sketch = kll_doubles_sketch(1024)
    for row in rows:
        sketch.update(row)
    return MEASURE.state((sketch.serialize(),))


def alike(a: QuantilesState, b: QuantilesState) -> bool:
    """Few values are all kept: then quantiles are exact, whatever the order of merging."""
    return a.n == b.n and [a.at(rank) for rank in RANKS] == [b.at(rank) for rank in RANKS]


def test_laws() -> None:
    obeys(MEASURE, state_of, st.floats(allow_nan=False, allow_infinity=False), alike)


def test_golden() -> None:
    reads_golden(MEASURE, state_of([3.0, 1.0, 2.0]), alike)


def test_ranks_stay_within_the_stated_error_after_merging() -> None:
    merged = state_of(())
    for part in range(20):
        merged = merged.merge(state_of([float(x) for x in range(part, 100_000, 20)]))
    assert merged.n == 100_000
    error = merged.error
    assert error is not None
    assert 0 < error < 0.003
    for rank in RANKS:
        assert merged.at(rank) == pytest.approx(rank * 100_000, abs=2 * error * 100_000)


def test_percentiles_stand_in_where_spark_has_no_sketch_and_do_not_merge() -> None:
    points = MEASURE.state(([float(i) for i in range(101)],))
    assert MEASURE.metrics(points) | {} == {
        **{f"q{round(rank * 100):02d}": float(round(rank * 100)) for rank in RANKS},
        "quantile_error": 0.001,
    }
    assert points.merge(QuantilesState()) == points
    merged = points.merge(points)
    assert merged == QuantilesState(unknown=True)
    assert set(MEASURE.metrics(merged).values()) == {None}
    assert merged.merge(state_of([1.0])) == merged
    for state in (points, merged):
        assert MEASURE.load(MEASURE.dump(state)) == state
