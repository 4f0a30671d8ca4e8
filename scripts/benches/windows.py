"""The window check on TPC-H's lineitem against Spark's own window over the same rows.

Feature rows are the totals of lineitem over 30 days per supplier: one row for each supplier and
day with a shipment. The bare computation writes the same values to noop.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import common

from sparkguard.checks.base import Check, Context, TableFacts
from sparkguard.checks.window import WindowCheck
from sparkguard.datatypes import from_json
from sparkguard.layout import lay_out
from sparkguard.profile import Profile
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE
from sparkguard.windows.spec import Aggregate, Window

HOT = "if(pmod(l_orderkey, 10) = 0, 1L, l_suppkey)"
"""Puts a tenth of all rows on one supplier."""
CHECK = WindowCheck(
    events="lineitem",
    entity=("supplier",),
    query_time="day",
    event_time="day",
    knowledge="final",
    window=Window(bounds="(]", length="P30D", clock="elapsed"),
    nulls="ignore",
    timezone="UTC",
    history="complete",
    outputs={
        "total": Aggregate("sum", None, "price"),
        "lines": Aggregate("count", 0),
    },
)


class Windows:
    """Source rows and their features, with the supplier's key as it is or skewed."""

    def __init__(self, spark: Any, scale: float, key: str, name: str) -> None:
        self._spark = spark
        self._lineitem = common.tpch("lineitem", scale)
        self._features = self._lineitem.with_name(f"windows-{name}.parquet")
        self._key = key
        if not self._features.exists():
            self.bare().write.parquet(str(self._features))
        self._rows = {name: self.frame(name).count() for name in ("lineitem", "features")}

    def frame(self, name: str, /) -> Any:
        if name == "lineitem":
            return self._spark.read.parquet(str(self._lineitem)).selectExpr(
                f"{self._key} AS supplier", "l_shipdate AS day", "l_extendedprice AS price"
            )
        return self._spark.read.parquet(str(self._features))

    def row_count(self, name: str, /) -> int:
        return self._rows[name]

    def bare(self) -> Any:
        """Total and count over 30 days for each supplier and day, by Spark's own window."""
        from pyspark.sql import Window as Over
        from pyspark.sql import functions as fn

        over = Over.partitionBy("supplier").orderBy("number").rangeBetween(-29, 0)
        rows = self.frame("lineitem").withColumn("number", fn.unix_date("day"))
        days = rows.groupBy("supplier", "day", "number").agg(
            fn.sum("price").alias("price"), fn.count("price").alias("n")
        )
        return days.select(
            "supplier",
            "day",
            fn.sum("price").over(over).alias("total"),
            fn.sum("n").over(over).alias("lines"),
        )

    def each_row(self) -> Any:
        """The same for each source row, as a pipeline without a table of days would do it."""
        from pyspark.sql import Window as Over
        from pyspark.sql import functions as fn

        over = Over.partitionBy("supplier").orderBy("number").rangeBetween(-29, 0)
        rows = self.frame("lineitem").withColumn("number", fn.unix_date("day"))
        return rows.select(
            "supplier",
            "day",
            fn.sum("price").over(over).alias("total"),
            fn.count("price").over(over).alias("lines"),
        )

    def checked(self) -> None:
        """The full check of both features. Raises AssertionError unless all rows match."""
        facts = {
            name: TableFacts(name, from_json(self.frame(name).schema.jsonValue()))
            for name in ("features", "lineitem")
        }
        context = Context(facts["features"], datetime.now(timezone.utc), tables=facts)
        checks: list[Check] = list(CHECK.expand(context).values())
        needs = [need for check in checks for need in check.needs(context)]
        found = Profile.merged(run_scan(scan, self).profile for scan in lay_out(needs, {}))
        for check in checks:
            state = found.at(WHOLE, check.needs(context)[0])
            assert state is not None
            assert state.mismatches == 0
            assert state.windows > 0


CHECKED, BARE = "SparkGuard, sum and count over 30 days", "bare: Spark's window over each row"
TENTH, HOTTEST = (
    "SparkGuard, a tenth of the rows",
    "SparkGuard, a tenth of all rows on one supplier",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sf", type=float, default=1.0, help="TPC-H scale factor (default 1)")
    parser.add_argument("--rounds", type=int, default=2, help="measured rounds (default 2)")
    parser.add_argument("--memory", default="2g", help="heap of the driver (default 2g)")
    parser.add_argument("--days", action="store_true", help="also Spark's window over days")
    options = parser.parse_args()
    spark = common.session(options.memory)
    plain = Windows(spark, options.sf, "l_suppkey", "plain")
    tenth = Windows(spark, options.sf / 10, "l_suppkey", "plain")
    hot = Windows(spark, options.sf, HOT, "hot")
    measured: dict[str, Callable[[], object]] = {
        TENTH: tenth.checked,
        CHECKED: plain.checked,
        HOTTEST: hot.checked,
        BARE: lambda: _noop(plain.each_row()),
        "bare scan of the columns": lambda: _noop(plain.frame("lineitem")),
    }
    if options.days:
        measured["bare: Spark's window over days"] = lambda: _noop(plain.bare())
    times = common.in_turns(measured, options.rounds)
    best = {name: min(taken) for name, taken in times.items()}
    common.table(
        ("", "best s", "median s"),
        [
            (name, f"{best[name]:.2f}", f"{statistics.median(taken):.2f}")
            for name, taken in times.items()
        ],
    )
    print(f"check / bare recomputation: {best[CHECKED] / best[BARE]:.2f} (at most 1.5)")
    print(f"skewed / plain: {best[HOTTEST] / best[CHECKED]:.2f} (at most 3)")
    print(f"ten times the rows: {best[CHECKED] / best[TENTH]:.2f} times the time (at most 11)")
    print(f"peak memory of Spark: {common.peak_memory():,.0f} MiB")
    spark.stop()


def _noop(frame: Any) -> None:
    frame.write.format("noop").mode("overwrite").save()


if __name__ == "__main__":
    main()
