"""Delayed truth on real data: a model of January meets the summer, and its label feed dies once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.baselining import create_baseline
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.demos import Show
from sparkguard.demos.landing import configuration, land
from sparkguard.demos.late_flights import land_predictions
from sparkguard.lifecycles.alerts import AlertRow, Subject, changes
from sparkguard.pipeline.judging import Sight, judge
from sparkguard.pipeline.observe import observe
from sparkguard.pipeline.situation import situation
from sparkguard.plan import Plan, make_plan
from sparkguard.results import Store
from sparkguard.results.alerts import last_rows
from sparkguard.results.baselines import Baselines
from sparkguard.results.run_result import RunResult
from sparkguard.run import Request, audit, bind_all, initialise
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RULE = "predictions.lateness"
SPRING = tuple(Slice.of({"month": str(month)}) for month in (2, 3))
SUMMER = {"month=6", "month=7"}
FIRST_MONDAY = datetime(2013, 1, 7, tzinfo=timezone.utc)
OUTAGE = datetime(2013, 8, 12, tzinfo=timezone.utc)
END = datetime(2014, 1, 1, tzinfo=timezone.utc)
WEEK = timedelta(days=7)
WEEKS_AT_ONCE = 4
"""The weeks are small and know nothing of each other: one waits while Spark plans another."""


def run(lake: Path, spark: SparkSession, show: Show) -> bool:
    """Approves spring as baseline, replays the year week by week, and audits three moments.

    True when the dead feed is told in the week of the outage and in no other, and when the model
    decays in summer.
    """
    land(spark, lake, show)
    own = lake / "late_flights"
    own.mkdir(exist_ok=True)
    land_predictions(spark, own, OUTAGE, show)
    config, variables = configuration() / "audits" / "late_flights.yaml", {"lake": str(own)}
    settings = load_audit(config, variables)
    initialise(settings, spark=spark)
    store = Store(spark, str(own / "sparkguard"))
    _approve(settings, spark, show)
    told = _replayed(settings, spark, show)
    dead = [week for week, check in told if check == f"{RULE}.feed_dead"]
    results = {
        moment: audit(settings, Request(as_of=moment), spark=spark, progress=show)
        for moment in (OUTAGE, OUTAGE + WEEK, END)
    }
    show(results[END])
    decayed = {row.slice for row in results[END].where(f"{RULE}.log_loss", outcome="fail")}
    _tell(results[END], store, show)
    raised = _alerts(store)
    agreed = dead == [OUTAGE + WEEK] and decayed >= SUMMER and raised == {OUTAGE + WEEK: "open"}
    found = ", ".join(f"{monday:%Y-%m-%d}" for monday in dead)
    show(f"the outage began on {OUTAGE:%Y-%m-%d}; Mondays that found the feed dead: {found}")
    show(f"log-loss is worse than in spring in {', '.join(sorted(decayed, key=_month))}")
    return agreed and last_rows(store)["predictions", f"{RULE}.feed_dead"].state == "resolved"


def _approve(settings: AuditConfig, spark: SparkSession, show: Show) -> None:
    baselines = Baselines(spark, settings.results.path or "")
    name = f"spring-{len(baselines.changes('predictions'))}"
    create_baseline(settings, "predictions", name, SPRING, by="demo", spark=spark, progress=show)
    baselines.approve("predictions", name, "demo", "the months after those it was fitted on")


def _replayed(settings: AuditConfig, spark: SparkSession, show: Show) -> list[tuple[datetime, str]]:
    """Conditions that opened, by the Monday that found them; each Monday knows its past alone."""
    snapshot = Snapshot.pin(spark, {d.name: d.table for d in settings.datasets})
    bound, found = bind_all(settings), situation(settings, snapshot)
    mondays = [FIRST_MONDAY + i * WEEK for i in range((END - FIRST_MONDAY) // WEEK + 1)]

    def looked(monday: datetime) -> tuple[Plan, Sight]:
        plan = make_plan(bound, found, monday)
        watched = tuple(e for e in plan.entries if e.check is not None and e.check.whole_only)
        plan = replace(plan, entries=watched)
        return plan, replace(observe(plan, snapshot), last_run=monday - WEEK)

    alerts: dict[Subject, AlertRow] = {}
    opened: list[tuple[datetime, str]] = []
    with ThreadPoolExecutor(WEEKS_AT_ONCE) as pool:
        for monday, (plan, sight) in zip(mondays, pool.map(looked, mondays), strict=True):
            judged = judge(plan, sight)
            verdicts = [(r.entry.dataset, r.entry.kind, r.finding.verdict) for r in judged]
            for row in changes(alerts, verdicts, monday):
                alerts[row.dataset, row.check_id] = row
                if row.state == "open":
                    opened.append((monday, row.check_id))
                said = row.reason or "as it should be again"
                show(f"{monday:%Y-%m-%d}  {row.state:8}  {row.check_id}  {said}")
    return opened


def _alerts(store: Store) -> dict[datetime, str]:
    """What the stored audits told of the dead feed, by the moment they looked from."""
    same = sql.template("check_id = {}", sql.literal(f"{RULE}.feed_dead"))
    rows = store.collect(store.read("alerts").where(same.text), "alerts", 1_000)
    return {row["as_of"]: row["state"] for row in rows if row["state"] == "open"}


def _tell(result: RunResult, store: Store, show: Show) -> None:
    for row in result.where(f"{RULE}.log_loss", outcome="fail"):
        show(f"{row.slice}: {row.reason}")
    last = store.last_rows("evaluations", "predictions", END + WEEK)
    of_months = [r for r in last if r["metric"] == "auc" and not r["segment"] and r["slice"]]
    for one in sorted(of_months, key=lambda row: _month(row["slice"])):
        show(
            f"{one['slice']:9} AUC {one['value']:.4f} ({one['low']:.4f} to {one['high']:.4f}),"
            f" {one['coverage']:.1%} of {one['n_predictions']:,} labelled, {one['maturity']}"
        )


def _month(key: str) -> int:
    return int(key.partition("=")[2])
