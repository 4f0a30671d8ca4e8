"""How a write is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkguard.errors import SparkGuardError
from sparkguard.gate.objections import Objection
from sparkguard.gate.prediction import Effect
from sparkguard.tables import TableRef
from sparkguard.verdicts import Verdict

REASONS = "sparkguard_reasons"
"""Column of a quarantine table: the ids of the rules a row breaks."""


@dataclass(frozen=True)
class GateOptions:
    """How a DataFrame is to be written, and what the gate may do about bad rows.

    `table` names the contract's table, where it has several. `quarantine` takes rows that break
    rules on rows; without it any such row refuses the whole write. `tables` are those that
    references point to. With `fill_missing`, nullable columns may be left out. `staging` is the
    folder of the table that the DataFrame is evaluated into, beside the target by default.
    """

    table: str | None = None
    merge_schema: bool = False
    fill_missing: bool = False
    quarantine: TableRef | None = None
    tables: Mapping[str, TableRef] = field(default_factory=dict)
    staging: str | None = None
    write_id: str | None = None


@dataclass(frozen=True)
class GateResult:
    """What the gate found and did. Row counts are None where no row was computed."""

    contract: str
    version: str
    target: str
    accepted: bool
    objections: tuple[Objection, ...] = ()
    warnings: tuple[Effect, ...] = ()
    failed: tuple[Verdict, ...] = ()
    unjudged: tuple[Verdict, ...] = ()
    write_id: str = ""
    rows_staged: int | None = None
    rows_written: int | None = None
    rows_quarantined: int | None = None
    target_version: int | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it was refused, in sentences."""
        return (
            *map(str, self.objections),
            *(f"{v.check}: {v.reason or v.outcome.value}" for v in self.failed),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "contract": self.contract,
            "version": self.version,
            "target": self.target,
            "accepted": self.accepted,
            "objections": [{"path": list(o.path), "text": o.text} for o in self.objections],
            "warnings": [
                {"kind": w.kind, "path": list(w.path), "text": w.text} for w in self.warnings
            ],
            "failed": [_verdict(v) for v in self.failed],
            "unjudged": [_verdict(v) for v in self.unjudged],
            "write_id": self.write_id,
            "rows_staged": self.rows_staged,
            "rows_written": self.rows_written,
            "rows_quarantined": self.rows_quarantined,
            "target_version": self.target_version,
        }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "check": verdict.check,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "rows": verdict.rows,
        "violations": verdict.violations,
    }


class Refused(SparkGuardError):
    """The gate let nothing through; `result` says why."""

    exit_code = 1

    def __init__(self, result: GateResult) -> None:
        self.result = result
        super().__init__(
            f"{result.target}: refused by contract {result.contract} {result.version}: "
            + "; ".join(result.reasons[:20])
        )
