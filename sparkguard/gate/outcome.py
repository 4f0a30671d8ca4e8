"""How a write is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sparkguard.errors import ConfigurationError, SparkGuardError
from sparkguard.gate.objections import Objection, Weighed
from sparkguard.gate.prediction import Effect
from sparkguard.tables import TableRef
from sparkguard.verdicts import Outcome, Verdict

REASONS = "sparkguard_reasons"
"""Column of a quarantine table: the ids of the rules a row breaks."""


@dataclass(frozen=True)
class GateOptions:
    """How a DataFrame is to be written, and what the gate may do about bad rows.

    `table` names the contract's table, where it has several. `mode`, `merge_schema` and
    `overwrite_schema` are those of the write. `quarantine` takes rows that break rules on rows;
    without it any such row refuses the whole write. `tables` are those that references point to.
    With `fill_missing`, nullable columns that the table has may be left out. `staging` is the
    folder of the table that the DataFrame is evaluated into, beside the target by default. A
    write with a `write_id` is done once however often it is repeated.
    """

    table: str | None = None
    mode: Literal["append", "overwrite"] = "append"
    merge_schema: bool = False
    overwrite_schema: bool = False
    fill_missing: bool = False
    quarantine: TableRef | str | None = None
    tables: Mapping[str, TableRef | str] = field(default_factory=dict)
    staging: str | None = None
    write_id: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in ("append", "overwrite"):
            raise ConfigurationError(f"mode: found {self.mode!r}, allowed: append, overwrite")
        if self.overwrite_schema and self.mode != "overwrite":
            raise ConfigurationError("overwrite_schema takes mode overwrite")
        if self.write_id is not None and not self.write_id.strip():
            raise ConfigurationError("write_id is empty")

    def empties(self, rows: int) -> bool:
        """True when a write of that many rows would leave the table without one."""
        return self.mode == "overwrite" and not rows

    @property
    def parents(self) -> Mapping[str, TableRef]:
        """The tables that references point to, by name."""
        return {name: TableRef.of(table) for name, table in self.tables.items()}


@dataclass(frozen=True)
class GateResult:
    """What the gate found and did. Row counts are None where no row was computed.

    `failed` refuses the write, also where a rule could not be evaluated; `warned` and `unjudged`
    (what one batch can't show) do not.
    """

    contract: str
    version: str
    target: str
    accepted: bool
    objections: tuple[Objection, ...] = ()
    warnings: tuple[Effect, ...] = ()
    failed: tuple[Verdict, ...] = ()
    warned: tuple[Verdict, ...] = ()
    unjudged: tuple[Verdict, ...] = ()
    write_id: str = ""
    staged_version: int | None = None
    rows_staged: int | None = None
    rows_written: int | None = None
    rows_quarantined: int | None = None
    target_version: int | None = None

    def with_audit(self, weighed: Weighed, rows: int) -> GateResult:
        """The result after an audit of that many rows; accepted when nothing stops the write."""
        return replace(
            self,
            accepted=weighed.clean,
            failed=(*weighed.failed, *weighed.unable),
            warned=weighed.warned,
            unjudged=weighed.unjudged,
            rows_staged=rows,
        )

    def with_warning(self, effect: Effect) -> GateResult:
        """The result with one more thing to tell."""
        return replace(self, warnings=(*self.warnings, effect))

    @property
    def exit_code(self) -> int:
        """0 accepted, 1 refused, 3 when a rule could not be evaluated."""
        if any(verdict.outcome is Outcome.ERROR for verdict in self.failed):
            return 3
        return 0 if self.accepted else 1

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
            "warned": [_verdict(v) for v in self.warned],
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
    """The gate let nothing through; `result` says why. Its exit code is 1 or 3, as there."""

    def __init__(self, result: GateResult) -> None:
        self.result = result
        self.exit_code = result.exit_code
        super().__init__(
            f"{result.target}: refused by contract {result.contract} {result.version}: "
            + "; ".join(result.reasons[:20])
        )
