"""Makes a baseline: looks at the chosen partitions, freezes the edges, counts, replays, stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkguard.checks.base import Check, Context, Judgement
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.drift.cells import is_distribution
from sparkguard.drift.decision import Trial, levels
from sparkguard.drift.partitions import Partitions, by_segment, segment_of
from sparkguard.errors import ConfigurationError, EvaluationError, did_you_mean, listed
from sparkguard.lifecycles import baselines as rules
from sparkguard.options import ColumnPath
from sparkguard.pipeline.observe import observe
from sparkguard.pipeline.situation import situation
from sparkguard.plan import Entry, Plan, make_plan
from sparkguard.ports import Clock, Ids, SystemClock
from sparkguard.profile import Need, Profile
from sparkguard.progress import Progress, Step, quiet
from sparkguard.results import Store
from sparkguard.results.alerts import accepted
from sparkguard.results.baselines import Baselines, Stored
from sparkguard.run import bind_all
from sparkguard.session import open_session
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.sql.slices import is_in_any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MOST_REPLAYED = 60
"""Partitions of the baseline that are compared with it before anybody approves it."""


def create_baseline(
    config: AuditConfig | str | Path,
    dataset: str,
    baseline_id: str,
    partitions: Iterable[Slice] = (),
    *,
    by: str,
    reason: str = "",
    spark: SparkSession | None = None,
    variables: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    progress: Progress = quiet,
) -> Stored:
    """Counts `partitions` of a dataset, the whole table by default, as a candidate.

    It holds what every check of the dataset that wants a baseline needs. Raises
    ConfigurationError where there are no rows, and where partitions are unknown or have broken
    checks that nobody acknowledged, EvaluationError where something can't be counted.
    """
    settings = config if isinstance(config, AuditConfig) else load_audit(config, variables)
    clock, chosen = clock or SystemClock(), tuple(dict.fromkeys(partitions))
    spark = open_session(existing=spark)
    store = Store(spark, settings.results, clock=clock)
    stored = Baselines(spark, store.location, clock=clock, ids=ids)
    stored.check()
    progress(Step("pinning table versions"))
    snapshot = Snapshot.pin(spark, {d.name: d.table for d in settings.datasets})
    if settings.dataset(dataset) is None:
        names = [d.name for d in settings.datasets]
        raise ConfigurationError(
            f"the audit has no dataset {dataset!r}; it has {listed(names)}."
            f"{did_you_mean(dataset, names)}"
        )
    pinned = snapshot[dataset]
    plan = make_plan(bind_all(settings), situation(settings, snapshot), clock.now(), settings.skips)
    entries = _proposing(plan, dataset)
    _refuse_unknown(plan, dataset, chosen)
    _refuse_unfit(store, settings, plan, dataset, chosen, clock)
    tables = _Chosen(snapshot, dataset, chosen)
    sight = observe(replace(plan, entries=entries), tables, progress)
    if failed := {f.message for f in sight.scanned.failures.values()} | set(sight.crashed.values()):
        raise EvaluationError(f"the baseline can't be counted: {listed(sorted(failed))}")
    profile, replayed, alarms = _counted(plan, entries, sight.scanned.profile)
    if not profile.states or plan.rows.get((dataset, WHOLE)) == 0:
        raise ConfigurationError(f"dataset {dataset!r} has no rows to make a baseline of")
    candidate = Stored(
        id=baseline_id,
        dataset=dataset,
        version=pinned.version,
        partitions=chosen,
        profile=profile,
        table_id=pinned.table_id,
        replayed=replayed,
        replay_alarms=alarms,
        created_by=by,
    )
    progress(Step("storing the candidate"))
    stored.propose(candidate, reason)
    return candidate


@dataclass(frozen=True)
class Proposing(Check):
    """Stands for a check while its baseline is made: needs what the baseline has to hold."""

    check: Check

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return self.check.requires(context)

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return self.check.baseline_needs(context)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        raise TypeError("nothing is judged while a baseline is made")


@dataclass(frozen=True)
class _Chosen:
    """The snapshot's tables, one of them restricted to some slices."""

    snapshot: Snapshot
    dataset: str
    partitions: tuple[Slice, ...]

    def frame(self, name: str, /) -> DataFrame:
        frame = self.snapshot.frame(name)
        if name != self.dataset or not self.partitions:
            return frame
        return frame.where(is_in_any(self.partitions).text)


