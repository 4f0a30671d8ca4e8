"""The Python call around a job: production first, then the candidate, then the comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sparkguard import sink
from sparkguard.conditions import condition_of
from sparkguard.errors import SparkGuardError, StoreError
from sparkguard.ports import Clock, Ids
from sparkguard.relations.base import Tables
from sparkguard.results.shadow import ShadowStore
from sparkguard.results.shadow_rows import TABLE_ID, Provenance
from sparkguard.shadow.comparison import CONTROL, SHADOW, Settings, compare_frames
from sparkguard.shadow.seeding import seeded, told
from sparkguard.shadow.steps import LedgerSteps
from sparkguard.shadow_rules.columns import align
from sparkguard.shadow_rules.config import ShadowConfig
from sparkguard.shadow_rules.ledger import (
    PairStatus,
    last_pairs,
    last_touching,
    pair,
    pairs,
    unconfirmed,
)
from sparkguard.shadow_rules.machine import strata_of
from sparkguard.shadow_rules.verdict import PartitionVerdict, errored, void, void_inputs
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot, setting
from sparkguard.tables import Pinned, TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Job = Callable[[Tables], "DataFrame"]
"""A pipeline: it gets pinned inputs by name and returns its output, lazily."""


@dataclass(frozen=True)
class ShadowResult:
    """What one run came to. `control_version` is what production wrote, also when all else failed.

    `candidate_error` is Spark's error class or the Python class, where the candidate failed.
    """

    run_id: str
    verdict: PartitionVerdict
    control_version: int
    shadow_version: int | None = None
    candidate_error: str = ""


class ShadowRun:
    """Runs and compares one shadow; every step is recorded."""

    def __init__(
        self,
        spark: SparkSession,
        config: ShadowConfig,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> None:
        self.spark = spark
        self.config = config
        self.store = ShadowStore(spark, config.results, clock=clock, ids=ids)
        self._clock = self.store.clock

    def run(
        self,
        production: Job,
        candidate: Job,
        inputs: Mapping[str, TableRef],
        partition: Slice = WHOLE,
        *,
        run_id: str | None = None,
        strata: Iterable[str] = (),
    ) -> ShadowResult:
        """Writes a partition with both pipelines on the same pinned inputs, and compares.

        Production is written first and its failure is raised as it is. A failing candidate or
        comparison is recorded and returned, never raised. Repeating a `run_id` reads the input
        versions with which the run began, and writes nothing again. Before anything is written,
        raises SnapshotError when an input can't be read and ConfigurationError when the result
        tables are missing; afterwards, StoreError when the verdict can't be stored.
        """
        self._ready()
        begun = {} if run_id is None else self._announced(run_id, partition)
        run_id = run_id or self.store.ids.new()
        snapshot = Snapshot.pin(self.spark, inputs, begun)
        versions = {name: snapshot[name].version for name in inputs}
        steps = LedgerSteps(self.config, self.store, run_id, partition, versions)
        steps.intend()
        try:
            control = steps.write(CONTROL, production(snapshot))
        except Exception as error:
            steps.failed(CONTROL, condition_of(error))
            raise
        verdict, shadow, failure = errored(partition, ""), None, ""
        try:
            shadow = steps.write(SHADOW, candidate(snapshot))
        except Exception as error:
            failure = condition_of(error)
            steps.failed(SHADOW, failure)
            verdict = errored(partition, f"the candidate failed with {failure}")
        if shadow is not None:
            verdict = self._judged(steps, {CONTROL: control, SHADOW: shadow})
        origin = self.origin("partition", run_id, partition, verdict, steps.tables, strata)
        shadow_version = shadow.version if shadow else None
        origin = replace(
            origin,
            control_version=control.version,
            shadow_version=shadow_version,
            control_inputs=versions,
            shadow_inputs=versions,
        )
        self.store.record(verdict, origin)
        return ShadowResult(run_id, verdict, control.version, shadow_version, failure)

    def compare(
        self,
        control_inputs: Mapping[str, int] | None,
        shadow_inputs: Mapping[str, int] | None,
        partition: Slice | None = None,
        *,
        run_id: str | None = None,
        versions: Mapping[str, int] | None = None,
        strata: Iterable[str] = (),
    ) -> Mapping[Slice, PartitionVerdict]:
        """Compares outputs that are written already, by partition, and records the verdicts.

        The inputs are the Delta versions that either side was built on. Where they differ or
        are unknown the verdicts are VOID, and so is that of a partition whose last dual write
        is not confirmed. `versions` pins `control` and `shadow`.
        """
        run_id = run_id or self.store.ids.new()
        snapshot = self.pinned(versions)
        expected = (partition,) if partition is not None else self.partitions(snapshot)
        reason = void_inputs(control_inputs, shadow_inputs)
        if reason:
            found: Mapping[Slice, PartitionVerdict] = {p: void(p, reason) for p in expected}
        else:
            found = self._unconfirmed(self._compared(snapshot, partition, expected))
        for where, verdict in found.items():
            origin = self.origin("partition", run_id, where, verdict, snapshot.pinned, strata)
            self.store.record(
                verdict,
                replace(
                    origin,
                    control_version=snapshot[CONTROL].version,
                    shadow_version=snapshot[SHADOW].version,
                    control_inputs=dict(control_inputs or {}),
                    shadow_inputs=dict(shadow_inputs or {}),
                ),
            )
        return found

    def noise(self, again: TableRef, run_id: str | None = None) -> PartitionVerdict:
        """Compares the control with a second run of itself on the same inputs.

        VOID when keys or row counts differ; DIRTY when a column differs that is neither
        tolerant nor ignored. Either blocks the shadow until it is mended.
        """
        run_id = run_id or self.store.ids.new()
        snapshot = Snapshot.pin(self.spark, {CONTROL: self.config.control, SHADOW: again})
        whole = replace(self.settings(), by=(), within=WHOLE, examples=0)
        schemas = snapshot[CONTROL].schema, snapshot[SHADOW].schema
        verdict = compare_frames(snapshot, *schemas, whole)[WHOLE]
        rows = verdict.comparison.differences.rows if verdict.comparison else None
        if rows is not None and rows.wrong > rows.different:
            verdict = void(
                WHOLE, f"control disagrees with itself on keys or rows: {verdict.reason}"
            )
        tables = {CONTROL: snapshot[CONTROL]}
        self.store.record(verdict, self.origin("noise", run_id, WHOLE, verdict, tables))
        return verdict

    def sensitivity(self, partition: Slice, run_id: str | None = None) -> Mapping[str, bool]:
        """Whether each seeded fault is detected, on a sample of the shadow's partition.

        Those that no column, or too few rows, can hold are left out. Raises as `seeded`.
        """
        run_id = run_id or self.store.ids.new()
        snapshot = Snapshot.pin(self.spark, {SHADOW: self.config.shadow})
        schema = snapshot[SHADOW].schema
        aligned = align(schema, schema, self.config.key, self.config.columns)
        found = seeded(snapshot.frame(SHADOW), schema, aligned, self.settings(), partition)
        verdict = told(found, partition)
        origin = self.origin("sensitivity", run_id, partition, verdict, snapshot.pinned)
        self.store.record(verdict, replace(origin, faults=found))
        return found

    def partitions(self, snapshot: Snapshot | None = None) -> tuple[Slice, ...]:
        """The control's partitions; the whole table when it has none."""
        if not self.config.partition:
            return (WHOLE,)
        snapshot = snapshot or self.pinned(sides=(CONTROL,))
        return tuple(snapshot.slice_values(CONTROL, self.config.partition))

    def pinned(
        self,
        versions: Mapping[str, int] | None = None,
        sides: tuple[str, ...] = (CONTROL, SHADOW),
    ) -> Snapshot:
        """Both tables at the given versions, or at the present ones."""
        refs = {CONTROL: self.config.control, SHADOW: self.config.shadow}
        return Snapshot.pin(self.spark, {side: refs[side] for side in sides}, versions)

    def settings(self) -> Settings:
        config = self.config
        return Settings(
            key=config.key,
            by=config.partition,
            columns=config.columns,
            rules=config.rules,
            populations=config.populations,
            texts=config.name_values,
            examples=config.examples.wanted,
        )

    def origin(
        self,
        kind: str,
        run_id: str,
        partition: Slice,
        verdict: PartitionVerdict,
        tables: Mapping[str, Pinned],
        strata: Iterable[str] = (),
    ) -> Provenance:
        """What is recorded beside a verdict: code, time, session, tables by side, and strata."""
        seen = verdict.comparison
        rows = seen.control.rows if seen else -1
        auto = strata_of(self.config.period_of(partition), rows, self.config.zone)
        names = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled")
        session = {name: setting(self.spark, name) or "" for name in names}
        session |= {f"{TABLE_ID}{side}": table.table_id for side, table in tables.items()}
        return Provenance(
            run_id,
            self.config.name,
            kind,
            self.config.code,
            self._clock.now(),
            strata=auto | frozenset(strata),
            configuration={**session, "spark": self.spark.version},
        )

    def _ready(self) -> None:
        try:
            self.store.check()
        except StoreError:
            # A store that can't be read now is no reason to hold production back.
            return

    def _announced(self, run_id: str, partition: Slice) -> Mapping[str, int]:
        try:
            return self.store.announced(self.config.name, run_id, partition)
        except Exception:
            # As above: a write goes by its input versions, so that one on others counts as new.
            return {}

    def _judged(self, steps: LedgerSteps, commits: Mapping[str, sink.Commit]) -> PartitionVerdict:
        """The verdict on what both sides wrote; VOID unless reading it back confirms the pair."""
        at = steps.partition
        try:
            snapshot = self.pinned({side: commit.version for side, commit in commits.items()})
            steps.tables = snapshot.pinned
            verdict = self._compared(snapshot, at, (at,))[at]
            if verdict.comparison is None:
                return verdict
            for side, commit in commits.items():
                steps.confirm(side, commit, getattr(verdict.comparison, side))
            held = pair(steps.written, self._clock.now())
            return verdict if held.status is PairStatus.CONFIRMED else void(at, held.reason)
        except Exception as error:
            what = str(error) if isinstance(error, SparkGuardError) else condition_of(error)
            return errored(at, f"the comparison failed: {what}")

    def _unconfirmed(
        self, found: Mapping[Slice, PartitionVerdict]
    ) -> Mapping[Slice, PartitionVerdict]:
        """`found`, but VOID for partitions whose last dual write is not a confirmed pair."""
        last = last_pairs(pairs(self.store.ledger(self.config.name), self._clock.now()))
        writes = ((partition, last_touching(last, partition)) for partition in found)
        reasons = ((partition, unconfirmed(write)) for partition, write in writes if write)
        return {**found, **{partition: void(partition, why) for partition, why in reasons if why}}

    def _compared(
        self, snapshot: Snapshot, partition: Slice | None, expected: tuple[Slice, ...]
    ) -> Mapping[Slice, PartitionVerdict]:
        settings = self.settings()
        if partition is not None:
            settings = replace(settings, by=(), within=partition)
        schemas = snapshot[CONTROL].schema, snapshot[SHADOW].schema
        waivers = self.store.waivers(self.config.name)
        on = self._clock.now().date()
        return compare_frames(
            snapshot, *schemas, settings, waivers=waivers, on=on, expected=expected
        )
