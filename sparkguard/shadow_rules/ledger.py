"""The dual-write ledger: what each sink was to get, what it got, and whether the pair holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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


@dataclass(frozen=True)
class Pair:
    """What the ledger says of one run and partition."""

    status: PairStatus
    reason: str = ""
    last: Mapping[str, LedgerRow] = field(default_factory=dict)


_STEPS = {Status.INTENT: 0, Status.COMMITTED: 1, Status.FAILED: 2, Status.CONFIRMED: 3}


def pair(rows: Iterable[LedgerRow], now: datetime) -> Pair:
    """The state of a pair of writes, from its rows in any order; only CONFIRMED is compared."""
    last: dict[str, LedgerRow] = {}
    for row in sorted(rows, key=lambda r: (_STEPS[r.status], r.at)):
        last[row.sink] = row
    for sink in SINKS:
        if sink not in last:
            return Pair(PairStatus.DIVERGED, f"nothing was announced for the {sink}", last)
        row = last[sink]
        if row.status is Status.FAILED:
            return Pair(PairStatus.DIVERGED, f"the write to the {sink} failed: {row.reason}", last)
    waiting = {sink: row for sink, row in last.items() if row.status is not Status.CONFIRMED}
    for sink, row in waiting.items():
        if now > row.deadline:
            step = "written" if row.status is Status.INTENT else "confirmed"
            return Pair(PairStatus.DIVERGED, f"the {sink} was not {step} by its deadline", last)
    if waiting:
        return Pair(PairStatus.PENDING, f"not yet confirmed: {', '.join(waiting)}", last)
    return Pair(PairStatus.CONFIRMED, "", last)


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
        last.pop(partition, None)
        last[partition] = state
    return last


def last_touching(last: Mapping[Slice, Pair], partition: Slice) -> Pair | None:
    """The last of the `last_pairs` that may have written rows of a partition."""
    touching = [state for where, state in last.items() if where.overlaps(partition)]
    return touching[-1] if touching else None


def unconfirmed(state: Pair) -> str:
    """Why nothing can be said of what a pair wrote; empty when it is confirmed."""
    if state.status is PairStatus.CONFIRMED:
        return ""
    return f"the last dual write is not confirmed: {state.reason}"


def uncompared(state: Pair, versions: Mapping[str, int | None], at: datetime) -> str:
    """Why a verdict does not speak of the rows that a pair wrote; empty when it does.

    `versions` are those that were compared by sink, and `at` is the time of the verdict.
    """
    if reason := unconfirmed(state):
        return reason
    for sink, row in state.last.items():
        seen, written = versions.get(sink), row.commit_version
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
