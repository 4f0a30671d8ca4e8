from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.orphan_volume import Cell, OrphanVolumes, OrphanVolumeState
from sparkguard.sql import name

MEASURE = OrphanVolumes(tuple(map(name, "usknrm")))
CELLS = st.builds(Cell, *[st.integers(0, 9)] * 4)
KEYS = st.tuples(st.integers(-3, 2), st.integers(0, 3))
STATES = st.dictionaries(KEYS, CELLS).map(OrphanVolumeState)


@given(STATES, STATES, STATES)
def test_merging_is_associative_and_commutative(
    x: OrphanVolumeState, y: OrphanVolumeState, z: OrphanVolumeState
) -> None:
    assert x.merge(y) == y.merge(x)
    assert x.merge(y).merge(z) == x.merge(y.merge(z))


@given(STATES)
def test_bytes_keep_every_cell(state: OrphanVolumeState) -> None:
    assert MEASURE.load(MEASURE.dump(state)) == state


def test_cells_add_up_over_units() -> None:
    state = OrphanVolumeState({(-1, 0): Cell(1, 1, 1, 1), (0, 3): Cell(5, 2, 40, 16)})
    assert state.up_to(-1) == Cell(1, 1, 1, 1)
    assert state.up_to(99) == Cell(6, 3, 41, 17)
    assert state.counts() == {(-1, 0): (1, 1), (0, 3): (2, 5)}
    assert MEASURE.metrics(state) == {"keys": 6, "orphan_keys": 3}


def test_rows_of_the_relation_become_cells(spark: Any) -> None:
    frame = spark.createDataFrame([(0, 1, 5, 2, 10, 4)], "u int, s int, k int, n int, r int, m int")
    cells = frame.selectExpr(*(e.text for e in MEASURE.aggregates())).collect()[0]
    assert MEASURE.state(cells) == OrphanVolumeState({(0, 1): Cell(5, 2, 10, 4)})
