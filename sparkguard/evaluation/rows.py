"""Rows of the table `evaluations`: metrics as known at a moment, as revisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sparkguard.evaluation.declaration import Declaration
from sparkguard.evaluation.maturity import Development, Maturity, maturity
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.seen import Day, Group, Ledger, Seen
from sparkguard.evaluation.selection import reweighted, selection_of
from sparkguard.evaluation.tasks import Binary, Cells
from sparkguard.relations.effective_label import LabelBucket

TABLE = "evaluations"
OK, INSUFFICIENT, UNDEFINED, INVALID = "OK", "INSUFFICIENT", "UNDEFINED", "INVALID"

Key = tuple[str, str | None, str, str | None, str]
"""Slice of the audit, model version, declared slice and its value, metric."""


@dataclass(frozen=True)
class Standing:
    """How far the truth of a cohort has come.

    `expected` is the coverage to be expected by its age and `developed` the share of all labels
    to come that should be there; both None while nobody knows.
    """

    coverage: float | None
    expected: float | None
    developed: float | None
    maturity: Maturity

    @property
    def is_ripe(self) -> bool:
        """Whether metrics may be held to limits."""
        return self.maturity in (Maturity.MATURE, Maturity.CLOSED)


def standing(seen: Seen, development: Development, starved: bool) -> Standing:
    """Of the predictions in `seen`, which may be of several days; the youngest decides closing."""
    days: Mapping[Day, int] = seen.predictions_by_day
    age = development.age(max(days)) if days else development.horizon + 1
    developed = development.developed_of(days)
    return Standing(
        seen.ledger.coverage,
        development.coverage_of(days),
        developed,
        maturity(age, development.horizon, developed, starved),
    )


def metrics_of(of: Declaration, seen: Seen, group: Group, cells: Cells) -> Iterator[Metric]:
    """Every metric of a group; none has a value while a score or label of it is invalid."""
    task = of.kind_of_task
    invalid, what = task.invalid(cells)
    if invalid:
        reason = f"{invalid:,} {what}"
        names = (*task.names(), *(() if group.slice else task.names_of_all_rows()))
        yield from (Metric(name, None, reason=reason) for name in names)
        return
    again = reweighted(task, cells) if isinstance(task, Binary) else {}
    for metric in task.metrics(cells):
        whole = group == Group() and of.entity is not None
        found = task.with_entities(metric, seen) if whole else metric
        value, effective = again.get(metric.name, (None, None))
        yield replace(found, reweighted=value, effective=effective)
    if not group.slice:
        yield from task.of_all_rows(seen, group.version)


def rows(
    of: Declaration, seen: Seen, cohort: str, stands: Standing, definition: str
) -> Iterator[dict[str, Any]]:
    """One row per group and metric, not yet compared with what was stored before."""
    task, ledger = of.kind_of_task, seen.ledger
    for group in seen.groups():
        cells = seen.cells(group)
        n, labelled = task.predicted(cells), task.labelled(cells)
        invalid, _ = task.invalid(cells)
        flagged = flags(of, cells)
        for metric in metrics_of(of, seen, group, cells):
            shown = metric if labelled >= of.fewest or invalid else None
            status = OK if metric.value is not None else INVALID if invalid else UNDEFINED
            if shown is None:
                status = INSUFFICIENT
            yield {
                "slice": cohort,
                "model_version": group.version,
                "segment": group.slice,
                "segment_value": group.value,
                "metric": metric.name,
                **_numbers(shown),
                "n_predictions": n,
                "n_labelled": labelled,
                "coverage": labelled / n if n else None,
                "expected_coverage": stands.expected,
                "maturity": stands.maturity.value,
                "status": status,
                "flags": flagged,
                "reason": "" if shown is not None and shown.value is not None else (
                    metric.reason if metric.value is None
                    else f"{labelled:,} labels; at least {of.fewest:,} are wanted"
                ),
                "definition": definition,
                "n_superseded": ledger.of(LabelBucket.SUPERSEDED),
                "n_deleted": ledger.of(LabelBucket.DELETE_MARK),
                "n_backfilled": ledger.backfilled,
            }  # fmt: skip


def _numbers(metric: Metric | None) -> dict[str, float | None]:
    return {
        "value": metric.value if metric else None,
        "low": metric.low if metric else None,
        "high": metric.high if metric else None,
        "bin_low": metric.bin_low if metric else None,
        "bin_high": metric.bin_high if metric else None,
        "standard_error": metric.error if metric else None,
        "reweighted": metric.reweighted if metric else None,
        "n_effective": metric.effective if metric else None,
    }


def flags(of: Declaration, cells: Cells) -> tuple[str, ...]:
    if not isinstance(of.kind_of_task, Binary):
        return ()
    found = selection_of(cells)
    return ("BIASED_SAMPLE",) if found is not None and found.is_biased else ()


def key_of(row: Mapping[str, Any]) -> Key:
    return row["slice"], row["model_version"], row["segment"], row["segment_value"], row["metric"]


def revised(
    found: Sequence[Mapping[str, Any]], earlier: Mapping[Key, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The rows that say something new, each numbered after the last of its key.

    Nothing is overwritten: a metric that moved is a new revision with the difference and its
    cause. Another definition begins a new series, so that it never looks like a change of the
    model.
    """
    for row in found:
        last = earlier.get(key_of(row))
        if last is None:
            yield {**row, "revision": 1, "delta": None, "cause": None}
        elif _differs(row, last):
            same = row["definition"] == last["definition"]
            before, now = last["value"], row["value"]
            delta = now - before if same and None not in (before, now) else None
            cause = _cause(row, last) if same else "definition"
            yield {**row, "revision": last["revision"] + 1, "delta": delta, "cause": cause}


_TELLING = ("value", "n_predictions", "n_labelled", "maturity", "status", "definition", "low")


def _differs(row: Mapping[str, Any], last: Mapping[str, Any]) -> bool:
    return any(row[name] != last[name] for name in _TELLING)


def _cause(row: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    for name, cause in (
        ("n_backfilled", "backfill"), ("n_deleted", "deletion"), ("n_superseded", "correction")
    ):  # fmt: skip
        if (row[name] or 0) > (last[name] or 0):
            return cause
    return "new_labels"


def identities(ledger: Ledger, label_rows: int | None) -> tuple[str, ...]:
    """What of the accounting does not balance; nothing, unless rows were lost or counted twice."""
    broken = []
    counted = sum(ledger.predictions.values())
    if counted != ledger.rows or ledger.rows < ledger.unique:
        broken.append(f"{ledger.rows:,} predictions are {counted:,} by bucket")
    used, labelled = ledger.of(LabelBucket.USED), ledger.labelled
    if used != labelled:
        broken.append(f"{labelled:,} predictions have a label, {used:,} labels are used")
    if label_rows is not None and ledger.matched > label_rows:
        broken.append(f"{ledger.matched:,} label rows have a prediction, of {label_rows:,}")
    return tuple(broken)
