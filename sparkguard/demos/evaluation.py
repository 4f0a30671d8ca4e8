"""Delayed truth on real data: a model of January meets the summer, and its label feed dies once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.alert_states import AlertRow, Subject, changes
from sparkguard.baselining import create_baseline
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.demos import Show
from sparkguard.demos.landing import configuration, land
from sparkguard.demos.late_flights import land_predictions
from sparkguard.judging import judge
from sparkguard.observe import observe
from sparkguard.plan import make_plan
from sparkguard.results import Store
from sparkguard.results.alerts import last_rows
from sparkguard.results.baselines import Baselines
from sparkguard.results.run_result import RunResult
from sparkguard.run import Request, audit, bind_all, initialise
from sparkguard.situation import situation
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


def run(lake: Path, spark: SparkSession, show: Show) -> bool:
    """Approves spring as baseline, replays the year week by week, and audits three moments.

    True when the dead feed is told in the week of the outage and in no other, and when the model
    decays in summer.
    """
    land(spark, lake, show)
    own = lake / "late_flights"
    own.mkdir(exist_ok=True)
    land_predictions(spark, lake, own, OUTAGE, show)
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
    show(f"the label feed was dead in the week before {dead}; log-loss decayed in {decayed}")
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
    alerts: dict[Subject, AlertRow] = {}
    opened: list[tuple[datetime, str]] = []
    moment, last = FIRST_MONDAY, None
    while moment < END:
        plan = make_plan(bound, found, moment)
        watched = tuple(e for e in plan.entries if e.check is not None and e.check.whole_only)
        plan = replace(plan, entries=watched)
        sight = replace(observe(plan, snapshot), last_run=last)
        verdicts = [(r.entry.dataset, r.entry.kind, r.finding.verdict) for r in judge(plan, sight)]
        for row in changes(alerts, verdicts, moment):
            alerts[row.dataset, row.check_id] = row
            if row.state == "open":
                opened.append((moment, row.check_id))
            show(f"{moment:%Y-%m-%d}  {row.state:8}  {row.check_id}  {row.reason}")
        last, moment = moment, moment + WEEK
    return opened


def _alerts(store: Store) -> dict[datetime, str]:
    """What the stored audits told of the dead feed, by the moment they looked from."""
    same = sql.template("check_id = {}", sql.literal(f"{RULE}.feed_dead"))
    rows = store.collect(store.read("alerts").where(same.text), "alerts", 1_000)
    return {row["as_of"]: row["state"] for row in rows if row["state"] == "open"}


def _tell(result: RunResult, store: Store, show: Show) -> None:
    for row in result.where(f"{RULE}.log_loss", outcome="fail"):
        show(f"{row.slice}: {row.reason}")
    same = sql.template(
        "run_id = {} AND metric = 'auc' AND segment = '' AND slice <> ''",
        sql.literal(result.run_id),
    )
    for one in sorted(_rows(store, same), key=lambda one: int(one["slice"].partition("=")[2])):
        show(
            f"{one['slice']:9} AUC {one['value']:.4f} ({one['low']:.4f} to {one['high']:.4f}),"
            f" {one['coverage']:.1%} of {one['n_predictions']:,} labelled, {one['maturity']}"
        )


def _rows(store: Store, condition: sql.Sql) -> list[dict[str, Any]]:
    return store.collect(store.read("evaluations").where(condition.text), "evaluations", 1_000)
