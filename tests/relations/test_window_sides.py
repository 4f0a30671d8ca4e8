from __future__ import annotations

from typing import Any

from sparkguard.relations.window_events import TIME, entity
from sparkguard.relations.window_sides import both
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate
from tests.frames import Frames
from tests.relations.window_specs import spec, window

TOTAL = Feature(("total",), Aggregate("sum", None, "amount"))


def test_both_sides_are_sampled_alike_and_by_whole_entities(spark: Any) -> None:
    hours = "timestamp_seconds(3600 * id)"
    events = spark.range(2_000).selectExpr("id % 500 AS key", f"{hours} AS time", "1L AS amount")
    features = spark.range(1_500).selectExpr(
        "CAST(id % 500 AS INT) AS key", f"{hours} AS at", "1L AS total"
    )
    declared = spec(window(length="P1D", bounds="[)"), share=0.2)
    sides = both(declared, (TOTAL,), Frames(features=features, events=events), ())
    left, right = (side.groupBy(entity(0)).count().collect() for side in sides)
    assert {row[entity(0)] for row in left} == {row[entity(0)] for row in right}
    assert {row["count"] for row in left} == {3}
    assert {row["count"] for row in right} == {4}
    assert 40 < len(left) < 200


def test_rows_without_time_and_dropped_entities_are_on_neither_side(spark: Any) -> None:
    rows = [("a", 1), (None, 1), ("a", None)]
    frame = spark.createDataFrame(rows, "key string, n long")
    events = frame.selectExpr("key", "timestamp_seconds(n) AS time", "n AS amount")
    features = frame.selectExpr("key", "timestamp_seconds(n) AS at", "n AS total")
    declared = spec(window(length="P1D", bounds="[)"), null_entity="drop")
    sides = both(declared, (TOTAL,), Frames(features=features, events=events), ())
    assert [[(row[entity(0)], row[TIME]) for row in side.collect()] for side in sides] == [
        [("a", 1_000_000)]
    ] * 2
