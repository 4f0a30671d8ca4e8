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
    """One step of one write. `deadline` is when an INTENT without a commit counts as failed."""

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
    for sink, row in last.items():
        if row.status is Status.INTENT and now > row.deadline:
            return Pair(PairStatus.DIVERGED, f"the {sink} was not written by its deadline", last)
    if all(row.status is Status.CONFIRMED for row in last.values()):
        return Pair(PairStatus.CONFIRMED, "", last)
    waiting = [sink for sink, row in last.items() if row.status is not Status.CONFIRMED]
    return Pair(PairStatus.PENDING, f"not yet confirmed: {', '.join(waiting)}", last)
