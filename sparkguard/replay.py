"""SparkGuard's own false-alarm rate: every partition's halves under the policy of the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sparkguard.checks.base import TableFacts
from sparkguard.checks.drift import FeatureDrift
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.datatypes import Atomic, Decimal
from sparkguard.drift.cells import Counted, Feature, feature_of
from sparkguard.drift.comparison import Limits
from sparkguard.drift.false_alarms import BUDGET, FalseAlarms, halves
from sparkguard.drift.multiplicity import Dependence
from sparkguard.errors import EvaluationError, listed
from sparkguard.layout import lay_out
from sparkguard.pipeline.past import with_baselines
from sparkguard.pipeline.situation import situation
from sparkguard.plan import Plan, make_plan
from sparkguard.ports import Clock, SystemClock
from sparkguard.profile import Need, Profile
from sparkguard.progress import Progress, Step, quiet
from sparkguard.relations.halves import HALF, Halves
from sparkguard.results.baselines import Baselines
from sparkguard.run import bind_all
from sparkguard.scan import run_scan
from sparkguard.session import open_session
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Compared = tuple[Feature, list[Slice], Counted, Counted]


def false_alarms(
    config: AuditConfig | str | Path,
    *,
    spark: SparkSession | None = None,
    variables: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    versions: Mapping[str, int] | None = None,
    budget: float = BUDGET,
    progress: Progress = quiet,
) -> FalseAlarms:
    """Splits each partition of every watched column in two and compares half with half.

    A hash of the row's key decides the half, so the rate is the same in every run over the same
    rows. It shows chance alone; what really changes from day to day shows in a baseline's replay.
    `versions` are the Delta versions to read, by dataset; the latest ones by default.
    Raises EvaluationError where something can't be counted.
    """
    settings = config if isinstance(config, AuditConfig) else load_audit(config, variables)
    clock = clock or SystemClock()
    spark = open_session(existing=spark)
    baselines = Baselines(spark, settings.results, clock=clock)
    baselines.check()
    snapshot = Snapshot.pin(spark, {d.name: d.table for d in settings.datasets}, versions)
    plan = make_plan(bind_all(settings), situation(settings, snapshot), clock.now(), settings.skips)
    plan = with_baselines(plan, baselines)
    wanted = dict(_wanted(plan))
    by = {name: (*columns, HALF) for name, columns in plan.by.items()}
    seen = Profile()
    for scan in lay_out((need for need, _ in wanted.values()), by):
        progress(Step(f"splitting {scan.relation.subject} in halves"))
        scanned = run_scan(scan, snapshot)
        if scanned.failures:
            told = listed(sorted({f.message for f in scanned.failures.values()}))
            raise EvaluationError(f"the halves can't be counted: {told}")
        seen = Profile({**seen.states, **scanned.profile.states})
    compared: dict[str, Compared] = {}
    limits: dict[str, Limits] = {}
    dependence: Dependence = next((c.dependence for _, c in _checks(plan)), "bh")
    for name, (need, check) in wanted.items():
        limits[name] = check.limits
        compared[name] = _compared(_feature(plan, name, need), need, seen)
    return halves(compared, limits, dependence=dependence, budget=budget)


def _checks(plan: Plan) -> Iterator[tuple[str, FeatureDrift]]:
    for entry in plan.entries:
        if isinstance(entry.active, FeatureDrift):
            yield entry.id, entry.active


def _wanted(plan: Plan) -> Iterator[tuple[str, tuple[Need[Any], FeatureDrift]]]:
    datasets = {entry.id: entry.dataset for entry in plan.entries}
    for name, check in _checks(plan):
        context = plan.contexts[datasets[name]]
        for need in check.needs(context):
            relation = Halves(context.table.name, _keys(context.table))
            yield name, (Need(relation, need.measure), check)


def _keys(table: TableFacts) -> tuple[str, ...]:
    """The primary key; without one, every column that can be hashed."""
    hashable = (f.name for f in table.schema if isinstance(f.type, (Atomic, Decimal)))
    return table.primary_key or tuple(hashable)


def _feature(plan: Plan, name: str, need: Need[Any]) -> Feature:
    dataset = next(entry.dataset for entry in plan.entries if entry.id == name)
    baseline = plan.contexts[dataset].baseline
    assert baseline is not None
    held = next(n for n, _ in baseline.states if n.measure == need.measure)
    return feature_of(held.measure, baseline.whole(held))


def _compared(feature: Feature, need: Need[Any], seen: Profile) -> Compared:
    pairs: dict[Slice, dict[str, Any]] = {}
    for (found, where), state in seen.states.items():
        if found == need:
            half = dict(where.values)[HALF] or "0"
            rest = Slice(tuple(pair for pair in where.values if pair[0] != HALF))
            pairs.setdefault(rest, {})[half] = state
    whole = {where: both for where, both in pairs.items() if len(both) == 2}
    first, ok = feature.matrix([both["0"] for both in whole.values()])
    second, fine = feature.matrix([both["1"] for both in whole.values()])
    kept = [where for where, good in zip(whole, ok & fine, strict=True) if good]
    rows = np.flatnonzero(ok & fine)
    return feature, kept, first[rows], second[rows]
