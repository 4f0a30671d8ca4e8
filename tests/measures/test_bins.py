from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from sparkguard.measures.bins import NAN, NEGATIVE, NULL, POSITIVE, Bins, BinsState
from sparkguard.measures.families import Family
from tests.measures.laws import obeys, reads_golden

EDGES = (-1.0, 0.0, 2.5)
MEASURE = Bins(("a",), Family.FLOAT, EDGES)
ROWS = st.none() | st.floats()


def cell(row: float | None) -> int:
    if row is None:
        return NULL
    if math.isnan(row):
        return NAN
    if math.isinf(row):
        return POSITIVE if row > 0 else NEGATIVE
    return bisect.bisect_left(EDGES, row)


def state_of(rows: Sequence[float | None]) -> BinsState:
    return MEASURE.of_groups([((cell(row),), 1) for row in rows])


def test_laws() -> None:
    obeys(MEASURE, state_of, ROWS)


def test_golden() -> None:
    reads_golden(MEASURE, BinsState((1, 2, 3, 4), 5, 6, 7, 8))


@pytest.mark.parametrize("edges", [(1.0, 1.0), (2.0, 1.0), (math.nan,), tuple(range(100))])
def test_edges_must_ascend(edges: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="edges"):
        Bins(("a",), Family.FLOAT, edges)


def test_the_search_is_balanced() -> None:
    tree = Bins(("a",), Family.INTEGER, tuple(map(float, range(99)))).group_by()[0].text
    depth = deepest = 0
    for character in tree:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    assert deepest <= 8
