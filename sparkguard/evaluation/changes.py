"""What changed of a metric: against a baseline by slice, and against what was stored before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sparkguard.evaluation.comparison import Decay, decay
from sparkguard.evaluation.declaration import Declaration
from sparkguard.evaluation.maturity import Maturity
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.rows import Key, key_of, metrics_of
from sparkguard.evaluation.seen import Group, Seen
from sparkguard.evaluation.slice_feed import OF_TRAFFIC
from sparkguard.evaluation.watch import Moved
from sparkguard.relations.effective_label import LabelBucket


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
    """Metrics of cohorts that were closed, beside the last ones stored under one definition.

    Those of slices with 1 % of a cohort's predictions are compared where its own numbers moved.
    """
    rows = {
        key_of(row): row
        for row in earlier
        if row["maturity"] == Maturity.CLOSED and row["definition"] == definition
    }
    found: list[Moved] = []
    for cohort in sorted(cohorts.keys() & {key[0] for key in rows}):
        seen = cohorts[cohort]
        of_all = list(_beside(of, seen, cohort, Group(), rows))
        found += of_all
        if any(one.now != one.before for one in of_all) or _counts(seen) not in {
            _counts_stored(rows[cohort, None, "", None, one.metric]) for one in of_all
        }:
            for group in seen.groups():
                if group.slice and group.version is None:
                    found += _beside(of, seen, cohort, group, rows)
    return tuple(found)


def _beside(
    of: Declaration, seen: Seen, cohort: str, group: Group, rows: Mapping[Key, Mapping[str, Any]]
) -> Iterator[Moved]:
    cells, total = seen.cells(group), seen.ledger.unique
    if of.kind_of_task.predicted(cells) < OF_TRAFFIC * total:
        return
    for metric in metrics_of(of, seen, group, cells):
        row = rows.get((cohort, None, group.slice, group.value, metric.name))
        if row is not None and row["value"] is not None:
            before, error = row["value"], row["standard_error"]
            yield Moved(cohort, metric.name, before, metric.value, error, group.name)


def _counts(seen: Seen) -> tuple[int, ...]:
    """Label rows that were replaced, taken back or filled in."""
    ledger = seen.ledger
    of = (LabelBucket.SUPERSEDED, LabelBucket.DELETE_MARK)
    return (*map(ledger.of, of), ledger.backfilled)


def _counts_stored(row: Mapping[str, Any]) -> tuple[int, ...]:
    return row["n_superseded"], row["n_deleted"], row["n_backfilled"]
