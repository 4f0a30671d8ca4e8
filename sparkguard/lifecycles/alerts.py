"""When alerts open, change and are resolved: one per dataset and check, told only on changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome, Verdict

BROKEN = (Outcome.WARN, Outcome.ERROR, Outcome.FAIL)
"""Outcomes that keep an alert open, the worst last."""
JUDGED = (Outcome.PASS, *BROKEN)
"""Outcomes that say how the data stand."""
_BADNESS = (Outcome.NOT_EVALUABLE, *BROKEN)


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
    owner: str = ""

    @property
    def subject(self) -> Subject:
        return (self.dataset, self.check_id)


@dataclass(frozen=True)
class Note:
    """What somebody said to an alert: its slices are taken note of, and it is quiet for a time.

    `first_seen` identifies the incident: an alert that was resolved and opened again is new.
    """

    by: str
    at: datetime
    reason: str = ""
    slices: frozenset[str] = frozenset()
    first_seen: datetime | None = None
    muted_until: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """An alert as it stands now, whoever changed it last: a run or a person.

    `judged` is when a run last judged its check, where later runs could not.
    """

    row: AlertRow
    state: AlertState
    note: Note | None = None
    judged: datetime | None = None


def standing(
    row: AlertRow, note: Note | None, now: datetime, judged: datetime | None = None
) -> Standing:
    """How a run's last row and a person's last note add up.

    A note holds for the incident it was made on, and only while no further slice breaks; a
    muting holds until its time, whatever happens.
    """
    state = AlertState(row.state)
    if state is AlertState.OPEN and note is not None:
        if note.muted_until is not None and now < note.muted_until:
            state = AlertState.MUTED
        elif note.first_seen == row.first_seen and note.slices >= set(row.slices):
            state = AlertState.ACKNOWLEDGED
    return Standing(row, state, note, judged)


Subject = tuple[str, str]
"""Dataset and check id."""


def changes(
    before: Mapping[Subject, AlertRow],
    verdicts: Iterable[tuple[str, str, Verdict]],
    as_of: datetime,
    *,
    not_evaluable: Outcome = Outcome.WARN,
    owners: Mapping[str, str] | None = None,
) -> tuple[AlertRow, ...]:
    """The alerts that this run opens, changes or resolves.

    `before` holds the last row of each; `verdicts` are (dataset, kind of check, verdict). A check
    that could not be judged leaves an open alert as it is, and opens one where that weighs as
    error or fail: by `not_evaluable`, the audit's policy, unless the verdict says how. Slices that
    broke and can't be judged now keep it open, and so do those that a run over one slice left out.
    `owners` are by dataset; a check that names its owner goes before them.
    """
    judged: dict[Subject, tuple[str, list[Verdict]]] = {}
    for dataset, kind, verdict in verdicts:
        judged.setdefault((dataset, verdict.check), (kind, []))[1].append(verdict)
    rows = (
        _change(subject, kind, before.get(subject), found, as_of, not_evaluable)
        for subject, (kind, found) in judged.items()
    )
    by_dataset = owners or {}
    return tuple(
        replace(row, owner=_owner(judged[row.subject][1]) or by_dataset.get(row.dataset, ""))
        for row in rows
        if row is not None
    )


def withdrawn(
    before: Iterable[AlertRow], is_planned: Callable[[Subject], bool], as_of: datetime
) -> tuple[AlertRow, ...]:
    """Closes open alerts of rules that are planned no more: nothing would ever resolve them."""
    return tuple(
        replace(
            row,
            state=AlertState.RESOLVED.value,
            outcome=Outcome.SKIPPED.value,
            previous_outcome=row.outcome,
            slices=(),
            new_slices=(),
            weight=None,
            reason="the rule is no longer part of the audit",
            as_of=as_of,
        )
        for row in before
        if row.state == AlertState.OPEN and not is_planned(row.subject)
    )


def _change(
    subject: Subject,
    kind: str,
    last: AlertRow | None,
    found: list[Verdict],
    as_of: datetime,
    not_evaluable: Outcome,
) -> AlertRow | None:
    open_ = last if last is not None and last.state == AlertState.OPEN else None
    broken = [v for v in found if v.outcome in BROKEN]
    unjudged = {v.slice.key for v in found if v.outcome is Outcome.NOT_EVALUABLE}
    left = unjudged.intersection(open_.slices) if open_ is not None else set()
    judged = {v.slice.key for v in found}
    if open_ is not None and WHOLE.key not in judged:
        left |= set(open_.slices) - judged
    missed = [v for v in found if _is_missed(v, not_evaluable)]
    if not broken and not left:
        broken = missed
    if not broken:
        passed = any(v.outcome is Outcome.PASS for v in found)
        if open_ is None or left or not passed:
            return None
        return AlertRow(
            *(*subject, kind, AlertState.RESOLVED.value, Outcome.PASS.value, open_.outcome),
            *((), (), None, "", open_.first_seen, as_of),
        )
    # Of slices that are as bad the whole speaks: its numbers are those of all rows.
    worst = max(broken, key=lambda v: (_BADNESS.index(v.outcome), v.slice.is_whole))
    keys = tuple(sorted({*left, *(v.slice.key for v in (*missed, *broken))}))
    new = tuple(key for key in keys if open_ is None or key not in open_.slices)
    if open_ is not None and not new and open_.outcome == worst.outcome.value:
        return None
    weights = [abs(float(v.observed)) for v in broken if v.observed is not None]
    return AlertRow(
        *(*subject, kind, AlertState.OPEN.value, worst.outcome.value),
        last.outcome if last is not None else None,
        keys,
        new,
        max(weights, default=None),
        worst.reason,
        open_.first_seen if open_ is not None else as_of,
        as_of,
    )


def _owner(verdicts: Iterable[Verdict]) -> str:
    return next((verdict.owner for verdict in verdicts if verdict.owner), "")


def _is_missed(verdict: Verdict, policy: Outcome) -> bool:
    missed = verdict.outcome is Outcome.NOT_EVALUABLE
    return missed and verdict.weight(policy) is not Outcome.WARN


def slices_of(keys: Iterable[str]) -> frozenset[Slice]:
    return frozenset(Slice.parse(key) for key in keys)
