"""Who may change a shadow's state, and what a change that was stored is worth: without Spark."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sparkguard import sink
from sparkguard.datatypes import Struct
from sparkguard.errors import ConfigurationError
from sparkguard.results.records import TransitionRow
from sparkguard.results.shadow_rows import StoredVerdict
from sparkguard.results.transitions import Conflict, settled
from sparkguard.shadow import Promotion, promotion
from sparkguard.shadow_rules.config import ShadowConfig
from sparkguard.shadow_rules.ledger import LedgerRow, Status
from sparkguard.shadow_rules.machine import Entry, Requirements, State
from sparkguard.shadow_rules.verdict import PartitionOutcome
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.tables import Pinned, TableRef

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
DONE = (Status.INTENT, Status.COMMITTED, Status.CONFIRMED)
MONTHS = [Slice.of({"month": str(n)}) for n in (9, 10, 11)]
CONFIG = ShadowConfig(
    name="s",
    control=TableRef(name="lake.v1"),
    shadow=TableRef(path="/lake/v2"),
    results="/lake/sparkguard",
    partition=("month",),
    view="readers",
    promotion=Requirements(clean=3, sensitivity=False),
)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time


@dataclass
class Shelf:
    """The rows of a store, and the control's partitions, in memory."""

    stored: list[StoredVerdict] = field(default_factory=list)
    steps: list[LedgerRow] = field(default_factory=list)
    rows: tuple[TransitionRow, ...] = ()
    clock: Clock = field(default_factory=Clock)
    requests: Any = field(default_factory=itertools.count)
    ids: dict[str, str] = field(default_factory=lambda: {"control": "c1", "shadow": "s1"})

    @property
    def store(self) -> Shelf:
        return self

    def verdicts(self, _: str) -> tuple[StoredVerdict, ...]:
        return tuple(self.stored)

    def ledger(self, _: str) -> tuple[LedgerRow, ...]:
        return tuple(self.steps)

    def waivers(self, _: str) -> tuple[()]:
        return ()

    def partitions(self, _: Any) -> tuple[Slice, ...]:
        return tuple(MONTHS)

    def pinned(self, sides: tuple[str, ...] = ("control", "shadow")) -> Snapshot:
        schema = Struct()
        tables = {
            side: Pinned(side, getattr(CONFIG, side), 7, schema, None, False, self.ids[side])
            for side in sides
        }
        return Snapshot(None, tables)  # type: ignore[arg-type]

    def state(self, _: str) -> tuple[State | None, int, tuple[TransitionRow, ...]]:
        last = self.rows[-1] if self.rows else None
        return (State(last.state) if last else None, last.number if last else 0, self.rows)

    def change(
        self, shadow: str, seen: int, to: State, by: str, reason: str, details: Mapping[str, str]
    ) -> TransitionRow:
        request = str(next(self.requests))
        wanted = TransitionRow(
            kind="shadow", subject=shadow, number=seen + 1, state=to.value, changed_by=by,
            reason=reason, at=self.clock.now(), request=request, details=dict(details),
        )  # fmt: skip
        if seen == len(self.rows):
            self.rows = (*self.rows, wanted)
        return settled(wanted, self.rows)

    def judged(self, where: Slice, version: int, run: str, kind: str = "partition") -> None:
        entry = Entry(where, PartitionOutcome.CLEAN, CONFIG.code, self.clock.now(), 5, 5, 2, 2)
        tables = dict(self.ids)
        self.stored.append(StoredVerdict(kind, run, entry, "", (), {}, version, version, tables))

    def written(self, where: Slice, version: int, run: str, *statuses: Status) -> None:
        for side, status in itertools.product(("control", "shadow"), statuses):
            now = self.clock.now()
            deadline = now + timedelta(hours=6)
            self.steps.append(
                LedgerRow(run, "s", where, side, status, now, deadline, "app", 1, {}, 5, "f",
                          version)
            )  # fmt: skip


@pytest.fixture
def shelf() -> Shelf:
    """Three clean months, each written by a confirmed run of its own, and a clean noise run."""
    found = Shelf()
    for version, where in enumerate(MONTHS):
        found.written(where, version, f"r{version}", *DONE)
        found.judged(where, version, f"r{version}")
    found.judged(WHOLE, 0, "noise", "noise")
    return found


