"""A report read from the result tables alone, so that any old run can be shown again."""

from __future__ import annotations

from sparkguard.progress import Progress, Step, quiet
from sparkguard.report.build import Facts, build, places
from sparkguard.report.model import Report
from sparkguard.results import Store, reporting
from sparkguard.results.schemas import TABLES


def read_report(
    store: Store, run_id: str | None = None, audit: str | None = None, progress: Progress = quiet
) -> Report:
    """The report of a complete run; of the latest one, of `audit` if given, without a `run_id`.

    Raises ConfigurationError when there is no such run.
    """
    progress(Step("reading runs"))
    run = reporting.run_of(store, run_id, audit)
    runs = reporting.runs_until(store, run)
    progress(Step("reading verdicts"))
    results = reporting.worst_verdicts(store, run)
    before = reporting.worst_verdicts(store, runs[-2]) if len(runs) > 1 else None
    shown = places(results)
    past = reporting.past_verdicts(store, runs, {check for check, _ in shown})
    progress(Step("reading evidence"))
    return build(
        Facts(
            run=run,
            location=str(store.location),
            results=results,
            counts=reporting.counts(store, run) if len(results) < run.reported else {},
            runs=runs,
            before=before,
            pins=reporting.pins(store, run),
            evidence=reporting.evidence(store, run, shown),
            samples=reporting.samples(store, run, shown),
            past=past,
            evaluations=reporting.evaluations(store, run) if "evaluations" in TABLES else (),
            shadow_verdicts=reporting.shadow_verdicts(store, run),
            shadow_changes=reporting.changes_until(store, run, "shadow"),
        )
    )
