"""Rows arrive with the commit that appends their file; a rewritten file tells no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkguard.relations.commits import FILES, committed
from sparkguard.snapshot import Snapshot
from sparkguard.tables import TableRef
from sparkguard.windows.spec import COMMITTED


def _write(spark: Any, path: str, first: int, last: int) -> None:
    rows = spark.range(first, last, numPartitions=1)
    rows.write.format("delta").mode("append").save(path)


def test_rows_arrive_with_the_commit_that_appended_them(spark: Any, lake: Path) -> None:
    path = str(lake / "events")
    _write(spark, path, 0, 5)
    _write(spark, path, 5, 8)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id = 6")
    _write(spark, path, 8, 9)
    snapshot = Snapshot.pin(spark, {"events": TableRef(path=path)}, {"events": 2})
    rows = committed(snapshot, "events").collect()
    found = {row["id"]: row[COMMITTED] for row in rows}
    history = spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()
    at = {row["version"]: row["timestamp"] for row in history}
    assert {n: found[n] for n in range(5)} == dict.fromkeys(range(5), at[0])
    # The deletion wrote the other rows of its file again: when they arrived is not known.
    assert (found[5], found[7], set(found)) == (None, None, {*range(6), 7})
    assert snapshot.frame("events" + FILES).count() == 3
