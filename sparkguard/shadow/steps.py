"""The ledger of one dual write: announce both sides, write, read back, confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from sparkguard import sink, sql
from sparkguard.datatypes import from_json
from sparkguard.errors import StoreError
from sparkguard.results.shadow import ShadowStore
from sparkguard.shadow.compare import CONTROL, SHADOW, fingerprint_of
from sparkguard.shadow_rules.columns import align
from sparkguard.shadow_rules.config import ShadowConfig
from sparkguard.shadow_rules.ledger import LedgerRow, Status
from sparkguard.situation import is_in
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

DEADLINE = timedelta(hours=6)


@dataclass
class LedgerSteps:
    """The ledger of one run: announce, write, confirm."""

    spark: SparkSession
    config: ShadowConfig
    store: ShadowStore
    run_id: str
    partition: Slice
    versions: Mapping[str, int]
    written: list[LedgerRow] = field(default_factory=list)

    def intend(self) -> None:
        for side in (CONTROL, SHADOW):
            self._add(side, Status.INTENT)

    def write(self, side: str, frame: DataFrame) -> int:
        """Writes one side, once per run and partition, and returns the version that it made."""
        metadata = f"sparkguard shadow {self.config.name} {self.run_id} {self.partition.key}"
        target = self._target(side)
        version = sink.replace_part(frame, target, self._part, self._app(side), metadata)
        self._add(side, Status.COMMITTED, commit_version=version)
        return version

    def confirm(self, side: str, version: int) -> None:
        """Reads one side back at the version it wrote, and records its fingerprint."""
        config, target = self.config, self._target(side)
        back = Snapshot.pin(self.spark, {side: target}, {side: version})
        rows = back.frame(side)
        rows = rows if self._part is None else rows.where(self._part.text)
        schema = from_json(rows.schema.jsonValue())
        print_ = fingerprint_of(rows, align(schema, schema, config.key, config.columns))
        self._add(
            side,
            Status.CONFIRMED,
            commit_version=version,
            rows=print_.rows,
            fingerprint=str(print_),
        )

    def failed(self, side: str, reason: str) -> None:
        self._add(side, Status.FAILED, reason=reason)

    @property
    def _part(self) -> sql.Sql | None:
        return None if self.partition.is_whole else is_in(self.partition)

    def _target(self, side: str) -> TableRef:
        return self.config.control if side == CONTROL else self.config.shadow

    def _app(self, side: str) -> str:
        parts = (self.config.name, side, self.run_id, self.partition.key)
        return f"sparkguard/shadow/{'/'.join(quote(part, safe='') for part in parts)}"

    def _add(self, side: str, status: Status, **more: object) -> None:
        now = self.store.clock.now()
        row = LedgerRow(
            run_id=self.run_id,
            shadow=self.config.name,
            partition=self.partition,
            sink=side,
            status=status,
            at=now,
            deadline=now + DEADLINE,
            txn_app_id=self._app(side),
            input_versions=dict(self.versions),
            **more,  # type: ignore[arg-type]
        )
        try:
            self.store.announce(row)
        except StoreError:
            # Production goes on without its ledger; the pair then counts as diverged.
            return
        self.written.append(row)
