"""A small run to store, clocks that stand still, and writers that fail on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any

from sparkguard.results import Origin, PinRow, ResultRow, RunRecord, Store, outcome_counts
from sparkguard.results.access import DeltaWriter
from sparkguard.results.retry import Retry
from sparkguard.results.schemas import TABLES
from sparkguard.results.verdict_rows import violation_rows
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Coverage, Outcome, Severity, Verdict

AS_OF = datetime(2024, 2, 29, 23, 59, 59, 250_000, tzinfo=timezone.utc)
ORIGIN = Origin("orders", 7, AS_OF, "completeness", "f" * 64, "orders.contract", "1.10", "c" * 64)
MAY = Slice.of({"month": "5"})


CORE = ("runs", "pins", "results", "evidence", "profiles", "violations", "transitions")


@contextmanager
def only(*names: str) -> Iterator[None]:
    """Leaves only the named tables in the registry, since every one takes a while to create."""
    every = dict(TABLES)
    for name in set(every) - set(names):
        del TABLES[name]
    try:
        yield
    finally:
        TABLES.clear()
        TABLES.update(every)


class FixedClock:
    """Stands still but for `sleep`, which it remembers."""

    def __init__(self, now: datetime = AS_OF) -> None:
        self.current = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.current

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.current += timedelta(seconds=seconds)


class CountedIds:
    def __init__(self, prefix: str = "id") -> None:
        self._prefix, self._next = prefix, count(1)

    def new(self) -> str:
        return f"{self._prefix}-{next(self._next)}"


class AnalysisException(Exception):
    """A final failure, told from others by its condition."""

    def getCondition(self) -> str:
        return "DELTA_METADATA_MISMATCH"


class DisturbedWriter(DeltaWriter):
    """Calls `before` and `after` with the number of the operation, counted from 1."""

    def __init__(
        self,
        before: Callable[[int], None] = lambda n: None,
        after: Callable[[int], None] = lambda n: None,
    ) -> None:
        self.operations = 0
        self._before, self._after = before, after

    def append(self, frame: Any, to: Any, app_id: str, version: int, /) -> None:
        self.operations += 1
        number = self.operations
        self._before(number)
        super().append(frame, to, app_id, version)
        self._after(number)


def verdicts(outcome: Outcome = Outcome.FAIL) -> list[Verdict]:
    error = Severity.ERROR
    return [
        Verdict("orders.id.required", WHOLE, Outcome.PASS, error, 0, rows=10, violations=0),
        Verdict(
            "orders.id.required", MAY, outcome, error, 0.25, "share >= 0.9", "75 % are null",
            "share", 4, 3, Coverage.PROVEN,
        ),
    ]  # fmt: skip


def record(run_id: str, judged: list[Verdict], as_of: datetime = AS_OF, **more: Any) -> RunRecord:
    details: dict[str, Any] = {
        "audit": "nightly",
        "status": "complete",
        "exit_code": 1,
        "started_at": as_of,
        "finished_at": as_of + timedelta(minutes=3),
        "planned": len(judged),
        "reported": len(judged),
        "table_versions": {"orders": 7},
        **outcome_counts(judged),
        **more,
    }
    return RunRecord(run_id=run_id, as_of=as_of, **details)


def write_run(store: Store, run_id: str, judged: list[Verdict] | None = None) -> RunRecord:
    """Four operations: pins, violations, results, runs."""
    judged = verdicts() if judged is None else judged
    store.pin(run_id, [PinRow("orders", "/lake/orders", 7, "id", 10, True, AS_OF)])
    counted = [row for v in judged for row in violation_rows(v, ORIGIN)]
    store.append("violations", counted, run_id)
    store.append("results", [ResultRow.of(v, ORIGIN) for v in judged], run_id)
    return store.commit(record(run_id, judged))


def quick(clock: FixedClock, attempts: int = 4) -> Retry:
    return Retry(attempts=attempts, clock=clock, uniform=lambda: 0.5)


def stored(store: Store, table: str, run_id: str, committed: bool = True) -> int:
    return store.read(table, committed=committed).where(f"run_id = '{run_id}'").count()