@pytest.fixture
def life(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Promotion:
    monkeypatch.setattr(promotion, "ShadowRun", lambda *_, **__: shelf)
    found = Promotion(None, CONFIG)  # type: ignore[arg-type]
    found.register("ann")
    assert found.advance() is State.OBSERVING
    assert found.advance() is State.ELIGIBLE
    return found


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What readers' view was pointed at, in order."""
    found: list[tuple[str, int]] = []

    def point_view(_: Any, view: str, table: TableRef, version: int) -> None:
        assert view == "readers"
        found.append((str(table), version))

    monkeypatch.setattr(sink, "point_view", point_view)
    return found


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize(
    ("statuses", "says"),
    [
        (DONE, "what run again wrote last was not compared"),
        (DONE[:2], "the last dual write is not confirmed: not yet confirmed"),
        ((Status.INTENT, Status.FAILED), "the write to the control failed"),
    ],
)
def test_rows_that_were_written_after_the_last_verdict_are_a_hole(
    shelf: Shelf, life: Promotion, statuses: tuple[Status, ...], says: str
) -> None:
    shelf.written(MONTHS[1], 8, "again", *statuses)
    with pytest.raises(ConfigurationError, match=f"1 of 3 clean .*month=10 .*{says}"):
        life.promote("ann", "ready")
    shelf.written(MONTHS[1], 9, "once more", *DONE)
    shelf.judged(MONTHS[1], 9, "once more")
    assert life.advance() is State.ELIGIBLE
    assert life.promote("ann", "ready").details["version"] == "9"


@pytest.mark.parametrize(
    ("changes", "anew"),
    [
        ({"shadow": TableRef(path="/lake/v3")}, ""),
        ({"control": TableRef(name="lake.v0")}, ""),
        ({}, "shadow"),
        ({}, "control"),
    ],
)
def test_evidence_on_one_table_promotes_no_other(
    shelf: Shelf, life: Promotion, changes: dict[str, TableRef], anew: str
) -> None:
    """Another one by its address, or by its id where it was dropped and made anew."""
    other = Promotion(None, replace(CONFIG, **changes))  # type: ignore[arg-type]
    if anew:
        shelf.ids[anew] = "made anew"
    says = "0 of 3 clean partitions .*3 verdicts on another revision, other rules or tables do not"
    with pytest.raises(ConfigurationError, match=says):
        other.promote("ann", "ready")
    assert shelf.rows[-1].state == "observing"


def test_verdicts_without_the_ids_of_their_tables_count_by_address(
    shelf: Shelf, life: Promotion
) -> None:
    shelf.stored = [replace(stored, tables={}) for stored in shelf.stored]
    assert life.status().progress.eligible


def test_a_noise_run_that_could_not_be_computed_says_nothing(shelf: Shelf, life: Promotion) -> None:
    shelf.judged(WHOLE, 0, "lost", "noise")
    lost = shelf.stored[-1]
    shelf.stored[-1] = replace(lost, entry=replace(lost.entry, outcome=PartitionOutcome.ERROR))
    assert life.advance() is State.ELIGIBLE
    shelf.stored[-2:] = shelf.stored[-1:]
    assert life.advance() is State.OBSERVING
    assert life.status().progress.obstacles == ("control was not yet compared with itself",)


def test_a_run_that_is_repeated_does_not_bring_back_what_another_replaced(
    shelf: Shelf, life: Promotion
) -> None:
    """Delta drops the repeated writes, and the version that is read back is long replaced."""
    shelf.written(MONTHS[1], 4, "old", *DONE[:2])
    shelf.written(MONTHS[1], 7, "new", *DONE)
    shelf.judged(MONTHS[1], 7, "new")
    shelf.stored[-1] = as_dirty(shelf.stored[-1])
    assert life.advance() is State.OBSERVING
    shelf.written(MONTHS[1], 4, "old", Status.CONFIRMED)
    shelf.judged(MONTHS[1], 4, "old")
    assert life.status().progress.outcomes[MONTHS[1]] is PartitionOutcome.VOID
    with pytest.raises(ConfigurationError, match=r"month=10 \(what run new wrote last was not"):
        life.promote("ann", "ready")


def as_dirty(stored: StoredVerdict) -> StoredVerdict:
    return replace(stored, entry=replace(stored.entry, outcome=PartitionOutcome.DIRTY))


def test_a_decision_on_a_state_that_is_no_more_is_a_conflict(
    shelf: Shelf, life: Promotion, shown: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = life.status()
    life.promote("ann", "ready")
    with monkeypatch.context() as patch:
        patch.setattr(life, "status", lambda: seen)
        with pytest.raises(Conflict, match="promoted by ann"):
            life.promote("bob", "ready")
    state = shelf.state("s")
    life.rollback("ann", "alert 7")
    monkeypatch.setattr(shelf, "state", lambda _: state)
    with pytest.raises(Conflict, match="rolled_back by ann"):
        life.rollback("bob", "alert 7")
    assert [row.state for row in shelf.rows[2:]] == ["eligible", "promoted", "rolled_back"]
    assert shown == [("/lake/v2", 2), ("lake.v1", 7)]


def test_evidence_leads_on_from_the_step_that_somebody_else_took(
    shelf: Shelf, life: Promotion, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.rows = shelf.rows[:2]
    fresh, stale = life.status, life.status()
    life.advance()
    looks = iter((lambda: stale, fresh))
    monkeypatch.setattr(life, "status", lambda: next(looks)())
    assert life.advance() is State.ELIGIBLE
    assert [row.state for row in shelf.rows] == ["registered", "observing", "eligible"]


def test_a_decision_that_readers_do_not_see_yet_is_carried_out_by_repeating_it(
    shelf: Shelf, life: Promotion, monkeypatch: pytest.MonkeyPatch, shown: list[tuple[str, int]]
) -> None:
    def failing(*_: Any) -> None:
        raise ConnectionError

    def repeated(step: Callable[[str, str], TransitionRow]) -> TransitionRow:
        with monkeypatch.context() as patch:
            patch.setattr(sink, "point_view", failing)
            with pytest.raises(ConnectionError):
                step("ann", "now")
        change = step("bob", "once more")
        assert (change, change.changed_by) == (shelf.rows[-1], "ann")
        return change

    repeated(life.promote)
    back = repeated(life.rollback)
    assert shown == [("/lake/v2", 2), ("lake.v1", 7)]
    assert life.advance() is State.OBSERVING
    assert life.rollback("bob", "once more") == back
    assert (shown[-1], shelf.rows[-1].state) == (("lake.v1", 7), "observing")
