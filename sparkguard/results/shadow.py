"""Verdicts, ledger and waivers of shadows in Delta."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sparkguard import sql
from sparkguard.ports import Clock, Ids
from sparkguard.results import setup
from sparkguard.results.access import Writer
from sparkguard.results.location import Location
from sparkguard.results.records import TransitionRow
from sparkguard.results.rows import cells_of, frame_of, restamped, version_stamps
from sparkguard.results.schemas import Table
from sparkguard.results.schemas.shadow import SHADOW_LEDGER, SHADOW_VERDICTS
from sparkguard.results.store import Store
from sparkguard.shadow_rules.ledger import LedgerRow, Status
from sparkguard.shadow_rules.machine import Entry, State
from sparkguard.shadow_rules.verdict import Counter, PartitionOutcome, PartitionVerdict, Waiver
from sparkguard.slices import Slice

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KIND = "shadow"
WAIVER = "shadow_waiver"
_MOST = 100_000


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
class Stored:
    """A stored verdict, as far as promotion needs it."""

    kind: str
    run_id: str
    entry: Entry
    reason: str
    causes: tuple[str, ...]
    faults: Mapping[str, bool]
    control_version: int | None
    shadow_version: int | None


class ShadowStore:
    """The shadow tables of a result store."""

    def __init__(
        self,
        spark: SparkSession,
        location: Location | str,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        writer: Writer | None = None,
    ) -> None:
        self.store = Store(spark, location, clock=clock, ids=ids, writer=writer)
        self._access = self.store.access
        self.clock, self.ids = self._access.clock, self._access.ids

    def check(self) -> None:
        """Raises ConfigurationError with the fix unless the tables can be used."""
        setup.check(self._access, (SHADOW_VERDICTS.name, SHADOW_LEDGER.name, "transitions"))

    def record(self, verdict: PartitionVerdict, origin: Provenance) -> None:
        """Stores a verdict once for its run, kind and partition."""
        app = "/".join(map(_quoted, (origin.shadow, origin.run_id, origin.kind)))
        row = verdict_row(verdict, origin)
        self._append(SHADOW_VERDICTS, [row], f"{app}/{_quoted(verdict.partition.key)}")

    def verdicts(self, shadow: str) -> tuple[Stored, ...]:
        """All verdicts of a shadow, oldest first."""
        rows = self._rows(SHADOW_VERDICTS, shadow)
        return tuple(sorted(map(_stored, rows), key=lambda s: s.entry.at))

    def announce(self, *rows: LedgerRow) -> None:
        """Stores the same step of one or both writes of a pair, once."""
        first, sinks = rows[0], "+".join(row.sink for row in rows)
        parts = (first.shadow, first.run_id, first.partition.key, sinks, first.status.value)
        cells = (
            {**vars(row), "partition": row.partition.key, "status": row.status.value}
            for row in rows
        )
        self._append(SHADOW_LEDGER, cells, "/".join(map(_quoted, parts)))

    def ledger(self, shadow: str) -> tuple[LedgerRow, ...]:
        """All steps of all writes of a shadow."""
        names = LedgerRow.__dataclass_fields__
        return tuple(
            LedgerRow(
                **{
                    **{k: v for k, v in row.items() if k in names},
                    "partition": Slice.parse(row["partition"]),
                    "status": Status(row["status"]),
                    "reason": row["reason"] or "",
                    "fingerprint": row["fingerprint"] or "",
                    "input_versions": row["input_versions"] or {},
                }
            )
            for row in self._rows(SHADOW_LEDGER, shadow)
        )

    def state(self, shadow: str) -> tuple[State | None, int, tuple[TransitionRow, ...]]:
        """The present state, its number, and every change."""
        changes = self.store.changes(shadow, KIND)
        last = changes[-1] if changes else None
        return (State(last.state) if last else None, last.number if last else 0, changes)

    def change(
        self,
        shadow: str,
        seen: int,
        to: State,
        by: str,
        reason: str,
        details: Mapping[str, str],
    ) -> TransitionRow:
        """Appends a change to the state with the number `seen`, 0 for none.

        Raises Conflict when that is no longer the present state.
        """
        return self.store.transition(shadow, KIND, seen + 1, to.value, by, reason, details)

    def waive(self, shadow: str, waiver: Waiver) -> TransitionRow:
        """Stores a waiver; one of the same name replaces the earlier one."""
        subject = f"{shadow}/{waiver.name}"
        last = self.store.state(subject, WAIVER)
        details = {
            "shadow": shadow,
            "name": waiver.name,
            "partition": waiver.partition.key,
            "counter": waiver.counter.value,
            "column": waiver.column,
            "bound": repr(waiver.bound),
            "expires": waiver.expires.isoformat(),
        }
        number = (last.number if last else 0) + 1
        args = (subject, WAIVER, number, "open", waiver.owner, waiver.reason, details)
        return self.store.transition(*args)

    def waivers(self, shadow: str) -> tuple[Waiver, ...]:
        """All waivers of a shadow, expired ones too, by name."""
        rows = self.store.states(WAIVER).values()
        return tuple(_waiver(row) for row in rows if row.details.get("shadow") == shadow)

    def _rows(self, table: Table, shadow: str) -> list[dict[str, Any]]:
        same = sql.template("shadow = {}", sql.literal(shadow))
        frame = self._access.load(table).where(same.text)
        return self._access.collect(frame, table.name, _MOST)

    def _append(self, table: Table, rows: Iterable[Mapping[str, Any]], app: str) -> None:
        stamps = version_stamps(table, self.clock.now())
        cells = restamped(table, [cells_of(table, row) for row in rows], stamps)
        frame = frame_of(self._access.spark, table, cells)
        self._access.append(table, frame, f"sparkguard/{table.name}/{app}")


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


def _stored(row: Mapping[str, Any]) -> Stored:
    rows = row["rows_control"] or 0
    excluded = len(row["excluded"] or {})
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
    return Stored(
        row["kind"],
        row["run_id"],
        entry,
        row["reason"],
        tuple(row["causes"] or ()),
        row["faults"] or {},
        row["control_version"],
        row["shadow_version"],
    )


def _waiver(row: TransitionRow) -> Waiver:
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


def _quoted(text: str) -> str:
    return quote(text, safe="")


def evidence_of(values: Mapping[str, Any] | Iterable[Any]) -> str:
    """Plain data as compact JSON, for the details of a change."""
    return json.dumps(values, separators=(",", ":"), sort_keys=True, default=str)
