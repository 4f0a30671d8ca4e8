"""When alerts open, change and are resolved: one per dataset and check, told only on changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome, Verdict

BROKEN = (Outcome.WARN, Outcome.ERROR, Outcome.FAIL)
"""Outcomes that keep an alert open, the worst last."""


class AlertState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"


@dataclass(frozen=True)
class AlertRow:
    """A change of an alert, as one row of `alerts`; `slices` are keys of those that broke."""

    dataset: str
    check_id: str
    check_kind: str
    state: str
    outcome: str
    previous_outcome: str | None
    slices: tuple[str, ...]
    new_slices: tuple[str, ...]
    weight: float | None
    reason: str
    first_seen: datetime
    as_of: datetime


Subject = tuple[str, str]
"""Dataset and check id."""


def changes(
    before: Mapping[Subject, AlertRow],
    verdicts: Iterable[tuple[str, str, Verdict]],
    as_of: datetime,
) -> tuple[AlertRow, ...]:
    """The alerts that this run opens, changes or resolves.

    `before` holds the last row of each; `verdicts` are (dataset, kind of check, verdict). A check
    that could not be judged leaves its alert as it is.
    """
    judged: dict[Subject, tuple[str, list[Verdict]]] = {}
    for dataset, kind, verdict in verdicts:
        judged.setdefault((dataset, verdict.check), (kind, []))[1].append(verdict)
    rows = (
        _change(subject, kind, before.get(subject), found, as_of)
        for subject, (kind, found) in judged.items()
    )
    return tuple(row for row in rows if row is not None)


def _change(
    subject: Subject, kind: str, last: AlertRow | None, found: list[Verdict], as_of: datetime
) -> AlertRow | None:
    broken = [v for v in found if v.outcome in BROKEN]
    was_open = last is not None and last.state == AlertState.OPEN
    if not broken:
        passed = any(v.outcome is Outcome.PASS for v in found)
        if not (was_open and passed) or last is None:
            return None
        return AlertRow(
            *(*subject, kind, AlertState.RESOLVED.value, Outcome.PASS.value, last.outcome),
            *((), (), None, "", last.first_seen, as_of),
        )
    worst = max(broken, key=lambda v: (BROKEN.index(v.outcome), not v.slice.is_whole))
    keys = tuple(sorted(v.slice.key for v in broken))
    known = last.slices if was_open and last is not None else ()
    new = tuple(key for key in keys if key not in known)
    if was_open and last is not None and not new and last.outcome == worst.outcome.value:
        return None
    weights = [abs(float(v.observed)) for v in broken if v.observed is not None]
    return AlertRow(
        *(*subject, kind, AlertState.OPEN.value, worst.outcome.value),
        last.outcome if last is not None else None,
        keys,
        new,
        max(weights, default=None),
        worst.reason,
        last.first_seen if was_open and last is not None else as_of,
        as_of,
    )


def slices_of(keys: Iterable[str]) -> frozenset[Slice]:
    return frozenset(Slice.parse(key) for key in keys)
