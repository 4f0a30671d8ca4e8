from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import strategies as st

from sparkguard.layout import lay_out
from sparkguard.measures.families import Family
from sparkguard.measures.traits import MICRO, Traits, TraitsState
from sparkguard.measures.value_bits import ValueBits
from sparkguard.profile import Need
from sparkguard.relations.table import Table
from sparkguard.scan import run_scan
from tests.measures.laws import obeys, reads_golden

FLOATS = Traits(("a",), Family.FLOAT)


def state_of(rows: Sequence[float | None]) -> TraitsState:
    present = [v for v in rows if v is not None]
    logs = [math.log(abs(v)) for v in present if v]
    return TraitsState(
        len(rows),
        len(present),
        len(present),
        len(logs),
        sum(v < 0 for v in present),
        sum(v != math.floor(v) for v in present),
        sum(round(x * MICRO) for x in logs),
        sum(round(x * x * MICRO) for x in logs),
        min(present, default=None),
        max(present, default=None),
    )


def test_laws() -> None:
    obeys(FLOATS, state_of, st.none() | st.floats(-1e6, 1e6))


def test_golden() -> None:
    reads_golden(FLOATS, state_of([None, -2.5, 0.0, 1000.0]))


def test_hours_add_up_and_nothing_has_none() -> None:
    one = TraitsState(2, 2, hours=(1, 1, *[0] * 22))
    assert one.merge(one).hours[:2] == (2, 2)
    assert one.merge(TraitsState()) == one


def test_logarithms_give_mean_and_spread() -> None:
    state = state_of([1.0, math.e**2, None, 0.0])
    assert state.log_mean == pytest.approx(1.0, abs=1e-6)
    assert state.log_spread == pytest.approx(1.0, abs=1e-6)
    assert TraitsState().log_mean is None


ROWS = [
    (1, 1.5, "007", 3_600),
    (-2, -0.25, " x", 7_200),
    (0, 0.0, "12", 90_000),
    (None, float("nan"), None, None),
    (9, 2.0, "AA", 3_700),
    (9, 3.0, "aa ", 3_700),
]


def test_spark_measures_what_python_does(spark: Any) -> None:
    frame = spark.createDataFrame(ROWS, "i int, f double, s string, t bigint").selectExpr(
        "i", "f", "s", "timestamp_seconds(t) AS t"
    )
    wanted = {
        "i": Traits(("i",), Family.INTEGER),
        "f": Traits(("f",), Family.FLOAT),
        "s": Traits(("s",), Family.STRING),
        "t": Traits(("t",), Family.TIMESTAMP),
        "bits": ValueBits(("s",), Family.STRING),
    }

    class Frames:
        def frame(self, name: str, /) -> Any:
            return frame

    found: dict[Any, Any] = {}
    for scan in lay_out([Need(Table("x"), m) for m in wanted.values()], {}):
        outcome = run_scan(scan, Frames())
        assert not outcome.failures
        found.update({need.measure: state for (need, _), state in outcome.profile.states.items()})
    assert found[wanted["i"]] == state_of([1, -2, 0, None, 9, 9])
    floats = found[wanted["f"]]
    assert (floats.rows, floats.values, floats.finite, floats.fractions) == (6, 6, 5, 2)
    text = found[wanted["s"]]
    assert (text.values, text.numeric, text.zeros, text.padded, text.letters) == (5, 2, 1, 2, 12)
    assert found[wanted["t"]].hours[:4] == (0, 4, 1, 0)
    exact, folded = found[wanted["bits"]].exact, found[wanted["bits"]].folded
    assert (len(exact.positions), len(folded.positions)) == (5, 4)
