"""The life of a shadow: what it has shown, what it may become, and who decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, TypeVar

from sparkguard import sink
from sparkguard.errors import ConfigurationError, SnapshotError, listed
from sparkguard.ports import Clock, Ids
from sparkguard.results.records import TransitionRow
from sparkguard.results.shadow import evidence_of
from sparkguard.results.shadow_rows import StoredVerdict
from sparkguard.results.transitions import Conflict
from sparkguard.shadow.comparison import CONTROL, SHADOW
from sparkguard.shadow.run import ShadowRun
from sparkguard.shadow_rules.config import ShadowConfig
from sparkguard.shadow_rules.ledger import (
    Pair,
    PairStatus,
    last_pairs,
    last_touching,
    pairs,
    uncompared,
)
from sparkguard.shadow_rules.machine import Progress, State, following, move, progress
from sparkguard.shadow_rules.verdict import PartitionOutcome, Waiver
from sparkguard.slices import Slice
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class ShadowStatus:
    """Where a shadow stands, on which evidence."""

    name: str
    state: State | None
    progress: Progress
    waivers: tuple[Waiver, ...]
    verdicts: Mapping[Slice, StoredVerdict]
    changes: tuple[TransitionRow, ...]
    diverged: int
    serving: tuple[TableRef, int | None]
    on: date

    @property
    def number(self) -> int:
        """The number of the state, 0 for none; a change of it takes the next one."""
        return self.changes[-1].number if self.changes else 0

    @property
    def expired(self) -> tuple[Waiver, ...]:
        return tuple(w for w in self.waivers if self.on > w.expires)


class Promotion:
    """Status, waivers and state changes of one shadow. Every change is a stored row."""

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
        self._runs = ShadowRun(spark, config, clock=clock, ids=ids)
        self.store = self._runs.store

    def status(self) -> ShadowStatus:
        """The fold of all stored rows; it changes nothing."""
        name, now = self.config.name, self.store.clock.now()
        # The state comes first, so that a change after any of the rest was read is a conflict.
        state, _, changes = self.store.state(name)
        stored = self.store.verdicts(name)
        held = pairs(self.store.ledger(name), now)
        last = last_pairs(held)
        snapshot = self._runs.pinned()
        tables = {side: table.table_id for side, table in snapshot.pinned.items()}
        counting = [s for s in stored if s.entry.code == self.config.code and s.is_of(tables)]
        own = [_as_written(s, last) for s in counting]
        waivers = self.store.waivers(name)
        since = _restarted(changes)
        unreadable = ""
        try:
            partitions = self._runs.partitions(snapshot)
        except SnapshotError as error:
            partitions, unreadable = (), str(error)
        found = progress(
            (s.entry for s in own if s.kind == "partition" and s.entry.at >= since),
            partitions,
            self.config.code,
            self.config.promotion,
            sensitivity=_last(own, "sensitivity", lambda s: s.faults),
            noise_ok=_last(own, "noise", lambda s: s.entry.outcome is PartitionOutcome.CLEAN),
            waivers=waivers,
            on=now.date(),
            by=self.config.partition,
        )
        if unreadable:
            found = replace(found, obstacles=(unreadable, *found.obstacles))
        others = sum(s.kind == "partition" for s in stored) - sum(
            s.kind == "partition" for s in counting
        )
        if others and found.obstacles:
            told = f"{others:,} verdicts on another revision, other rules or tables do not count"
            found = replace(found, obstacles=(*found.obstacles, told))
        latest = {s.entry.partition: s for s in own if s.kind == "partition"}
        return ShadowStatus(
            name, state, found, waivers, latest, changes,
            sum(pair.status is PairStatus.DIVERGED for pair in held.values()),
            self._serving(changes), now.date(),
        )  # fmt: skip

    def register(self, by: str, reason: str = "registered") -> TransitionRow:
        """Makes the shadow known, with its pins, key and tolerances."""
        state, number, _ = self.store.state(self.config.name)
        move(state, State.REGISTERED)
        details = {
            "code": self.config.code,
            "control": str(self.config.control),
            "shadow": str(self.config.shadow),
            "key": evidence_of(list(self.config.key)),
            "columns": evidence_of({n: str(t) for n, t in self.config.columns.items()}),
        }
        return self.store.change(self.config.name, number, State.REGISTERED, by, reason, details)

    def advance(self, by: str = "sparkguard") -> State:
        """Takes the step that the evidence alone leads to, if it leads anywhere.

        Raises Conflict when others changed the state meanwhile, and did so again.
        """
        try:
            state = self._advanced(by).state
        except Conflict:
            # Runs of several partitions at once come here: the evidence leads on from their step.
            state = self._advanced(by).state
        assert state is not None
        return state

    def _advanced(self, by: str) -> ShadowStatus:
        now = self.status()
        if now.state is None:
            raise ConfigurationError(f"shadow {self.config.name!r} is not registered")
        blocked = [o for o in now.progress.obstacles if o.startswith(_BLOCKING)]
        to = following(now.state, now.progress, "; ".join(blocked))
        waiting = now.state is State.REGISTERED and any(
            "not yet" in o for o in now.progress.obstacles
        )
        if to is now.state or waiting:
            return now
        move(now.state, to)
        reason = "; ".join(now.progress.obstacles) or "every condition of a promotion holds"
        step = self.store.change(self.config.name, now.number, to, by, reason, self._evidence(now))
        return replace(now, state=to, changes=(*now.changes, step))

    def waive(self, waiver: Waiver) -> TransitionRow:
        """Records a waiver; it counts from the next comparison on.

        Raises ConfigurationError for one that has expired already.
        """
        today = self.store.clock.now().date()
        if today > waiver.expires:
            raise ConfigurationError(
                f"waiver {waiver.name!r} would have expired on {waiver.expires}; today is {today}"
            )
        return self.store.waive(self.config.name, waiver)

    def promote(self, by: str, reason: str) -> TransitionRow:
        """Moves the pointer to the compared version of the shadow.

        Where it was moved there before, the view is pointed there again and that change returned.
        Raises ConfigurationError, with every condition that does not hold, unless the shadow is
        eligible; a Conflict when somebody else changed its state meanwhile.
        """
        _named(by, reason)
        now = self._advanced(by)
        if now.state is State.PROMOTED:
            return self._pointed(now.changes[-1])
        if now.progress.obstacles or now.expired:
            missing = [*now.progress.obstacles]
            missing += [f"waiver {w.name} expired on {w.expires}" for w in now.expired]
            raise ConfigurationError(
                f"shadow {self.config.name!r} can't be promoted: "
                f"{'; '.join(dict.fromkeys(missing))}"
            )
        move(now.state, State.PROMOTED)
        newest = max(
            (now.verdicts[p] for p in now.progress.streak), key=lambda s: s.shadow_version or -1
        )
        version = newest.shadow_version
        if version is None:
            raise ConfigurationError("the compared version of the shadow is not recorded")
        details = {**self._evidence(now), "table": str(self.config.shadow), "version": str(version)}
        return self._pointed(
            self.store.change(self.config.name, now.number, State.PROMOTED, by, reason, details)
        )

    def rollback(self, by: str, reason: str) -> TransitionRow:
        """Moves the pointer back to the control, at its present version.

        Where it was moved back before, and not forward since, the view is pointed there again and
        that change returned. Raises ConfigurationError unless the shadow is promoted; a Conflict
        when somebody else changed its state meanwhile.
        """
        _named(by, reason)
        state, number, changes = self.store.state(self.config.name)
        moved = [c for c in changes if c.state in (State.PROMOTED, State.ROLLED_BACK)]
        if moved and moved[-1].state == State.ROLLED_BACK:
            return self._pointed(moved[-1])
        move(state, State.ROLLED_BACK)
        version = self._runs.pinned(sides=(CONTROL,))[CONTROL].version
        details = {"table": str(self.config.control), "version": str(version)}
        return self._pointed(
            self.store.change(self.config.name, number, State.ROLLED_BACK, by, reason, details)
        )

    def _pointed(self, change: TransitionRow) -> TransitionRow:
        """The change, once the view shows its table and version.

        A failure here leaves the change as it is stored; the caller may repeat it.
        """
        if self.config.view:
            text, version = change.details["table"], int(change.details["version"])
            known = {str(table): table for table in (self.config.control, self.config.shadow)}
            table = known.get(text) or TableRef.of(text)
            sink.point_view(self.spark, self.config.view, table, version)
        return change

    def _evidence(self, now: ShadowStatus) -> Mapping[str, str]:
        held = {p.key: now.verdicts[p].run_id for p in now.progress.streak}
        return {
            "code": self.config.code,
            "partitions": evidence_of(held),
            "waived": str(now.progress.waived),
            "needed": str(now.progress.needed),
            "obstacles": evidence_of(list(now.progress.obstacles)),
            "waivers": listed(sorted(w.name for w in now.waivers)) or "none",
        }

    def _serving(self, changes: tuple[TransitionRow, ...]) -> tuple[TableRef, int | None]:
        """The table and version that readers should use."""
        last = changes[-1] if changes else None
        if last is not None and last.state == State.PROMOTED:
            return self.config.shadow, int(last.details["version"])
        return self.config.control, None


_BLOCKING = ("control differs from itself", "seeded faults not detected")


T = TypeVar("T")


def _last(stored: list[StoredVerdict], kind: str, read: Callable[[StoredVerdict], T]) -> T | None:
    # What could not be computed says nothing, and takes back nothing.
    found = [s for s in stored if s.kind == kind and s.entry.outcome is not PartitionOutcome.ERROR]
    return read(found[-1]) if found else None


def _as_written(stored: StoredVerdict, last: Mapping[Slice, Pair]) -> StoredVerdict:
    """The verdict on a partition, void where it does not speak of the rows written last."""
    entry = stored.entry
    write = last_touching(last, entry.partition)
    if stored.kind != "partition" or not entry.is_good or write is None:
        return stored
    versions = {CONTROL: stored.control_version, SHADOW: stored.shadow_version}
    reason = uncompared(write, versions, entry.at)
    if not reason:
        return stored
    return replace(stored, entry=replace(entry, outcome=PartitionOutcome.VOID, reason=reason))


def _restarted(changes: tuple[TransitionRow, ...]) -> datetime:
    """When the count began again: after a rollback, or after the shadow was blocked."""
    moments = [c.at for c in changes if c.state in (State.BLOCKED, State.ROLLED_BACK)]
    return max(moments, default=datetime.min.replace(tzinfo=timezone.utc))


def _named(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise ConfigurationError("a promotion or rollback records who decided it, and why")
