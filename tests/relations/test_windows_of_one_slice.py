"""The windows of one slice reach back into others, and come out as in a run over all slices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from sparkguard.relations.recomputed_window import COUNT, RecomputedWindow
from sparkguard.slices import Slice
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate, Window, WindowSpec
from tests.relations.window_specs import spec

DAY = Slice.of({"day": "2"})
TOTAL = Feature(("total",), Aggregate("sum", None, "amount"))
RANGE = Window(kind="range", length="PT36H", clock="elapsed", bounds="[)")
ROWS = Window(kind="rows", rows=3, order=("amount",), bounds="]")


@dataclass(frozen=True)
class OfOneDay:
    """As a run that judges one slice sees tables that are sliced alike."""

    everything: Any

    def frame(self, name: str, /) -> Any:
        return self.everything.frame(name).where("day = 2")

    def in_full(self, name: str, /) -> Any:
        return self.everything.frame(name)

    def slice_of(self, name: str, /) -> Slice:
        return DAY


@dataclass(frozen=True)
class Everything:
    features: Any
    events: Any

    def frame(self, name: str, /) -> Any:
        return {"features": self.features, "events": self.events}[name]


@pytest.fixture(scope="module")
def everything(spark: Any) -> Everything:
    """Events every six hours of three days; right sums of 36 hours, but for one."""
    at = "timestamp_seconds(86400 * 19723 + 21600 * (id DIV 2))"
    made = spark.range(24).selectExpr(
        "id % 2 AS key", f"{at} AS at", "id DIV 8 + 1 AS day", "id DIV 2 AS nth"
    )
    events = made.selectExpr("key", "at AS time", "day", "CAST(nth AS INT) AS amount")
    total = "6 * (nth - 1) - 15"
    grown = f"CAST(IF(nth < 6, nth * (nth - 1) / 2, {total}) AS BIGINT)"
    wrong = f"IF(nth = 6 AND key = 0, 0, IF(nth = 0, NULL, {grown}))"
    rows = made.selectExpr("key", "at", f"{wrong} AS total", "day", "nth")
    return Everything(rows, events)


@pytest.mark.parametrize(
    "declared",
    [
        spec(RANGE),
        spec(RANGE, required="events"),
        spec(RANGE, history="retained"),
        spec(ROWS, required="events"),
    ],
    ids=["range", "a row for every event", "retained", "rows"],
)
def test_rows_of_one_slice_have_the_status_they_have_among_all(
    everything: Everything, declared: WindowSpec
) -> None:
    from pyspark.sql.functions import lit

    rows = everything.features
    if declared.window.kind == "range":
        twin = rows.where("key = 1 AND nth = 5").withColumn("day", lit(3))
        everything = replace(everything, features=rows.union(twin))
    relation = RecomputedWindow(declared, (TOTAL,))
    every = relation.frame(everything, ("day",)).where("day = '2'")
    found = relation.frame(OfOneDay(everything), ("day",))
    wanted = sorted(map(tuple, every.collect()))
    assert sum(row[every.columns.index(COUNT)] for row in wanted) == 8
    assert sorted(map(tuple, found.collect())) == wanted
