"""A shadow's whole life: dual runs, verdicts, waivers, promotion and rollback, on Delta."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard import sink
from sparkguard.errors import ConfigurationError, StoreError
from sparkguard.shadow import Promotion, ShadowRun
from sparkguard.shadow_rules.config import ShadowConfig
from sparkguard.shadow_rules.ledger import PairStatus, Status, pair
from sparkguard.shadow_rules.machine import Requirements, State
from sparkguard.shadow_rules.verdict import Counter, PartitionOutcome, Waiver
from sparkguard.slices import Slice
from sparkguard.tables import TableRef
from tests.stores import create_store


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=timezone.utc)

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def sleep(self, seconds: float, /) -> None:
        self.time += timedelta(seconds=seconds)


def month(number: int) -> Slice:
    return Slice.of({"month": str(number)})


def job(fault: str = "v", failing: bool = False) -> Any:
    def run(number: int) -> Any:
        def pipeline(tables: Any) -> Any:
            rows = tables.frame("events").where(f"month = {number}")
            if failing:
                return rows.selectExpr(
                    "id", "month", "CAST(raise_error('secret 17') AS BIGINT) AS v"
                )
            return rows.selectExpr("id", "month", f"{fault} AS v")

        return pipeline

    return run


@pytest.fixture(scope="module")
def results(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One result store for all tests, whose shadows have different names."""
    folder = str(tmp_path_factory.mktemp("shadow") / "results")
    create_store(spark, folder)
    return folder


@pytest.fixture
def setting(
    spark: Any, lake: Path, results: str, request: pytest.FixtureRequest
) -> tuple[ShadowConfig, Clock, dict[str, TableRef]]:
    events = spark.range(150).selectExpr("id", "CAST(id % 2 + 2 AS INT) AS month", "id * 2 AS v")
    events.write.format("delta").save(str(lake / "events"))
    config = ShadowConfig(
        name=request.node.name,
        control=TableRef(path=str(lake / "v1")),
        shadow=TableRef(path=str(lake / "v2")),
        results=results,
        key=("id",),
        partition=("month",),
        period="2013-{month}",
        zone="America/New_York",
        promotion=Requirements(clean=2, strata=("dst_day",), waived=0.5),
    )
    return config, Clock(), {"events": TableRef(path=str(lake / "events"))}


def test_a_shadow_is_held_mended_promoted_and_rolled_back(spark: Any, setting: Any) -> None:
    config, clock, inputs = setting
    runs, life = ShadowRun(spark, config, clock=clock), Promotion(spark, config, clock=clock)
    with pytest.raises(ConfigurationError, match="is not registered"):
        life.advance()
    life.register("ann")
    v1 = job()

    # A candidate that fails neither delays nor touches production.
    broken = runs.run(v1(2), job(failing=True)(2), inputs, month(2), run_id="r1")
    assert broken.verdict.outcome is PartitionOutcome.ERROR
    assert broken.candidate_error == "USER_RAISED_EXCEPTION"
    assert "secret" not in broken.verdict.reason
    live = spark.read.format("delta").load(str(config.control.path))
    assert live.count() == 75
    ledger = runs.store.ledger(config.name)
    assert pair(ledger, clock.now()).status is PairStatus.DIVERGED
    assert [r.status for r in ledger if r.sink == "shadow"].count(Status.FAILED) == 1

    faulty = job("if(id = 4, -1, v)")
    dirty = runs.run(v1(2), faulty(2), inputs, month(2), run_id="r2")
    assert dirty.verdict.outcome is PartitionOutcome.DIRTY
    assert dirty.verdict.breaches[0].column == "v"
    again = runs.run(v1(2), faulty(2), inputs, month(2), run_id="r2")
    assert (again.control_version, again.shadow_version) == (
        dirty.control_version,
        dirty.shadow_version,
    )
    assert len(runs.store.verdicts(config.name)) == 2
    with pytest.raises(ConfigurationError, match="0 of 2 clean partitions in a row"):
        life.promote("ann", "in a hurry")

    waiver = Waiver("w1", "ann", "known", month(2), Counter.VALUE, 1, date(2026, 1, 20), "v")
    life.waive(waiver)
    with pytest.raises(ConfigurationError, match="would have expired on 2025-01-01"):
        life.waive(replace(waiver, expires=date(2025, 1, 1)))
    assert runs.store.waivers(config.name) == (waiver,)
    found = runs.compare({"events": 0}, {"events": 0}, month(2))
    assert found[month(2)].outcome is PartitionOutcome.WAIVED
    status = life.status()
    assert (len(status.progress.streak), status.progress.waived) == (1, 1)
    assert status.progress.obstacles == (
        "1 of 2 clean partitions in a row",
        "1 of these are waived; 0.5 of them may be",
        "no clean partition with dst_day",
        "control was not yet compared with itself",
        "no faults were seeded yet",
    )

    # The second partition replaces nothing of the first.
    clean = runs.run(v1(3), job()(3), inputs, month(3))
    assert (clean.verdict.outcome, live.count()) == (PartitionOutcome.CLEAN, 150)
    assert runs.noise(config.control).outcome is PartitionOutcome.CLEAN
    faults = runs.sensitivity(month(3))
    assert set(faults) == {"dropped row", "duplicated row", "one unit", "2^53 against 2^53 + 1"}
    assert all(faults.values())
    assert life.advance() is State.OBSERVING
    assert life.advance() is State.ELIGIBLE
    clock.time = datetime(2026, 2, 1, tzinfo=timezone.utc)
    with pytest.raises(ConfigurationError, match="waiver w1 expired on 2026-01-20"):
        life.promote("ann", "ready")
    life.waive(replace(waiver, expires=date(2026, 3, 1)))
    with pytest.raises(ConfigurationError, match="records who decided it"):
        life.promote("", "ready")
    change = life.promote("ann", "ready")
    status = life.status()
    assert (status.state, change.changed_by) == (State.PROMOTED, "ann")
    assert status.serving == (config.shadow, int(change.details["version"]))
    back = life.rollback("bob", "alert 7")
    assert (back.state, life.status().serving) == ("rolled_back", (config.control, None))


