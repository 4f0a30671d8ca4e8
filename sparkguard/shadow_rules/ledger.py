"""The dual-write ledger: what each sink was to get, what it got, and whether the pair holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from enum import StrEnum

from sparkguard.slices import Slice

SINKS = ("control", "shadow")


class Status(StrEnum):
    INTENT = "intent"
    COMMITTED = "committed"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class PairStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class LedgerRow:
    """One step of one write. `deadline` is when a write that is not confirmed counts as failed.

    `rows` are those that Delta's commit says it wrote, once COMMITTED, and those that were read
    back, once CONFIRMED.
    """

    run_id: str
    shadow: str
    partition: Slice
    sink: str
    status: Status
    at: datetime
    deadline: datetime
    txn_app_id: str
    txn_version: int = 1
    input_versions: Mapping[str, int] = field(default_factory=dict)
    rows: int | None = None
    fingerprint: str = ""
    commit_version: int | None = None
    reason: str = ""


_NEVER = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Pair:
    """What the ledger says of one run and partition, which acted from `began` to `acted`.

    `last` is the last step by sink, and `written` the Delta version, where it is known. `amid`
    are other pairs that acted after this one began: a repeated run may have written before them.
    """

    status: PairStatus
    reason: str = ""
    last: Mapping[str, LedgerRow] = field(default_factory=dict)
    written: Mapping[str, int] = field(default_factory=dict)
    began: datetime = _NEVER
    acted: datetime = _NEVER
    amid: tuple[Pair, ...] = ()

    @property
    def run_id(self) -> str:
        return next((row.run_id for row in self.last.values()), "")

    def among(self, others: Iterable[Pair]) -> Pair:
        """This pair, with those of the others that acted after it began."""
        return replace(self, amid=tuple(o for o in others if o.acted >= self.began))


_STEPS = {Status.INTENT: 0, Status.COMMITTED: 1, Status.FAILED: 2, Status.CONFIRMED: 3}


def pair(rows: Iterable[LedgerRow], now: datetime) -> Pair:
    """The state of a pair of writes, from its rows in any order; only CONFIRMED is compared."""
    last: dict[str, LedgerRow] = {}
    written: dict[str, int] = {}
    ordered = sorted(rows, key=lambda r: (_STEPS[r.status], r.at))
    for row in ordered:
        last[row.sink] = row
        if row.commit_version is not None:
            written[row.sink] = row.commit_version
    status, reason = _state(last, now)
    times = [row.at for row in ordered] or [_NEVER]
    return Pair(status, reason, last, written, min(times), max(times))


def _state(last: Mapping[str, LedgerRow], now: datetime) -> tuple[PairStatus, str]:
    for sink in SINKS:
        if sink not in last:
            return PairStatus.DIVERGED, f"nothing was announced for the {sink}"
        row = last[sink]
        if row.status is Status.FAILED:
            return PairStatus.DIVERGED, f"the write to the {sink} failed: {row.reason}"
    waiting = {sink: row for sink, row in last.items() if row.status is not Status.CONFIRMED}
    for sink, row in waiting.items():
        if now > row.deadline:
            step = "written" if row.status is Status.INTENT else "confirmed"
            return PairStatus.DIVERGED, f"the {sink} was not {step} by its deadline"
    if waiting:
        return PairStatus.PENDING, f"not yet confirmed: {', '.join(waiting)}"
    return PairStatus.CONFIRMED, ""


def pairs(rows: Iterable[LedgerRow], now: datetime) -> Mapping[tuple[str, Slice], Pair]:
    """The state of every pair of writes by run and partition; the one that acted last stands last.

    A run that was repeated acts again, however early it began.
    """
    grouped: dict[tuple[str, Slice], list[LedgerRow]] = {}
    for row in rows:
        grouped.setdefault((row.run_id, row.partition), []).append(row)
    ordered = sorted(grouped.items(), key=lambda item: max(row.at for row in item[1]))
    return {at: pair(some, now) for at, some in ordered}


def last_pairs(held: Mapping[tuple[str, Slice], Pair]) -> Mapping[Slice, Pair]:
    """The pair that acted last on each partition, of those of `pairs` and in their order."""
    last: dict[Slice, Pair] = {}
    for (_, partition), state in held.items():
        earlier = last.pop(partition, None)
        last[partition] = state.among((*earlier.amid, earlier)) if earlier else state
    return last


def last_touching(last: Mapping[Slice, Pair], partition: Slice) -> Pair | None:
    """The last of the `last_pairs` that may have written rows of a partition."""
    touching = [state for where, state in last.items() if where.overlaps(partition)]
    if not touching:
        return None
    *others, state = touching
    return state.among((*state.amid, *(o for each in others for o in (*each.amid, each))))


def unconfirmed(state: Pair) -> str:
    """Why nothing can be said of what a pair wrote; empty when it is confirmed."""
    if state.status is not PairStatus.CONFIRMED:
        return f"the last dual write is not confirmed: {state.reason}"
    for other in state.amid:
        # Whether it wrote before the repeated run or after it, the ledger can't tell.
        if other.status is not PairStatus.CONFIRMED and len(other.written) < len(SINKS):
            return f"run {other.run_id} may have written after run {state.run_id}: {other.reason}"
    return ""


def uncompared(state: Pair, versions: Mapping[str, int | None], at: datetime) -> str:
    """Why a verdict does not speak of the rows that a pair wrote; empty when it does.

    `versions` are those that were compared by sink, and `at` is the time of the verdict.
    """
    if reason := unconfirmed(state):
        return reason
    for each in (*state.amid, state):
        for sink, row in each.last.items():
            seen, written = versions.get(sink), each.written.get(sink)
            if row.at > at if seen is None or written is None else written > seen:
                return f"what run {row.run_id} wrote last was not compared"
    return ""


def mismatch(written: int | None, read: int) -> str:
    """Why the rows read back don't confirm a write; empty when they do."""
    if written is None:
        return "Delta's history does not say how many rows the commit wrote"
    if written != read:
        return f"Delta's commit wrote {written:,} rows, {read:,} were read back"
    return ""
