from __future__ import annotations

from typing import Any

from sparkguard.relations.utc import in_utc
from tests.plans import configured


def test_only_timestamps_become_local_times(spark: Any) -> None:
    frame = spark.sql(
        "SELECT timestamp_micros(-1) AS `a b`, timestamp_micros(-1) AS kept, DATE'1970-01-01' AS d"
    )
    with configured(spark, {"spark.sql.session.timeZone": "Asia/Kolkata"}):
        found = in_utc(frame, ("a b", "d", "gone"))
        assert dict(found.dtypes) == {"a b": "timestamp_ntz", "kept": "timestamp", "d": "date"}
        (row,) = found.selectExpr("CAST(`a b` AS STRING)").collect()
    assert row[0] == "1969-12-31 23:59:59.999999"
