"""Verdicts, ledger and waivers of shadows in Delta."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sparkguard import sql
from sparkguard.errors import StoreError
from sparkguard.ports import Clock, Ids
from sparkguard.results import setup
from sparkguard.results.access import Writer
from sparkguard.results.records import TransitionRow
from sparkguard.results.rows import cells_of, frame_of, restamped, version_stamps
from sparkguard.results.schemas import Table
from sparkguard.results.schemas.shadow import SHADOW_LEDGER, SHADOW_VERDICTS
from sparkguard.results.shadow_rows import (
    Provenance,
    StoredVerdict,
    agree,
    stored_verdict,
    stored_waiver,
    verdict_row,
)
from sparkguard.results.store import Store
from sparkguard.shadow_rules.ledger import LedgerRow, Status
from sparkguard.shadow_rules.machine import State
from sparkguard.shadow_rules.verdict import PartitionOutcome, PartitionVerdict, Waiver
from sparkguard.slices import Slice
from sparkguard.tables import ResultsPlace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KIND = "shadow"
WAIVER = "shadow_waiver"
_MOST = 100_000
_ATTEMPTS = 10
"""Of one verdict: each finds another hole of the same run, or none, in its place."""


class ShadowStore:
    """The shadow tables of a result store."""

    def __init__(
        self,
        spark: SparkSession,
        location: ResultsPlace | str,
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
        """Stores a verdict once for its run, kind and partition; a later one replaces a hole.

        Raises StoreError when the run has come to another verdict before, which stays.
        """
        row = verdict_row(verdict, origin)
        cells = {name: row[name] for name in ("run_id", "kind", "partition")}
        app = "/".join(map(_quoted, (origin.shadow, *cells.values())))
        version = 1
        for _ in range(_ATTEMPTS):
            self._append(SHADOW_VERDICTS, [row], app, version)
            # Delta drops a pair of app and version that it holds, and says nothing.
            held = self._rows(SHADOW_VERDICTS, origin.shadow, **cells)
            told = [one for one in held if not PartitionOutcome(one["outcome"]).is_hole]
            if any(agree(row, one) for one in told or held):
                return
            if told:
                raise StoreError(
                    f"run {origin.run_id} has found {verdict.partition} {told[0]['outcome']} "
                    f"before, now {verdict.outcome.value}: {verdict.reason}; "
                    "give another run id to what is compared anew"
                )
            version = max(version, len(held)) + 1
        raise StoreError(f"the verdict of run {origin.run_id} on {verdict.partition} is not stored")

    def verdicts(self, shadow: str) -> tuple[StoredVerdict, ...]:
        """All verdicts of a shadow, oldest first."""
        rows = self._rows(SHADOW_VERDICTS, shadow)
        return tuple(sorted(map(stored_verdict, rows), key=lambda s: s.entry.at))

    def announce(self, *rows: LedgerRow) -> None:
        """Stores the same step of one or both writes of a pair, once."""
        first, sinks = rows[0], "+".join(row.sink for row in rows)
        parts = (first.shadow, first.run_id, first.partition.key, sinks, first.status.value)
        cells = (
            {**vars(row), "partition": row.partition.key, "status": row.status.value}
            for row in rows
        )
        self._append(SHADOW_LEDGER, cells, "/".join(map(_quoted, parts)))

    def announced(self, shadow: str, run_id: str, partition: Slice) -> Mapping[str, int]:
        """The input versions with which a run began to write a partition; none if it did not."""
        rows = self._rows(
            SHADOW_LEDGER, shadow, run_id=run_id, partition=partition.key, status="intent"
        )
        return dict(rows[0]["input_versions"] or {}) if rows else {}

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
        return tuple(stored_waiver(row) for row in rows if row.details.get("shadow") == shadow)

    def _rows(self, table: Table, shadow: str, **cells: str) -> list[dict[str, Any]]:
        same = sql.all_of(
            sql.template("{} = {}", sql.name(name), sql.literal(value))
            for name, value in {"shadow": shadow, **cells}.items()
        )
        frame = self._access.load(table).where(same.text)
        return self._access.collect(frame, table.name, _MOST)

    def _append(
        self, table: Table, rows: Iterable[Mapping[str, Any]], app: str, version: int = 1
    ) -> None:
        stamps = version_stamps(table, self.clock.now())
        cells = restamped(table, [cells_of(table, row) for row in rows], stamps)
        frame = frame_of(self._access.spark, table, cells)
        self._access.append(table, frame, f"sparkguard/{table.name}/{app}", version)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def evidence_of(values: Mapping[str, Any] | Iterable[Any]) -> str:
    """Plain data as compact JSON, for the details of a change."""
    return json.dumps(values, separators=(",", ":"), sort_keys=True, default=str)
