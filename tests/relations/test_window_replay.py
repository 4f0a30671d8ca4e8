from __future__ import annotations

from typing import Any

from sparkguard.relations.window_replay import EVENTS, HELD, RIGHT, WindowReplay
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate
from tests.frames import Frames
from tests.relations.window_specs import spec, window

TOTAL = Feature(("total",), Aggregate("sum", None, "amount"))


def test_wrong_and_right_windows_come_with_their_events(spark: Any) -> None:
    hours = "timestamp_seconds(1700000000 + 3600 * id)"
    events = spark.range(400).selectExpr(
        "CAST(id % 2 AS STRING) AS key", f"{hours} AS time", "CAST(1 AS BIGINT) AS amount"
    )
    features = spark.range(400).selectExpr(
        "CAST(id % 2 AS STRING) AS key",
        f"{hours} AS at",
        "CAST(IF(id % 2 = 0, nullif(least(id / 2, 2), 0), 99) AS BIGINT) AS total",
    )
    declared = spec(window(length="PT4H", bounds="[)"))
    relation = WindowReplay(declared, TOTAL, ())
    rows = relation.frame(Frames(features=features, events=events), ()).collect()
    right = [row for row in rows if row[RIGHT]]
    wrong = [row for row in rows if not row[RIGHT]]
    assert len(right) <= 110
    assert len(wrong) == 150
    assert {row[HELD] for row in wrong} == {99}
    assert all(row[EVENTS] for row in rows)
