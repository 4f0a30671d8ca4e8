"""What changed of a metric: against a baseline by slice, and against what was stored before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sparkguard.evaluation.comparison import Decay, decay
from sparkguard.evaluation.conditions import Moved
from sparkguard.evaluation.declaration import Declaration
from sparkguard.evaluation.maturity import Maturity
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.rows import key_of, metrics_of
from sparkguard.evaluation.seen import Group, Seen


def metric_of(of: Declaration, seen: Seen, group: Group, name: str) -> Metric:
    """One metric of a group; it has a value or a reason."""
    found = metrics_of(of, seen, group, seen.cells(group))
    return next(metric for metric in found if metric.name == name)


def decay_by_slice(
    of: Declaration, before: Seen, now: Seen, name: str, margin: float
) -> dict[str, tuple[Decay, int]]:
    """Decay and labelled predictions of every declared slice with enough labels on both sides."""
    task, known = of.kind_of_task, set(before.groups())
    found: dict[str, tuple[Decay, int]] = {}
    for group in now.groups():
        if not group.slice or group.version is not None or group not in known:
            continue
        labelled = task.labelled(now.cells(group))
        if min(labelled, task.labelled(before.cells(group))) < of.fewest:
            continue
        fall = decay(metric_of(of, before, group, name), metric_of(of, now, group, name), margin)
        if fall is not None:
            found[group.name] = (fall, labelled)
    return found


def moved(
    of: Declaration,
    cohorts: Mapping[str, Seen],
    earlier: Iterable[Mapping[str, Any]],
    definition: str,
) -> tuple[Moved, ...]:
    """Metrics of cohorts that were closed, beside the last ones stored under one definition."""
    rows = {
        key_of(row): row
        for row in earlier
        if row["maturity"] == Maturity.CLOSED and row["definition"] == definition
    }
    found = []
    for cohort in sorted(cohorts.keys() & {key[0] for key in rows}):
        seen = cohorts[cohort]
        for metric in metrics_of(of, seen, Group(), seen.cells(Group())):
            row = rows.get((cohort, None, "", None, metric.name))
            if row is not None and row["value"] is not None and metric.value is not None:
                before, error = row["value"], row["standard_error"]
                found.append(Moved(cohort, metric.name, before, metric.value, error))
    return tuple(found)
