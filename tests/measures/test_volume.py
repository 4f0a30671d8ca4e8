from __future__ import annotations

from typing import Any

import pytest

from sparkguard.measures.volume import GROUPS, Volume, VolumeState

MEASURE = Volume(("amount",), ("key",))


def test_the_error_comes_from_whole_entities() -> None:
    groups = tuple((2, 2.0 * g) for g in range(GROUPS))
    state = VolumeState(groups, 9.0)
    assert state.mean == 4.5
    # Group means are 0 to 9: variance 82.5 / 9, over ten groups.
    assert state.error == pytest.approx((82.5 / 9 / 10) ** 0.5)


def test_states_merge_and_survive_their_bytes() -> None:
    one = VolumeState(((1, 1.0), *((0, 0.0),) * 9), 1.0)
    other = VolumeState(((2, 5.0), *((0, 0.0),) * 9), 4.0)
    both = one.merge(other)
    assert both == other.merge(one)
    assert (both.values, both.mean, both.largest) == (3, 2.0, 4.0)
    assert both.error is None
    assert both.merge(VolumeState()) == both
    assert MEASURE.load(MEASURE.dump(both)) == both


def test_sums_of_spark_rows_leave_out_what_is_not_finite(spark: Any) -> None:
    rows = [(k % 50, float(k)) for k in range(200)] + [(1, None), (2, float("inf"))]
    frame = spark.createDataFrame(rows, "key int, amount double")
    cells = frame.selectExpr(*(a.text for a in MEASURE.aggregates())).collect()[0]
    state = MEASURE.state(cells)
    assert (state.values, state.mean, state.largest) == (200, 99.5, 199.0)
    assert sum(n > 0 for n, _ in state.groups) > 5
