from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from sparkguard.measures.extremes import Extremes, ExtremesState
from sparkguard.measures.families import Family
from tests.measures.laws import obeys, reads_golden

VALUES: dict[Family, st.SearchStrategy[Any]] = {
    Family.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Family.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, places=18),
    Family.FLOAT: st.floats(allow_nan=False),
    Family.STRING: st.text(),
    Family.BINARY: st.binary(),
    Family.BOOLEAN: st.booleans(),
    Family.DATE: st.integers(-10_000_000, 10_000_000),
}


def state_of(rows: Sequence[Any]) -> ExtremesState:
    return ExtremesState(min(rows, default=None), max(rows, default=None))


@pytest.mark.parametrize("family", VALUES)
def test_laws(family: Family) -> None:
    obeys(Extremes(("a",), family), state_of, VALUES[family])


def test_golden() -> None:
    state = ExtremesState(Decimal("-12345678901234567890.5"), Decimal("0.000001"))
    reads_golden(Extremes(("a",), Family.DECIMAL), state)


def test_zero_has_one_sign() -> None:
    found = Extremes(("a",), Family.FLOAT).state((-0.0, -0.0))
    assert str(found.least) == "0.0"


@pytest.mark.parametrize(
    ("family", "cells", "texts", "metrics"),
    [
        (Family.INTEGER, (-1, 2**62), ("-1", str(2**62)), {"min": -1, "max": 2**62}),
        (Family.DATE, (0, 2_932_897), ("1970-01-01", "+10000-01-01"), {"min": 0, "max": 2932897}),
        (
            Family.TIMESTAMP,
            (0, 1_500_000),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:01.5Z"),
            {"min": 0.0, "max": 1.5},
        ),
        (Family.STRING, ("", "z"), ("", "z"), {}),
        (Family.FLOAT, (None, None), (None, None), {"min": None, "max": None}),
    ],
)
def test_shows_ends(family: Family, cells: Any, texts: Any, metrics: Any) -> None:
    measure = Extremes(("a",), family)
    state = measure.state(cells)
    assert measure.texts(state) == texts
    assert measure.metrics(state) == metrics
