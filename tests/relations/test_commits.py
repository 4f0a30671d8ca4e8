"""Rows arrive with the commit that appends their file; a rewritten file tells no time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sparkguard.relations.commits import FILES, CommittedRows, committed
from sparkguard.relations.recomputed_window import rows_compared
from sparkguard.relations.window_compare import status
from sparkguard.snapshot import Snapshot
from sparkguard.tables import TableRef
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import COMMITTED, Aggregate, Window
from sparkguard.windows.statuses import Status
from tests.relations.window_specs import spec


@dataclass(frozen=True)
class Features:
    """A snapshot's tables and a frame of feature rows."""

    snapshot: Snapshot
    features: Any

    def frame(self, name: str, /) -> Any:
        return self.features if name == "features" else self.snapshot.frame(name)


@pytest.fixture(scope="module")
def path(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Five events, three more, one deleted, and one more."""
    path = str(tmp_path_factory.mktemp("lake") / "events")
    for first, last in ((0, 5), (5, 8), (8, 9)):
        if first == 8:
            spark.sql(f"DELETE FROM delta.`{path}` WHERE id = 6")
        rows = spark.range(first, last, numPartitions=1).selectExpr(
            "id", "'a' AS key", "TIMESTAMP'2024-01-01 00:00:00Z' AS time"
        )
        rows.write.format("delta").mode("append").save(path)
    return path


@pytest.fixture(scope="module")
def at(path: str) -> dict[int, datetime]:
    """When each version was committed, as its entry in the log says."""
    found = {}
    for file in (Path(path) / "_delta_log").glob("*.json"):
        entries = map(json.loads, file.read_text().splitlines())
        (made,) = (entry["commitInfo"]["timestamp"] for entry in entries if "commitInfo" in entry)
        found[int(file.stem)] = datetime.fromtimestamp(made / 1000)
    return found


def test_rows_arrive_with_the_commit_that_appended_them(
    spark: Any, path: str, at: dict[int, datetime]
) -> None:
    snapshot = Snapshot.pin(spark, {"events": TableRef(path=path)}, {"events": 2})
    found = {row["id"]: row[COMMITTED] for row in committed(snapshot, "events").collect()}
    assert {n: found[n] for n in range(5)} == dict.fromkeys(range(5), at[0])
    # The deletion wrote the other rows of its file again: when they arrived is not known.
    assert (found[5], found[7], set(found)) == (None, None, {*range(6), 7})
    assert snapshot.frame("events" + FILES).count() == 3
    assert CommittedRows("events").tables() == {"events"}


def test_a_row_sees_what_was_committed_by_its_time(
    spark: Any, path: str, at: dict[int, datetime]
) -> None:
    snapshot = Snapshot.pin(spark, {"events": TableRef(path=path)}, {"events": 1})
    rows = [("a", at[0], 5), ("a", at[1], 8), ("b", at[1], 0)]
    features = spark.createDataFrame(rows, "key string, at timestamp, n bigint")
    declared = spec(Window(bounds=")", kind="unbounded"), knowledge="as_of")
    assert declared.by_commit
    counts = (Feature(("n",), Aggregate("count", 0)),)
    found = rows_compared(declared, counts, Features(snapshot, features), ()).collect()
    assert [row[status(0)] for row in found] == [Status.MATCHING] * 3
