"""The ledger of one dual write: announce both sides, write, read back, confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sparkguard import sink
from sparkguard.datatypes import from_json
from sparkguard.results.shadow import ShadowStore
from sparkguard.shadow.columns import align
from sparkguard.shadow.config import ShadowConfig
from sparkguard.shadow.differences import Fingerprint
from sparkguard.shadow.ledger import LedgerRow, Status
from sparkguard.shadowing.compare import CONTROL, SHADOW, fingerprint_of
from sparkguard.situation import is_in
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

DEADLINE = timedelta(hours=6)


@dataclass(frozen=True)
class Write:
    """One confirmed write: the version it made, and a fingerprint of what was read back."""

    version: int
    fingerprint: Fingerprint


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

    def write(self, side: str, frame: DataFrame) -> Write:
        """Writes one side, reads it back, and confirms it.

        Raises EvaluationError when what is read back has other rows than were counted.
        """
        config = self.config
        target = config.control if side == CONTROL else config.shadow
        part = None if self.partition.is_whole else is_in(self.partition)
        metadata = f"sparkguard shadow {config.name} {self.run_id} {self.partition.key}"
        version = sink.replace_part(frame, target, part, self._app(side), metadata)
        self._add(side, Status.COMMITTED, commit_version=version)
        back = Snapshot.pin(self.spark, {side: target}, {side: version})
        rows = back.frame(side).where(part.text) if part is not None else back.frame(side)
        schema = from_json(rows.schema.jsonValue())
        print_ = fingerprint_of(rows, align(schema, schema, config.key, config.columns))
        self._add(
            side,
            Status.CONFIRMED,
            commit_version=version,
            rows=print_.rows,
            fingerprint=str(print_),
        )
        return Write(version, print_)

    def failed(self, side: str, reason: str) -> None:
        self._add(side, Status.FAILED, reason=reason)

    def rows(self) -> list[LedgerRow]:
        return self.written

    def _app(self, side: str) -> str:
        return f"sparkguard/shadow/{self.config.name}/{side}/{self.run_id}"

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
        self.written.append(row)
        self.store.announce(row)
