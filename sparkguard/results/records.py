"""Records of runs as the result tables hold them: pins, parts, the run itself, state changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from sparkguard.verdicts import Outcome, Verdict

R = TypeVar("R")


def record_of(kind: type[R], row: Mapping[str, Any], **cells: Any) -> R:
    """The record of dataclass `kind` that a stored row holds, with `cells` in place of its own.

    Columns that the record does not have are left out; those the row lacks take their defaults.
    """
    names = [column.name for column in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: row[name] for name in names if name in row} | cells)


@dataclass(frozen=True)
class PinRow:
    """One dataset of a run and the version of it that every read uses."""

    dataset: str
    ref: str
    table_version: int
    table_id: str = ""
    rows: int | None = None
    rows_proven: bool = False
    as_of: datetime | None = None


@dataclass(frozen=True)
class Part:
    """What one append holds: its rows, and the digest of their identity and judgement."""

    table: str
    part: str
    rows: int
    digest: str


@dataclass(frozen=True)
class RunRecord:
    """One complete run; its row in `runs` makes all its other rows count."""

    run_id: str
    audit: str
    status: str
    exit_code: int
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    planned: int
    reported: int
    passed: int = 0
    warned: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    not_evaluable: int = 0
    parts: tuple[Part, ...] = ()
    table_versions: Mapping[str, int] = field(default_factory=dict)
    contract_versions: Mapping[str, str] = field(default_factory=dict)
    contract_fingerprints: Mapping[str, str] = field(default_factory=dict)
    audit_fingerprint: str | None = None
    fail_on: str = "fail"
    not_evaluable_as: str = "error"
    reason: str = ""
    spark_version: str | None = None

    @property
    def judgement(self) -> tuple[Any, ...]:
        """What a replay of the run must arrive at again; times are not part of it."""
        counts = (self.passed, self.warned, self.failed, self.errors, self.skipped)
        return (
            *(self.run_id, self.audit, self.status, self.exit_code, self.planned, self.reported),
            *(*counts, self.not_evaluable, tuple(sorted(self.table_versions.items()))),
        )


def outcome_counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """The count columns of `runs`, by name."""
    counts = Counter(verdict.outcome for verdict in verdicts)
    names = {
        "passed": Outcome.PASS,
        "warned": Outcome.WARN,
        "failed": Outcome.FAIL,
        "errors": Outcome.ERROR,
        "skipped": Outcome.SKIPPED,
        "not_evaluable": Outcome.NOT_EVALUABLE,
    }
    return {name: counts[outcome] for name, outcome in names.items()}


@dataclass(frozen=True)
class TransitionRow:
    """One state change of one subject; its state is that of its last number."""

    kind: str
    subject: str
    number: int
    state: str
    changed_by: str
    reason: str
    at: datetime
    request: str
    details: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        when = self.at.isoformat(timespec="seconds")
        return f"number {self.number}: {self.state} by {self.changed_by} at {when}"
