"""Writes a judged run to the result store: every table exactly once, the `runs` row last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.pipeline.alerting import alert_rows
from sparkguard.pipeline.judging import Result, Sight
from sparkguard.pipeline.samples import sample, shown
from sparkguard.plan import Entry, Plan
from sparkguard.profile import Profile
from sparkguard.relations.base import Tables, slice_of
from sparkguard.results import (
    Origin,
    ResultRow,
    RunRecord,
    Store,
    checked_rows,
    evidence_rows,
    outcome_counts,
    profile_rows,
    violation_rows,
)
from sparkguard.results.run_result import RunResult
from sparkguard.results.verdict_rows import checked
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome, exit_code

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_BROKEN = (Outcome.FAIL, Outcome.WARN)


@dataclass(frozen=True)
class RunFacts:
    """What identifies a run and how its verdicts weigh."""

    run_id: str
    started_at: datetime
    versions: Mapping[str, int]
    fail_on_warn: bool
    spark_version: str


def record(
    store: Store,
    settings: AuditConfig,
    run: RunFacts,
    plan: Plan,
    sight: Sight,
    results: tuple[Result, ...],
    tables: Tables,
    now: datetime,
    restated: Mapping[str, DataFrame] = MappingProxyType({}),
) -> RunResult:
    """Stores a run and returns it as stored.

    `restated` are rows of `evaluation_pairs` by entry, as Spark finds them. Raises StoreError when
    the tables end up holding anything but this run.
    """
    origins = {entry.id: _origin(entry, settings, run, plan) for entry in plan.entries}
    rows = tuple(
        ResultRow.of(
            result.finding.verdict,
            origins[result.entry.id],
            snapshot_rows=plan.rows.get((result.entry.dataset, WHOLE)),
        )
        for result in results
    )
    violations = list(_violations(settings, plan, results, origins, tables))
    evidence = [
        row
        for result in results
        for row in evidence_rows(
            result.finding.verdict, result.finding.evidence, origins[result.entry.id]
        )
    ]
    profiles = profile_rows(_true_of_tables(sight, tables), run.versions, plan.as_of)
    contents: dict[str, Iterable[Any]] = {
        "violations": violations,
        "evidence": evidence,
        "profiles": profiles,
        "alerts": alert_rows(store, settings, run.run_id, plan, results),
        **_kept(results, origins),
        "results": rows,
    }
    store.append_all(contents, run.run_id)
    for entry_id, frame in restated.items():
        stamps = checked(entry_id, WHOLE, origins[entry_id])
        own = (
            sql.alias(sql.literal(v), name).text for name, v in stamps.items() if name != "slice"
        )
        store.append("evaluation_pairs", frame.selectExpr("*", *own), run.run_id, entry_id)
    committed = store.commit(_run_record(settings, run, plan, results, now))
    return RunResult(committed, rows, str(store.location))


def _true_of_tables(sight: Sight, tables: Tables) -> Profile:
    """What was seen, less what a run over one slice saw of that slice under the whole's name."""
    states = sight.scanned.profile.states
    return Profile(
        {
            (need, where): state
            for (need, where), state in states.items()
            if not where.is_whole or slice_of(tables, need.relation.subject).is_whole
        }
    )


def _origin(entry: Entry, settings: AuditConfig, run: RunFacts, plan: Plan) -> Origin:
    dataset = settings.dataset(entry.dataset)
    contract = dataset.contract if dataset is not None else None
    return Origin(
        dataset=entry.dataset,
        table_version=run.versions.get(entry.dataset),
        as_of=plan.as_of,
        check_kind=entry.kind,
        check_fingerprint=entry.fingerprint,
        contract_id=contract.id if contract else None,
        contract_version=contract.version if contract else None,
        contract_fingerprint=contract.source_hash if contract else None,
        spark_version=run.spark_version,
    )


def _violations(
    settings: AuditConfig,
    plan: Plan,
    results: tuple[Result, ...],
    origins: Mapping[str, Origin],
    tables: Tables,
) -> Iterator[dict[str, Any]]:
    for result in results:
        verdict, entry = result.finding.verdict, result.entry
        if verdict.outcome not in _BROKEN or not verdict.violations:
            continue
        try:
            kept = list(_sample(settings, plan, result, tables)) if entry.check else []
        except Exception:
            kept = []  # a sample is a help; the verdicts are stored without it
        yield from violation_rows(verdict, origins[entry.id], settings.samples.mode, kept)


def _kept(
    results: tuple[Result, ...], origins: Mapping[str, Origin]
) -> dict[str, list[dict[str, Any]]]:
    """Rows by table of what checks leave for themselves."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        finding, check = result.finding, result.entry.check
        if finding.kept and check is not None:
            rows = checked_rows(finding.verdict, origins[result.entry.id], finding.kept)
            tables.setdefault(check.keeps, []).extend(rows)
    return tables


def _sample(
    settings: AuditConfig, plan: Plan, result: Result, tables: Tables
) -> Iterator[Mapping[str, str | None]]:
    entry, facts = result.entry, plan.facts[result.entry.dataset]
    columns = shown(settings.samples, facts.schema, facts.primary_key)
    breaks = entry.check.violates(plan.context(entry)) if entry.check and columns else None
    if breaks is not None:
        where = result.finding.verdict.slice
        yield from sample(tables.frame(entry.dataset), breaks, where, columns, settings.samples)


def _run_record(
    settings: AuditConfig,
    run: RunFacts,
    plan: Plan,
    results: tuple[Result, ...],
    now: datetime,
) -> RunRecord:
    verdicts = [result.finding.verdict for result in results]
    contracts = [dataset.contract for dataset in settings.datasets]
    complete = len(verdicts) == plan.planned
    code = exit_code(verdicts, fail_on_warn=run.fail_on_warn, not_evaluable=settings.not_evaluable)
    return RunRecord(
        run_id=run.run_id,
        audit=settings.name,
        status="complete" if complete else "error",
        exit_code=code if complete else 3,
        as_of=plan.as_of,
        started_at=run.started_at,
        finished_at=now,
        planned=plan.planned,
        reported=len(verdicts),
        **outcome_counts(verdicts),  # type: ignore[arg-type]
        table_versions=run.versions,
        contract_versions={c.id: c.version for c in contracts},
        contract_fingerprints={c.id: c.source_hash for c in contracts},
        audit_fingerprint=settings.source_hash,
        fail_on="warn" if run.fail_on_warn else "fail",
        not_evaluable_as=settings.not_evaluable.value,
        reason="" if complete else "planned and reported verdicts differ",
        spark_version=run.spark_version,
    )
