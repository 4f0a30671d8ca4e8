"""The alerts that a run opens, changes or resolves: one per cause, not one per verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.lifecycles.alerts import AlertRow, Subject, changes, withdrawn
from sparkguard.pipeline.judging import Result
from sparkguard.plan import Plan
from sparkguard.results import Store
from sparkguard.results.alerts import last_rows_by_audit
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome, Severity, Verdict

TABLE = "table"
"""Kind of the alert that stands for all checks of a table that can't be read."""


def alert_rows(
    store: Store, settings: AuditConfig, run_id: str, plan: Plan, results: Sequence[Result]
) -> tuple[AlertRow, ...]:
    """The rows of `alerts` of a run, given those that other complete runs left before it."""
    by_audit = last_rows_by_audit(store, plan.as_of, run_id)
    before = {subject: row for rows in by_audit.values() for subject, row in rows.items()}
    told = changes(
        before,
        _causes(plan, results),
        plan.as_of,
        not_evaluable=settings.not_evaluable,
        owners=settings.alerts.owners,
    )
    ours = by_audit.get(settings.name, {}).values()
    return told + withdrawn(ours, lambda subject: _is_planned(plan, subject), plan.as_of)


def _causes(plan: Plan, results: Sequence[Result]) -> Iterator[tuple[str, str, Verdict]]:
    """Verdicts as alerts see them: dataset, kind of check and verdict.

    A table that can't be read is one cause, whatever number of checks looks at it; so is a column
    that its dataset's schema rule says is not as promised.
    """
    wanted = {result.entry.failed for result in results}
    for name in (*plan.facts, *plan.unreadable):
        reason = plan.unreadable.get(name, "")
        if not reason or reason in wanted:
            outcome = Outcome.ERROR if reason else Outcome.PASS
            verdict = Verdict(f"{name}.{TABLE}", WHOLE, outcome, Severity.ERROR, reason=reason)
            yield name, TABLE, verdict
    told = {
        result.entry.dataset
        for result in results
        if result.entry.kind == "schema" and result.finding.verdict.outcome is Outcome.FAIL
    }
    for result in results:
        entry = result.entry
        is_told = entry.blocked and entry.check and told & entry.check.tables(plan.context(entry))
        if not entry.failed and not is_told:
            yield entry.dataset, entry.kind, result.finding.verdict


def _is_planned(plan: Plan, subject: Subject) -> bool:
    """A rule that was not applied to its table may stand for any check of its own."""
    dataset, check = subject
    if check == f"{dataset}.{TABLE}":
        return dataset in plan.facts or dataset in plan.unreadable
    return any(
        check == entry.id or (entry.active is None and check.startswith(f"{entry.rule}."))
        for entry in plan.entries
        if entry.dataset == dataset
    )
