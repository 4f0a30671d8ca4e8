"""The ledger of one dual write: announce both sides, write, read back, confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from sparkguard import sink
from sparkguard.errors import StoreError
from sparkguard.kinds import fingerprint
from sparkguard.relations.shadow_sides import SIDES
from sparkguard.results.shadow import ShadowStore
from sparkguard.shadow.comparison import CONTROL
from sparkguard.shadow_rules.config import ShadowConfig
from sparkguard.shadow_rules.differences import Fingerprint
from sparkguard.shadow_rules.ledger import LedgerRow, Status, mismatch
from sparkguard.slices import Slice
from sparkguard.sql.slices import is_in
from sparkguard.tables import Pinned

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

DEADLINE = timedelta(hours=6)


@dataclass
class LedgerSteps:
    """The ledger of one run and partition: announce, write, confirm.

    `tables` are both sides as they were read back.
    """

    config: ShadowConfig
    store: ShadowStore
    run_id: str
    partition: Slice
    inputs: Mapping[str, int]
    written: list[LedgerRow] = field(default_factory=list)
    tables: Mapping[str, Pinned] = field(default_factory=dict)

    def intend(self) -> None:
        self._add(*(self._row(side, Status.INTENT) for side in SIDES))

    def write(self, side: str, frame: DataFrame) -> sink.Commit:
        """Writes one side, once per run, partition and versions of the inputs."""
        commit = sink.replace_part(
            frame,
            self.config.control if side == CONTROL else self.config.shadow,
            None if self.partition.is_whole else is_in(self.partition),
            self._app(side),
            f"sparkguard shadow {self.config.name} {self.run_id} {self.partition.key} {self._read}",
            self.config.partition,
        )
        self._add(
            self._row(side, Status.COMMITTED, commit_version=commit.version, rows=commit.rows)
        )
        return commit

    def confirm(self, side: str, commit: sink.Commit, read: Fingerprint) -> None:
        """Compares what was read back at the commit's version with what Delta says it wrote."""
        if reason := mismatch(commit.rows, read.rows):
            self.failed(side, reason)
            return
        cells = {"commit_version": commit.version, "rows": read.rows, "fingerprint": str(read)}
        self._add(self._row(side, Status.CONFIRMED, **cells))

    def failed(self, side: str, reason: str) -> None:
        self._add(self._row(side, Status.FAILED, reason=reason))

    def _app(self, side: str) -> str:
        parts = (self.config.name, side, self.run_id, self.partition.key, self._read)
        return f"sparkguard/shadow/{'/'.join(quote(part, safe='') for part in parts)}"

    @property
    def _read(self) -> str:
        """Stands for the input versions: rows made of others are another write."""
        return fingerprint(self.inputs)[:16]

    def _row(self, side: str, status: Status, **more: object) -> LedgerRow:
        now = self.store.clock.now()
        return LedgerRow(
            run_id=self.run_id,
            shadow=self.config.name,
            partition=self.partition,
            sink=side,
            status=status,
            at=now,
            deadline=now + DEADLINE,
            txn_app_id=self._app(side),
            input_versions=dict(self.inputs),
            **more,  # type: ignore[arg-type]
        )

    def _add(self, *rows: LedgerRow) -> None:
        try:
            self.store.announce(*rows)
        except StoreError:
            # Production goes on without its ledger; the pair then counts as diverged.
            return
        self.written.extend(rows)
