"""A report as a frozen tree: everything judged, nothing rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sparkguard.report.words import RANK, TROUBLE
from sparkguard.results.records import PinRow, RunRecord
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.verdicts import Evidence, Outcome


class Trend(StrEnum):
    """How a check stands against the run before."""

    FIRST = "first"  # there was no run before
    NEW = "new"  # trouble where there was none
    WORSE = "worse"
    BETTER = "better"  # still trouble, but less
    HEALED = "healed"
    SAME = "same"


@dataclass(frozen=True)
class Change:
    """A check against the run before: its worst outcomes, and the slices in trouble since then."""

    trend: Trend
    was: Outcome | None = None
    new_slices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """Evidence rows of one kind and name; `left_out` more are stored."""

    kind: str
    name: str
    rows: tuple[Evidence, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Point:
    """How a check came out in one run, by its worst verdict; `slice` is "" for the whole table."""

    run_id: str
    as_of: datetime
    outcome: Outcome
    observed: float | None
    slice: str = ""


@dataclass(frozen=True)
class Samples:
    """Rows that break a rule, as far as the audit allows them to be kept."""

    mode: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    left_out: int = 0


@dataclass(frozen=True)
class Seen:
    """One verdict with its evidence."""

    result: ResultRow
    pictures: tuple[Picture, ...] = ()
    samples: Samples | None = None

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.result.outcome)


@dataclass(frozen=True)
class CheckPart:
    """One check: its verdict on the whole, on slices, and in the runs before."""

    id: str
    kind: str
    whole: Seen | None
    slices: tuple[ResultRow, ...]
    shown: tuple[Seen, ...]  # slices whose evidence is shown
    change: Change
    past: tuple[Point, ...] = ()
    of_slices: Mapping[Outcome, int] = field(default_factory=dict)  # also of those not in `slices`

    @property
    def first(self) -> ResultRow:
        """The verdict that speaks for the check: its worst, the whole before its slices."""
        return min(self._rows, key=lambda row: (RANK[Outcome(row.outcome)], bool(row.slice)))

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.first.outcome)

    @property
    def is_troubled(self) -> bool:
        return self.outcome in TROUBLE

    @property
    def _rows(self) -> tuple[ResultRow, ...]:
        return (*(() if self.whole is None else (self.whole.result,)), *self.slices)


@dataclass(frozen=True)
class DatasetPart:
    """A dataset with its checks, those that need attention first."""

    name: str
    pin: PinRow | None
    contract: str | None
    checks: tuple[CheckPart, ...]
    counts: Mapping[Outcome, int]


@dataclass(frozen=True)
class ShadowPart:
    """Where a shadow stood when the run ended, and its last verdict on every partition."""

    name: str
    state: str | None
    states: tuple[tuple[str, datetime, str], ...]  # state, since when, by whom
    partitions: tuple[tuple[str, Outcome, str, str], ...]  # partition, outcome, word, reason
    left_out: int = 0


@dataclass(frozen=True)
class Report:
    """What one complete run found. `before` is the run it is compared with."""

    run: RunRecord
    location: str
    datasets: tuple[DatasetPart, ...]
    before: RunRecord | None = None
    runs: tuple[RunRecord, ...] = ()  # up to this one, oldest first
    shadows: tuple[ShadowPart, ...] = ()
    left_out: int = 0  # verdicts that are stored and not shown

    @property
    def checks(self) -> tuple[CheckPart, ...]:
        return tuple(check for dataset in self.datasets for check in dataset.checks)

    @property
    def counts(self) -> Mapping[Outcome, int]:
        run = self.run
        return {
            Outcome.ERROR: run.errors,
            Outcome.FAIL: run.failed,
            Outcome.WARN: run.warned,
            Outcome.NOT_EVALUABLE: run.not_evaluable,
            Outcome.SKIPPED: run.skipped,
            Outcome.PASS: run.passed,
        }
