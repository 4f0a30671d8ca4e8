"""The life of a baseline: candidate, approved, retired. Pure rules; storage is elsewhere.

Of one dataset at most one baseline is approved at a time: approving the next retires it. A
retired one stays readable, so that old verdicts can be redone, and is never approved again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sparkguard.errors import ConfigurationError, did_you_mean, listed
from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome, Verdict


class Status(StrEnum):
    CANDIDATE = "candidate"
    APPROVED = "approved"
    RETIRED = "retired"


@dataclass(frozen=True)
class Change:
    """One recorded act; `number` counts the acts on a dataset's baselines from 1."""

    number: int
    baseline: str
    status: Status
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Life:
    """A baseline as its changes leave it; `by` and `at` are those of the last one."""

    baseline: str
    status: Status
    by: str
    at: datetime
    reason: str = ""


def lives(changes: Iterable[Change]) -> dict[str, Life]:
    """Every baseline of a dataset, oldest first."""
    found: dict[str, Life] = {}
    for change in sorted(changes, key=lambda c: c.number):
        if change.status is Status.APPROVED:
            for other in [life for life in found.values() if life.status is Status.APPROVED]:
                reason = f"replaced by {change.baseline}"
                found[other.baseline] = Life(
                    other.baseline, Status.RETIRED, change.by, change.at, reason
                )
        found[change.baseline] = Life(
            change.baseline, change.status, change.by, change.at, change.reason
        )
    return found


def approved(changes: Iterable[Change]) -> Life | None:
    """The baseline in force; None when none was approved, or it was retired."""
    found = (life for life in lives(changes).values() if life.status is Status.APPROVED)
    return next(found, None)


_FROM = {
    Status.APPROVED: (Status.CANDIDATE,),
    Status.RETIRED: (Status.CANDIDATE, Status.APPROVED),
}


def require(changes: Iterable[Change], baseline: str, wanted: Status, by: str) -> None:
    """Raises ConfigurationError unless `baseline` may become `wanted` and somebody says so."""
    known = lives(changes)
    life = known.get(baseline)
    if life is None:
        near = did_you_mean(baseline, known)
        raise ConfigurationError(
            f"there is no baseline {baseline!r}; there are {listed(known) or 'none'}.{near}"
        )
    if not by.strip():
        raise ConfigurationError(f"say who makes baseline {baseline!r} {wanted}")
    if life.status not in _FROM.get(wanted, ()):
        raise ConfigurationError(
            f"baseline {baseline!r} is {life.status} and can't become {wanted}; "
            f"only {listed(_FROM.get(wanted, ()))} can"
        )


def unfit(
    verdicts: Mapping[tuple[str, Slice], Verdict],
    wanted: Iterable[Slice],
    accepted: Mapping[str, frozenset[Slice]],
    not_evaluable: Outcome = Outcome.ERROR,
) -> dict[Slice, tuple[str, ...]]:
    """The partitions that may not become a baseline, with the checks that broke in them.

    Partitions that were never judged are fit: the first baseline comes before the first verdict.
    """
    bad = broken(verdicts, accepted, not_evaluable)
    found = {
        where: tuple(sorted({check for check, at in bad if where.contains(at)})) for where in wanted
    }
    return {where: checks for where, checks in found.items() if checks}


def broken(
    verdicts: Mapping[tuple[str, Slice], Verdict],
    accepted: Mapping[str, frozenset[Slice]],
    not_evaluable: Outcome = Outcome.ERROR,
) -> frozenset[tuple[str, Slice]]:
    """Where a check failed, erred, or could not be judged, and nobody acknowledged its alert.

    What was not evaluable counts as it does for the run's exit code, by the verdict itself or
    the audit's policy; as a warning it stands in nobody's way.
    """
    return frozenset(
        (check, at)
        for (check, at), verdict in verdicts.items()
        if verdict.weight(not_evaluable) in (Outcome.FAIL, Outcome.ERROR)
        and at not in accepted.get(check, frozenset())
    )
