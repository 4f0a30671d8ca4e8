from __future__ import annotations

from collections import Counter
from typing import Any

from pyspark.sql import functions as F  # noqa: N812

from sparkguard.measures.window_replay import BugScores
from sparkguard.relations.window_events import BUCKETS, key_hash
from sparkguard.relations.window_replay import (
    AT,
    COMPLETE,
    EVENTS,
    HELD,
    KEY,
    RIGHT,
    WindowReplay,
)
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate
from sparkguard.windows.values import Output
from tests.frames import Frames
from tests.relations.window_specs import AS_OF, spec, window

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


def test_the_rows_of_the_step_before_come_along(spark: Any) -> None:
    hours = "timestamp_seconds(1700006400 - 3600 * id)"
    events = spark.range(6_000).selectExpr("'a' AS key", f"{hours} AS time", "1L AS amount")
    features = spark.sql("SELECT 'a' AS key, timestamp_seconds(1700006400) AS at, 168L AS total")
    declared = spec(window("tumbling", length="P7D", bounds="[)", label="end"))
    (row,) = WindowReplay(declared, TOTAL, ()).frame(
        Frames(features=features, events=events), ()
    ).collect()  # fmt: skip
    weeks = Counter((row[AT] - event.t) // (7 * 86_400_000_000) for event in row[EVENTS])
    assert not row[COMPLETE]
    assert max(weeks) == 3


def test_all_versions_of_an_event_come_along_wherever_a_later_one_has_moved_it(spark: Any) -> None:
    hour, day = 3_600, 86_400
    now = 1_700_000_000
    rows = [
        ("a", now - hour, now - hour, "moved away", 1),
        ("b", now - hour, now - hour // 2, "moved away", 1),
        ("a", now - hour, now - hour, "moved back", 2),
        ("a", now - 9 * day, now - hour // 2, "moved back", 2),
        ("a", now - hour, now - hour, "stays", 4),
        ("a", now - hour, now - hour, None, 8),
        ("b", now - hour, now - hour, "of another", 16),
        # Rows enough that only those around a window come along.
        *(("a", now - 30 * day + n, now - 30 * day + n, f"old {n}", 32) for n in range(5_001)),
    ]
    events = spark.createDataFrame(rows, "key string, t long, a long, id string, v long")
    events = events.selectExpr(
        "key", "timestamp_seconds(t) AS time", "timestamp_seconds(a) AS arrival", "id", "v"
    )
    features = spark.sql(f"SELECT 'a' AS key, timestamp_seconds({now}) AS at, 12L AS total")
    declared = spec(window(length="P1D", bounds="[)"), distinct_id="id", **AS_OF)
    feature = Feature(("total",), Aggregate("sum", None, "v"))
    bucket = F.pmod(key_hash(["key"]), F.lit(BUCKETS))
    ((found,),) = features.select(bucket).collect()
    relation = WindowReplay(declared, feature, (found,))
    replayed = relation.frame(Frames(features=features, events=events), ())
    (row,) = replayed.collect()
    assert (len(row[EVENTS]), row[COMPLETE]) == (6, False)
    columns = [row[c] for c in (KEY, AT, HELD, RIGHT, EVENTS, COMPLETE)]
    state = BugScores(declared, feature, Output()).state([[columns]])
    assert (state.right, state.wrong, state.disputed) == (1, 0, 0)
