"""An audit, from configuration to stored results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard.bound_rules import Bound, bind
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.contracts.selection import skip_reason
from sparkguard.contracts.spec import CheckSpec
from sparkguard.errors import ConfigurationError, listed
from sparkguard.pipeline.incremental import Memory
from sparkguard.pipeline.judging import judge
from sparkguard.pipeline.looking_back import look_back
from sparkguard.pipeline.observe import observe
from sparkguard.pipeline.past import with_baselines, with_past
from sparkguard.pipeline.recording import RunFacts, record
from sparkguard.pipeline.situation import Restricted, situation, sliced_by
from sparkguard.plan import Plan, make_plan, new_needs
from sparkguard.ports import Clock, Ids, RandomIds, SystemClock
from sparkguard.profile import Scanned
from sparkguard.progress import Progress, Step, quiet
from sparkguard.results import PinRow, RunRecord, Store
from sparkguard.results.baselines import Baselines
from sparkguard.results.run_result import RunResult
from sparkguard.results.setup import Change
from sparkguard.session import open_session
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.verdicts import LEFT_OUT, Outcome

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Request:
    """What one run is asked for beyond its configuration.

    `only` judges one slice; `as_of` is the moment to look from, in UTC; it and `fail_on_warn` go
    before the configuration's.
    """

    run_id: str | None = None
    only: Slice = WHOLE
    as_of: datetime | None = None
    fail_on_warn: bool | None = None


def audit(
    config: AuditConfig | str | Path,
    request: Request | None = None,
    *,
    spark: SparkSession | None = None,
    variables: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    progress: Progress = quiet,
) -> RunResult:
    """Judges every rule of an audit at full scale and stores the results exactly once.

    A run id that is stored already changes nothing: what is stored is returned. Raises
    ConfigurationError before any table is read, also for the run id of another audit or slice,
    EvaluationError when nothing could be evaluated and StoreError when results could not be
    stored.
    """
    request, clock = request or Request(), clock or SystemClock()
    settings = config if isinstance(config, AuditConfig) else load_audit(config, variables)
    bound = bind_all(settings)
    started, run_id = clock.now(), request.run_id or (ids or RandomIds()).new()
    if spark is None:
        progress(Step("starting Spark"))
    spark = open_session(existing=spark)
    store = Store(spark, settings.results, clock=clock)
    store.check()
    if request.run_id is None:
        store.begin_new(run_id)
    elif (stored := store.committed(run_id)) is not None:
        return _stored(store, stored, settings, request)
    progress(Step("pinning table versions"))
    as_of = request.as_of or settings.as_of or started
    snapshot, plan, memory = _pinned(settings, bound, store, run_id, request.only, as_of)
    plan = with_baselines(plan, Baselines(spark, store.location, clock=clock))
    tables = Restricted(snapshot, plan.by, request.only)
    sight = observe(plan, tables, progress, memory)
    sight = replace(
        sight,
        run_id=run_id,
        secret=settings.samples.key,
        not_evaluable=settings.not_evaluable,
    )
    sight = with_past(plan, sight, store, settings.name, request.only)
    results = judge(plan, look_back(plan, sight, tables, progress))
    progress(Step("storing results"))
    fail_on_warn = settings.fail_on_warn if request.fail_on_warn is None else request.fail_on_warn
    versions = {name: pinned.version for name, pinned in snapshot.pinned.items()}
    facts = RunFacts(run_id, started, versions, fail_on_warn, spark.version)
    restated = memory.restated(plan, sight.asked) if memory is not None else {}
    return record(store, settings, facts, plan, sight, results, tables, clock.now(), restated)


def plan_audit(
    config: AuditConfig | str | Path,
    request: Request | None = None,
    *,
    spark: SparkSession | None = None,
    variables: Mapping[str, str] | None = None,
) -> Plan:
    """What `audit` would judge and scan; reads table metadata and slice columns only."""
    request = request or Request()
    settings = config if isinstance(config, AuditConfig) else load_audit(config, variables)
    bound = bind_all(settings)
    refs = {dataset.name: dataset.table for dataset in settings.datasets}
    snapshot = Snapshot.pin(open_session(existing=spark), refs)
    as_of = request.as_of or settings.as_of or SystemClock().now()
    return make_plan(bound, situation(settings, snapshot, request.only), as_of, settings.skips)


def initialise(
    config: AuditConfig | str | Path,
    *,
    spark: SparkSession | None = None,
    variables: Mapping[str, str] | None = None,
) -> tuple[Change, ...]:
    """Creates or upgrades the result tables of an audit; safe to repeat. Returns what changed."""
    settings = config if isinstance(config, AuditConfig) else load_audit(config, variables)
    store = Store(open_session(existing=spark), settings.results)
    return store.init(dataset.name for dataset in settings.datasets)


def bind_all(settings: AuditConfig) -> tuple[Bound, ...]:
    """Every rule of an audit with its check. Raises ConfigurationError with all problems.

    What a contract lists for no table is a rule of its first dataset.
    """
    specs = [(d.name, rule) for d in settings.datasets for rule in d.rules]
    levels: dict[str, tuple[str, CheckSpec]] = {}
    for dataset in settings.datasets:
        for rule in dataset.contract.listed:
            levels.setdefault(rule.id, (dataset.name, rule))
    specs += levels.values()
    return bind(specs, (dataset.promise for dataset in settings.datasets), settings.skips)


def _stored(store: Store, record: RunRecord, settings: AuditConfig, request: Request) -> RunResult:
    """The run that is stored. Raises ConfigurationError where it judged something else."""
    if record.audit != settings.name:
        raise ConfigurationError(
            f"run id {record.run_id!r} is taken by audit {record.audit!r}; give runs of "
            f"{settings.name!r} ids of their own, such as '{settings.name}-{record.run_id}'"
        )
    found = RunResult.read(store, record)
    judged: dict[str, set[str]] = {}
    for row in found.results:
        judged.setdefault(row.dataset, set()).add(row.slice)
    for dataset, slices in judged.items():
        if WHOLE.key not in slices and request.only.key not in slices:
            raise ConfigurationError(
                f"run id {record.run_id!r} is taken by a run that judged {listed(sorted(slices))} "
                f"of {dataset} alone; give another one"
            )
    now = skip_reason(settings)
    for row in found.results:
        did = ""
        if row.is_left_out and not now(row.check_id):
            did = "left out"
        elif row.outcome != Outcome.SKIPPED.value and now(row.check_id) == LEFT_OUT:
            did = "judged"
        if did:
            raise ConfigurationError(
                f"run id {record.run_id!r} is taken by a run of other checks, which {did} "
                f"{row.check_id}; give another one"
            )
    return found


def _pinned(
    settings: AuditConfig,
    bound: tuple[Bound, ...],
    store: Store,
    run_id: str,
    only: Slice,
    as_of: datetime,
) -> tuple[Snapshot, Plan, Memory | None]:
    """The tables at the versions that this run id reads, and what is planned on them.

    A run that was interrupted goes on with what it pinned, also with its moment. What can't be
    planned at all raises ConfigurationError and pins nothing.
    """
    refs = {dataset.name: dataset.table for dataset in settings.datasets}
    spark = store.access.spark

    def planned(snapshot: Snapshot, as_of: datetime) -> tuple[Snapshot, Plan, Memory | None]:
        memory = None
        if settings.sections.get("incremental") and only.is_whole:
            memory = Memory(settings.name, store, snapshot, sliced_by(settings, snapshot), as_of)
        known = situation(settings, snapshot, only, memory)
        plan = make_plan(bound, known, as_of, settings.skips)
        new_needs(plan, Scanned(), {})  # raises for rules that these tables' types don't allow
        return snapshot, plan, memory

    snapshot = Snapshot.pin(spark, refs, store.stored_versions(run_id))
    found = planned(snapshot, as_of)
    wanted = [
        PinRow(
            dataset=name,
            ref=str(pinned.ref),
            table_version=pinned.version,
            table_id=pinned.table_id,
            rows=pinned.rows,
            rows_proven=pinned.rows_proven,
            as_of=as_of,
        )
        for name, pinned in snapshot.pinned.items()
    ]
    in_force = store.pin(run_id, wanted)
    versions = {name: pin.table_version for name, pin in in_force.items()}
    moments = {pin.as_of for pin in in_force.values() if pin.as_of is not None}
    first = min(moments, default=as_of)
    if first == as_of and versions == {n: p.version for n, p in snapshot.pinned.items()}:
        return found
    return planned(Snapshot.pin(spark, refs, versions), first)
