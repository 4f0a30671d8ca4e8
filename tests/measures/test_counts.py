from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.families import Family
from tests.measures.laws import obeys, reads_golden

FLOATS = Counts(("a",), Family.FLOAT)


def state_of(rows: Sequence[float | None]) -> CountsState:
    present = [row for row in rows if row is not None]
    return CountsState(
        len(rows),
        len(rows) - len(present),
        sum(map(math.isnan, present)),
        sum(map(math.isinf, present)),
    )


def test_laws() -> None:
    obeys(FLOATS, state_of, st.none() | st.floats())


def test_golden() -> None:
    reads_golden(FLOATS, CountsState(10, 3, 2, 1, 0))


@pytest.mark.parametrize(
    ("family", "cells", "metrics"),
    [
        (Family.INTEGER, (5, 4), {"rows": 5, "null": 1}),
        (Family.FLOAT, (5, 4, 2, 1), {"rows": 5, "null": 1, "nan": 2, "infinite": 1}),
        (Family.STRING, (5, 4, 3), {"rows": 5, "null": 1, "empty": 3}),
        (Family.OTHER, (5, 0), {"rows": 5, "null": 5}),
    ],
)
def test_counts_what_the_type_can_be(
    family: Family, cells: tuple[int, ...], metrics: dict[str, int]
) -> None:
    measure = Counts(("a",), family)
    assert len(measure.aggregates()) == len(cells)
    assert measure.metrics(measure.state(cells)) == metrics
