from __future__ import annotations

from typing import Any

from sparkguard.relations.window_events import from_wall, key_hash, micros, to_wall


def test_null_parts_count_in_the_hash_of_a_key(spark: Any) -> None:
    rows = [(1, None), (None, 1), (1, 1), (None, None), (1, None)]
    frame = spark.createDataFrame(rows, "a int, b int").select(key_hash(["a", "b"]).alias("h"))
    hashes = [row["h"] for row in frame.collect()]
    assert len(set(hashes)) == 4
    assert hashes[0] == hashes[4]


def test_local_times_are_read_in_their_zone(spark: Any) -> None:
    frame = spark.range(1).selectExpr(
        "TIMESTAMP_NTZ'2024-07-01 00:00:00.5' AS local", "DATE'2024-01-01' AS day"
    )
    columns = [micros(frame, name, "America/New_York") for name in ("local", "day")]
    assert list(frame.select(*columns).collect()[0]) == [
        1_719_806_400_500_000,
        1_704_085_200_000_000,
    ]


def test_wall_time_and_back(spark: Any) -> None:
    from pyspark.sql.functions import lit

    at = lit(1_719_806_400_500_000)
    local = to_wall(at, "America/New_York")
    row = spark.range(1).select(local, from_wall(local, "America/New_York")).collect()[0]
    assert list(row) == [1_719_792_000_500_000, 1_719_806_400_500_000]