def _proposing(plan: Plan, dataset: str) -> tuple[Entry, ...]:
    found = tuple(
        replace(entry, check=Proposing(entry.active))
        for entry in plan.entries
        if entry.dataset == dataset and entry.active is not None and entry.wants_baseline
    )
    if not found:
        raise ConfigurationError(f"no rule of dataset {dataset!r} compares with a baseline")
    return found


def _refuse_unknown(plan: Plan, dataset: str, chosen: Iterable[Slice]) -> None:
    by = plan.by.get(dataset, ())
    for where in chosen:
        if unknown := [name for name, _ in where.values if name not in by]:
            raise ConfigurationError(
                f"{listed(unknown)} is no slice column of {dataset!r}; "
                f"it is sliced by {listed(by) or 'nothing'}"
            )
        if not any(where.contains(s) and n for (d, s), n in plan.rows.items() if d == dataset):
            raise ConfigurationError(f"dataset {dataset!r} has no rows in {where}")


def _refuse_unfit(
    store: Store,
    settings: AuditConfig,
    plan: Plan,
    dataset: str,
    chosen: tuple[Slice, ...],
    clock: Clock,
) -> None:
    mine = {entry.id for entry in plan.entries if entry.dataset == dataset and not entry.skip}
    # The last word on each slice, since a run may have judged one slice, or some checks, only.
    last = store.last_verdicts(dataset, clock.now())
    verdicts = {key: verdict for key, verdict in last.items() if key[0] in mine}
    bad = rules.unfit(
        verdicts, chosen or (WHOLE,), accepted(store, dataset), settings.not_evaluable
    )
    if bad:
        told = "; ".join(f"{where}: {listed(checks)}" for where, checks in bad.items())
        raise ConfigurationError(
            f"these partitions broke checks that nobody acknowledged: {told}. "
            "Choose others, or acknowledge their alerts."
        )


def _counted(plan: Plan, entries: Iterable[Entry], seen: Profile) -> tuple[Profile, int, int]:
    """The baseline's states, and (feature-partitions replayed, alarms among them)."""
    states: dict[tuple[Need[Any], Slice], Any] = {}
    trials: dict[tuple[str, Slice], Trial] = {}
    for entry in entries:
        context = replace(plan.context(entry), seen=seen)
        check = entry.check
        assert check is not None
        time = getattr(getattr(check, "check", None), "time", "") or next(iter(context.by), "")
        for need in check.needs(context):
            by_slice = {where: s for (n, where), s in seen.states.items() if n == need}
            if need.relation.whole_apart:
                states.update({(need, where): s for where, s in by_slice.items()})
                continue
            # Rules over one column ask for the same counts: each sums them up anew.
            merged: dict[tuple[Need[Any], Slice], Any] = {}
            for where, state in by_slice.items():
                key = (need, segment_of(where, time))
                merged[key] = merged[key].merge(state) if key in merged else state
            states |= merged
            if is_distribution(need.measure):
                trials.update(_replayed(entry.id, need, states, by_slice, time))
    compared = [key for key, trial in trials.items() if trial.evaluable]
    found = levels(trials)
    return Profile(states), len(compared), sum(bool(found[key]) for key in compared)


def _replayed(
    name: str,
    need: Need[Any],
    states: Mapping[tuple[Need[Any], Slice], Any],
    by_slice: Mapping[Slice, Any],
    time: str,
) -> dict[tuple[str, Slice], Trial]:
    found: dict[tuple[str, Slice], Trial] = {}
    for segment, group in by_segment(by_slice, time).items():
        partitions = Partitions(need.measure, states[need, segment], group, time)
        first = max(0, len(group) - MOST_REPLAYED)
        for at, where in enumerate(partitions.slices[first:], start=first):
            found[name, where] = partitions.trials(at)[0]
    return found
