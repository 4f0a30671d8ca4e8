from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from datasketches import kll_doubles_sketch
from hypothesis import strategies as st

from sparkguard.checks.base import TableFacts
from sparkguard.datatypes import from_json
from sparkguard.measures.families import Family
from sparkguard.measures.frequent import LEAST_SHARE, Frequent, FrequentState
from sparkguard.measures.quantiles import K, Quantiles, QuantilesState
from sparkguard.profiling import measure_columns
from tests.measures.laws import obeys, reads_golden

MEASURE = Frequent(("a",), Family.STRING, (1.0,))
LISTED = ("x", "")


def state_of(rows: Sequence[str | None]) -> FrequentState:
    keys = Counter((row if row in LISTED else None, row is not None) for row in rows)
    return MEASURE.of_groups(keys.items())


def test_laws() -> None:
    obeys(MEASURE, state_of, st.none() | st.sampled_from(["x", "", "y"]))


def test_golden() -> None:
    reads_golden(MEASURE, FrequentState({"": 2, "x": 7}, 12))


def test_metrics() -> None:
    assert MEASURE.metrics(state_of(["x", "x", "", "y", None])) == {"top_share": 0.5}
    assert MEASURE.metrics(state_of(["y", None])) == {"top_share": None}


def ranks(rows: Sequence[float]) -> QuantilesState:
    sketch = kll_doubles_sketch(K)
    for row in rows:
        sketch.update(row)
    return Quantiles(("a",), Family.FLOAT).state((sketch.serialize(),))


def test_what_fills_a_hundredth_is_found_and_what_is_rare_is_not() -> None:
    distinct = [float(i) for i in range(100_000)]
    frequent = [0.5] * 1_250 + [70_000.5] * 20_000
    rare = [30_000.5] * 300
    assert ranks(distinct + frequent + rare).repeated(LEAST_SHARE) == (0.5, 70_000.5)
    assert ranks(distinct).repeated(LEAST_SHARE) == ()
    assert ranks([]).repeated(LEAST_SHARE) == ()


def test_percentiles_show_what_fills_two_of_them() -> None:
    points = (*map(float, range(50)), *[50.0] * 3, *map(float, range(51, 99)))
    assert QuantilesState(points=points).repeated(LEAST_SHARE) == (50.0,)
    assert QuantilesState(unknown=True).repeated(LEAST_SHARE) == ()


class Rows:
    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def frame(self, name: str, /) -> Any:
        return self._frame


def test_frequent_values_among_many_are_counted_exactly(spark: Any) -> None:
    frame = spark.range(0, 60_000, 1, 3).selectExpr(
        "CASE WHEN id % 10 < 3 THEN 'N/A' WHEN id % 10 = 3 THEN NULL ELSE concat('t', id) END AS s",
        "CASE WHEN id % 50 = 7 THEN -1 ELSE id END AS i",
        "CASE WHEN id % 20 = 1 THEN TIMESTAMP'1970-01-01 00:00:00' "
        "ELSE timestamp_micros(id * 1000001) END AS at",
        "CAST(id AS DOUBLE) AS plain",
    )
    facts = TableFacts("t", from_json(frame.schema.jsonValue()))
    found = {one.column: one for one in measure_columns(Rows(frame), facts).at()}
    assert {name: one.top for name, one in found.items()} == {
        "s": (("N/A", 18_000),),
        "i": (("-1", 1_200),),
        "at": (("1970-01-01T00:00:00Z", 3_001),),
        "plain": (),
    }
    assert found["s"].numbers["top_share"] == 18_000 / 54_000
    assert found["plain"].numbers.get("top_share") is None
