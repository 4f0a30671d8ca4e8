from __future__ import annotations

from collections.abc import Sequence

import pytest
from datasketches import hll_sketch, tgt_hll_type
from hypothesis import strategies as st

from sparkguard.measures.distinct import Distinct, DistinctState
from sparkguard.measures.families import Family
from tests.measures.laws import near, obeys, reads_golden

MEASURE = Distinct(("a",), Family.INTEGER)


def state_of(rows: Sequence[int]) -> DistinctState:
    sketch = hll_sketch(12, tgt_hll_type.HLL_8)
    for row in rows:
        sketch.update(row)
    return MEASURE.state((sketch.serialize_updatable(),))


def test_laws() -> None:
    obeys(MEASURE, state_of, st.integers(), near("estimate"))


def test_golden() -> None:
    reads_golden(MEASURE, state_of(range(5)), near("estimate"))


@pytest.mark.parametrize("n", [0, 1, 100, 5_000, 50_000])
def test_estimate_is_within_its_bounds_however_the_rows_were_split(n: int) -> None:
    whole = state_of(range(n))
    halves = state_of(range(n // 2)).merge(state_of(range(n // 2, n)))
    assert halves.estimate == pytest.approx(whole.estimate, rel=1e-9, abs=1e-6)
    metrics = MEASURE.metrics(halves)
    assert metrics["distinct_low"] <= n + 1e-6  # type: ignore[operator]
    assert n <= metrics["distinct_high"]  # type: ignore[operator]
    assert whole.estimate == pytest.approx(n, rel=0.05)