def test_only_confirmed_writes_on_the_same_inputs_are_compared(
    spark: Any, setting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, clock, inputs = setting
    runs = ShadowRun(spark, config, clock=clock)
    runs.run(job()(2), job()(2), inputs, month(2))
    written = {(r.sink, r.status.value): r.rows for r in runs.store.ledger(config.name)}
    assert written == {
        (sink, status): rows
        for sink in ("control", "shadow")
        for status, rows in (("intent", None), ("committed", 75), ("confirmed", 75))
    }
    for control, shadow in (({"events": 0}, {"events": 1}), (None, {"events": 0})):
        found = runs.compare(control, shadow)
        assert {v.outcome for v in found.values()} == {PartitionOutcome.VOID}
    found = runs.compare({"events": 0}, {"events": 0})
    assert {p: v.outcome for p, v in found.items()} == {month(2): PartitionOutcome.CLEAN}

    # A run that dies before its verdict is stored leaves rows that the last verdict never saw.
    def died(*_: Any) -> None:
        raise StoreError("the verdict can't be written")

    with monkeypatch.context() as patch:
        patch.setattr(runs.store, "record", died)
        with pytest.raises(StoreError):
            runs.run(job()(2), job("v + 1")(2), inputs, month(2), run_id="late")
    progress = Promotion(spark, config, clock=clock).status().progress
    assert progress.outcomes == {month(2): PartitionOutcome.VOID}
    why = "partitions to run: month=2 (what run late wrote last was not compared)"
    assert why in progress.obstacles

    write = sink.replace_part

    def miscounted(*args: Any) -> sink.Commit:
        commit = write(*args)
        return replace(commit, rows=commit.rows and commit.rows + 1)

    monkeypatch.setattr(sink, "replace_part", miscounted)
    lost = runs.run(job()(2), job()(2), inputs, month(2)).verdict
    assert lost.outcome is PartitionOutcome.VOID
    assert "Delta's commit wrote 76 rows, 75 were read back" in lost.reason
    found = runs.compare({"events": 0}, {"events": 0})
    assert found[month(2)].outcome is PartitionOutcome.VOID
    assert "the last dual write is not confirmed" in found[month(2)].reason

    def unreachable(*_: Any) -> None:
        raise StoreError("the ledger can't be written")

    monkeypatch.setattr(runs.store, "announce", unreachable)
    alone = runs.run(job()(2), job("v + 1")(2), inputs, month(2))
    assert (alone.control_version, alone.verdict.outcome) == (3, PartitionOutcome.VOID)
    assert alone.verdict.reason == "nothing was announced for the control"


@pytest.mark.parametrize("announced", [True, False])
def test_a_repeated_run_compares_what_both_sides_made_of_the_same_inputs(
    spark: Any, setting: Any, monkeypatch: pytest.MonkeyPatch, announced: bool
) -> None:
    """Also where the first attempt could not tell the ledger which inputs it read."""
    config, clock, inputs = setting
    runs = ShadowRun(spark, config, clock=clock)

    def died(_: Any) -> Any:
        raise KeyboardInterrupt

    def unreachable(*_: Any) -> None:
        raise StoreError("the ledger can't be written")

    with monkeypatch.context() as patch:
        if not announced:
            patch.setattr(runs.store, "announce", unreachable)
        with pytest.raises(KeyboardInterrupt):
            runs.run(job()(2), died, inputs, month(2), run_id="nightly")
    events = spark.read.format("delta").load(str(inputs["events"].path))
    moved = events.selectExpr("id + 1000 AS id", "month", "v")
    moved.write.format("delta").mode("append").save(str(inputs["events"].path))

    result = runs.run(job()(2), job()(2), inputs, month(2), run_id="nightly")
    assert result.verdict.outcome is PartitionOutcome.CLEAN, result.verdict.reason
    rows = {(r.sink, r.rows) for r in runs.store.ledger(config.name) if r.rows}
    read, written = (0, 75) if announced else (1, 150)
    assert rows == {("control", written), ("shadow", written)}
    pins = {tuple(r.input_versions.items()) for r in runs.store.ledger(config.name)}
    assert pins == {(("events", read),)}
    live = spark.read.format("delta").load(str(config.control.path))
    assert live.count() == written


def test_a_run_that_is_repeated_after_its_candidate_failed_is_stored_as_told(
    spark: Any, setting: Any
) -> None:
    config, clock, inputs = setting
    runs = ShadowRun(spark, config, clock=clock)
    for candidate in (job(failing=True), job(), job()):
        result = runs.run(job()(2), candidate(2), inputs, month(2), run_id="nightly")
    assert result.verdict.outcome is PartitionOutcome.CLEAN
    stored = [s.entry.outcome for s in runs.store.verdicts(config.name)]
    assert stored == [PartitionOutcome.ERROR, PartitionOutcome.CLEAN]
    Promotion(spark, config, clock=clock).register("ann")
    progress = Promotion(spark, config, clock=clock).status().progress
    assert progress.outcomes == {month(2): PartitionOutcome.CLEAN}
    changed = spark.range(1).selectExpr("4L AS id", "2 AS month", "-1L AS v")
    changed.write.format("delta").mode("append").save(str(config.shadow.path))
    same = {"events": 0}
    with pytest.raises(StoreError, match="run nightly has found month=2 clean before, now dirty"):
        runs.compare(same, same, month(2), run_id="nightly")


def test_a_shadow_that_is_made_anew_has_shown_nothing(spark: Any, lake: Path, setting: Any) -> None:
    config, clock, inputs = setting
    runs, life = ShadowRun(spark, config, clock=clock), Promotion(spark, config, clock=clock)
    assert runs.run(job()(2), job()(2), inputs, month(2)).verdict.outcome is PartitionOutcome.CLEAN
    assert life.status().progress.outcomes == {month(2): PartitionOutcome.CLEAN}
    rows = spark.read.format("delta").load(str(config.shadow.path)).collect()
    shutil.rmtree(str(config.shadow.path))
    anew = spark.createDataFrame(rows[1:], "id bigint, month int, v bigint")
    anew.write.format("delta").save(str(config.shadow.path))
    progress = life.status().progress
    assert progress.outcomes == {month(2): PartitionOutcome.NOT_RUN}
    assert "1 verdicts on another revision, other rules or tables do not" in progress.obstacles[-1]
    assert runs.run(job()(2), job()(2), inputs, month(2)).verdict.outcome is PartitionOutcome.CLEAN
    assert life.status().progress.outcomes == {month(2): PartitionOutcome.CLEAN}


def test_noise_on_keys_is_void_and_on_a_column_is_dirty(
    spark: Any, lake: Path, setting: Any
) -> None:
    config, clock, inputs = setting
    runs, life = ShadowRun(spark, config, clock=clock), Promotion(spark, config, clock=clock)
    life.register("ann")
    runs.run(job()(2), job()(2), inputs, month(2))
    live = spark.read.format("delta").load(str(config.control.path))
    live.where("id > 0").write.format("delta").save(str(lake / "fewer"))
    live.selectExpr("id", "month", "v + 1 AS v").write.format("delta").save(str(lake / "moved"))
    assert runs.noise(TableRef(path=str(lake / "fewer"))).outcome is PartitionOutcome.VOID
    assert runs.noise(TableRef(path=str(lake / "moved"))).outcome is PartitionOutcome.DIRTY
    assert life.advance() is State.BLOCKED
