"""Rows of the shadow tables: verdicts with what they rest on, and waivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sparkguard.results.records import TransitionRow
from sparkguard.shadow_rules.machine import Entry
from sparkguard.shadow_rules.verdict import Counter, PartitionOutcome, PartitionVerdict, Waiver
from sparkguard.slices import Slice

TABLE_ID = "table of "
"""Before a side's name: the key of its Delta table id in the `configuration` of a verdict."""


@dataclass(frozen=True)
class Provenance:
    """What a comparison rests on, beside the two tables."""

    run_id: str
    shadow: str
    kind: str
    code: str
    at: datetime
    control_version: int | None = None
    shadow_version: int | None = None
    control_inputs: Mapping[str, int] = field(default_factory=dict)
    shadow_inputs: Mapping[str, int] = field(default_factory=dict)
    strata: frozenset[str] = frozenset()
    configuration: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredVerdict:
    """A stored verdict, as far as promotion needs it.

    `tables` are Delta's ids of the tables by side; earlier releases stored none.
    """

    kind: str
    run_id: str
    entry: Entry
    reason: str
    causes: tuple[str, ...]
    faults: Mapping[str, bool]
    control_version: int | None
    shadow_version: int | None
    tables: Mapping[str, str] = field(default_factory=dict)

    def is_of(self, tables: Mapping[str, str]) -> bool:
        """False when it speaks of other tables than these, by Delta's ids."""
        return all(id_ == tables.get(side, id_) for side, id_ in self.tables.items())


def verdict_row(verdict: PartitionVerdict, origin: Provenance) -> Mapping[str, Any]:
    """A verdict as a row of `shadow_verdicts`."""
    row: dict[str, Any] = {
        **vars(origin),
        "partition": verdict.partition.key,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "strata": sorted(origin.strata),
        "breaches": [
            (b.counter.value, float(b.found), b.reason, b.column, b.waived_by)
            for b in verdict.breaches
        ],
    }
    seen = verdict.comparison
    if seen is None:
        return row
    rows, retyped = seen.differences.rows, seen.retyped_rows
    named = sorted({*seen.differences.columns, *retyped})
    row |= {
        "rows_control": rows.control,
        "rows_shadow": rows.shadow,
        "fingerprint_control": str(seen.control),
        "fingerprint_shadow": str(seen.shadow),
        "false_match": (rows.control + rows.shadow + 1) * 2.0**-64,
        "missing_in_shadow": list(seen.columns.only_in_control),
        "missing_in_control": list(seen.columns.only_in_shadow),
        "excluded": dict(seen.columns.ignored),
        "causes": list(seen.causes),
        "columns_compared": len(seen.columns.compared),
        "columns_total": seen.columns.total,
        "columns": [
            (
                name,
                *seen.differences.of(name).cells()[:3],
                retyped.get(name, 0),
                *seen.differences.of(name).cells()[3:],
            )
            for name in named
        ],
    }
    for what in ("identical", "within", "different", "only_in_control", "only_in_shadow"):
        row[what] = getattr(rows, what)
    for what in ("repeated_in_control", "repeated_in_shadow"):
        row[what] = getattr(rows, what)
    return row


def agree(row: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """True when a stored row says the same of the same rows; of a hole, for the same reason."""
    names = ["outcome", "code", "fingerprint_control", "fingerprint_shadow"]
    if PartitionOutcome(row["outcome"]).is_hole:
        names.append("reason")
    faults = dict(row["faults"]) == (held["faults"] or {})
    return faults and all(row.get(name) == held[name] for name in names)


def stored_verdict(row: Mapping[str, Any]) -> StoredVerdict:
    """A row of `shadow_verdicts`."""
    rows = row["rows_control"] or 0
    excluded = len(row["excluded"] or {})
    session = row["configuration"] or {}
    entry = Entry(
        partition=Slice.parse(row["partition"]),
        outcome=PartitionOutcome(row["outcome"]),
        code=row["code"],
        at=row["at"],
        rows=rows,
        rows_total=rows,
        columns=row["columns_compared"] or 0,
        columns_total=(row["columns_total"] or 0) - excluded,
        strata=frozenset(row["strata"] or ()),
    )
    return StoredVerdict(
        row["kind"],
        row["run_id"],
        entry,
        row["reason"],
        tuple(row["causes"] or ()),
        row["faults"] or {},
        row["control_version"],
        row["shadow_version"],
        {k.removeprefix(TABLE_ID): v for k, v in session.items() if k.startswith(TABLE_ID)},
    )


def stored_waiver(row: TransitionRow) -> Waiver:
    """The change of state that a waiver is stored as."""
    found = row.details
    return Waiver(
        name=found["name"],
        owner=row.changed_by,
        reason=row.reason,
        partition=Slice.parse(found["partition"]),
        counter=Counter(found["counter"]),
        bound=float(found["bound"]),
        expires=date.fromisoformat(found["expires"]),
        column=found["column"],
    )
