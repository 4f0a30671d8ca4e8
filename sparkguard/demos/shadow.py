"""A feature pipeline is rewritten: the new one is held, its fault named, and mended it may switch.

Version 1 sums the departure delays of the 30 days before each day. Version 2 subtracts running
totals, which is faster and equal up to the order of additions, but its first edition divides by
at most 3,600 flights. In January and February no window holds more; in March some do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard.demos import Show
from sparkguard.demos.landing import land
from sparkguard.results import Store
from sparkguard.shadow import Job, Promotion, ShadowResult, ShadowRun
from sparkguard.shadow_rules.config import ShadowConfig
from sparkguard.shadow_rules.machine import Requirements, State
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.shadow_rules.verdict import PartitionOutcome
from sparkguard.slices import Slice
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from sparkguard.relations.base import Tables

MONTHS = (1, 2, 3)
CAP = 3_600
CAUSE = "flights_30d >= 3,601"


def run(lake: Path, spark: SparkSession, show: Show) -> bool:
    """Runs both editions beside version 1. True when the first is held in March with its cause
    named, and the mended one is promoted after three clean months."""
    land(spark, lake, show)
    flights = {"flights": TableRef(path=str(lake / "flights"))}
    Store(spark, str(lake / "sparkguard")).init()
    first, mended = _config(lake, "2.0"), _config(lake, "2.1")
    life = Promotion(spark, first)
    if life.status().state is None:
        life.register("demo", "rewritten with running totals")
    held = [_month(ShadowRun(spark, first), n, version_2(n, capped=True), flights) for n in MONTHS]
    _show(held, "version 2.0", show)
    clean, dirty = PartitionOutcome.CLEAN, PartitionOutcome.DIRTY
    as_planted = [r.verdict.outcome for r in held] == [clean, clean, dirty]
    found = held[-1].verdict.comparison
    named = found is not None and any(CAUSE in cause for cause in found.causes)

    runs, life = ShadowRun(spark, mended), Promotion(spark, mended)
    again = [_month(runs, n, version_2(n), flights) for n in MONTHS]
    _show(again, "version 2.1", show)
    runs.noise(mended.control)
    faults = runs.sensitivity(_slice(MONTHS[-1]))
    show(f"{sum(faults.values())} of {len(faults)} seeded faults detected")
    life.advance()
    ready = life.advance() is State.ELIGIBLE
    status = life.status()
    show(f"{len(status.progress.streak)} of {status.progress.needed} clean months in a row")
    for obstacle in status.progress.obstacles:
        show(f"missing: {obstacle}")
    if not ready:
        return False
    show(f"promoted: {life.promote('demo', 'three clean months')}")
    show(f"rolled back: {life.rollback('demo', 'so that the demo can be repeated')}")
    return as_planted and named and all(faults.values())


def version_1(month: int) -> Job:
    """Adds the daily totals of the 30 days before each day."""

    def pipeline(tables: Tables) -> DataFrame:
        between = "RANGE BETWEEN 30 PRECEDING AND 1 PRECEDING"
        window = f"OVER (PARTITION BY origin, carrier ORDER BY d {between})"
        days = _days(tables).selectExpr(
            *_KEY,
            f"coalesce(sum(n) {window}, 0L) AS flights_30d",
            f"sum(hours) {window} AS hours",
        )
        return _features(days, month, "hours / flights_30d")

    return pipeline


def version_2(month: int, capped: bool = False) -> Job:
    """Subtracts the running total of 30 days ago from that of today."""

    def pipeline(tables: Tables) -> DataFrame:
        over = "OVER (PARTITION BY origin, carrier ORDER BY d RANGE BETWEEN UNBOUNDED PRECEDING AND"
        days = _days(tables).selectExpr(
            *_KEY,
            f"coalesce(sum(n) {over} 1 PRECEDING), 0L) - coalesce(sum(n) {over} 31 PRECEDING), 0L)"
            " AS flights_30d",
            f"sum(hours) {over} 1 PRECEDING) - coalesce(sum(hours) {over} 31 PRECEDING), 0D)"
            " AS hours",
        )
        count = f"least(flights_30d, {CAP})" if capped else "flights_30d"
        return _features(days, month, f"hours / nullif({count}, 0)")

    return pipeline


_KEY = ("origin", "carrier", "month", "day", "d")


def _days(tables: Tables) -> DataFrame:
    """Flights and hours of delay by origin, carrier and day."""
    departed = tables.frame("flights").where("dep_delay IS NOT NULL").selectExpr(
        "origin", "carrier", "month", "day", "unix_date(make_date(year, month, day)) AS d",
        "dep_delay / 60D AS late",
    )  # fmt: skip
    return departed.groupBy(*_KEY).agg({"late": "sum", "day": "count"}).selectExpr(
        *_KEY, "`sum(late)` AS hours", "`count(day)` AS n"
    )  # fmt: skip


def _features(days: DataFrame, month: int, mean: str) -> DataFrame:
    rows = days.where(f"month = {month}")
    return rows.selectExpr(
        "origin", "carrier", "month", "day", "flights_30d",
        f"if(flights_30d = 0, NULL, {mean}) AS mean_30d",
    )  # fmt: skip


def _config(lake: Path, revision: str) -> ShadowConfig:
    return ShadowConfig(
        name="delays_30d",
        control=TableRef(path=str(lake / "delays_v1")),
        shadow=TableRef(path=str(lake / "delays_v2")),
        results=str(lake / "sparkguard"),
        key=("origin", "carrier", "day"),
        partition=("month",),
        columns={"mean_30d": Tolerance(abs=1e-9, rel=1e-9, bias=None)},
        revision=revision,
        period="2013-{month}",
        zone="America/New_York",
        promotion=Requirements(clean=len(MONTHS), strata=("month_end", "dst_day")),
    )


def _slice(month: int) -> Slice:
    return Slice.of({"month": str(month)})


def _month(
    runs: ShadowRun, month: int, candidate: Job, inputs: dict[str, TableRef]
) -> ShadowResult:
    return runs.run(version_1(month), candidate, inputs, _slice(month))


def _show(results: list[ShadowResult], what: str, show: Show) -> None:
    for month, result in zip(MONTHS, results, strict=True):
        show(f"{what}, month {month}: {result.verdict.outcome.value}, {result.verdict.reason}")
        found = result.verdict.comparison
        for cause in found.causes if found else ():
            show(f"  {cause}")
