"""The states of a shadow, the evidence each step needs, and what the stored rows add up to."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sparkguard.errors import ConfigurationError, listed
from sparkguard.shadow_rules.verdict import Counter, PartitionOutcome, Waiver
from sparkguard.slices import Slice, partition_order


class State(StrEnum):
    REGISTERED = "registered"
    OBSERVING = "observing"
    ELIGIBLE = "eligible"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    BLOCKED = "blocked"


MOVES: Mapping[State, frozenset[State]] = {
    State.REGISTERED: frozenset({State.OBSERVING, State.BLOCKED}),
    State.OBSERVING: frozenset({State.ELIGIBLE, State.BLOCKED}),
    State.ELIGIBLE: frozenset({State.OBSERVING, State.PROMOTED, State.BLOCKED}),
    State.PROMOTED: frozenset({State.ROLLED_BACK}),
    State.ROLLED_BACK: frozenset({State.OBSERVING, State.BLOCKED}),
    State.BLOCKED: frozenset({State.OBSERVING}),
}
STRATA = ("month_end", "dst_day", "backfill", "empty_partition", "late_data")


@dataclass(frozen=True)
class Requirements:
    """What a promotion needs.

    `clean` partitions in a row, the last that were run, without a hole; among them each of
    `strata`, and at most the share `waived` of them waived instead of clean. `rows` and `columns`
    are the least shares of their rows, and of their columns but the ignored ones, that were
    compared: a column that one side lacks, or whose types have no common value, is not, even where
    that is waived. `partitions` is the least share of all partitions that were compared at all.
    `sensitivity` asks that every seeded fault was detected.
    """

    clean: int = 3
    strata: tuple[str, ...] = ()
    rows: float = 1.0
    columns: float = 1.0
    partitions: float = 0.0
    waived: float = 0.0
    sensitivity: bool = True

    def __post_init__(self) -> None:
        if self.clean < 1:
            raise ValueError(f"clean is at least 1 partition, found {self.clean}")
        for option in ("rows", "columns", "partitions", "waived"):
            if not 0 <= getattr(self, option) <= 1:
                raise ValueError(f"{option} is 0 to 1, found {getattr(self, option)}")
        if unknown := [name for name in self.strata if name not in STRATA]:
            raise ValueError(f"strata are {listed(STRATA)}, found {unknown[0]!r}")


@dataclass(frozen=True)
class Entry:
    """One stored verdict on a partition, as far as promotion needs it.

    `code` identifies the shadow's code and rules; verdicts on other code do not count. `reason`
    says why a verdict that was stored no longer holds.
    """

    partition: Slice
    outcome: PartitionOutcome
    code: str
    at: datetime
    rows: int = 0
    rows_total: int = 0
    columns: int = 0
    columns_total: int = 0
    strata: frozenset[str] = frozenset()
    reason: str = ""

    @property
    def is_good(self) -> bool:
        return self.outcome in (PartitionOutcome.CLEAN, PartitionOutcome.WAIVED)


@dataclass(frozen=True)
class Progress:
    """How far a shadow is: its run of clean partitions, and what still stands in the way."""

    streak: tuple[Slice, ...] = ()
    waived: int = 0
    needed: int = 0
    obstacles: tuple[str, ...] = ()
    outcomes: Mapping[Slice, PartitionOutcome] = field(default_factory=dict)

    @property
    def eligible(self) -> bool:
        return not self.obstacles


def progress(
    entries: Iterable[Entry],
    expected: Iterable[Slice],
    code: str,
    needs: Requirements,
    *,
    sensitivity: Mapping[str, bool] | None,
    noise_ok: bool | None,
    waivers: Iterable[Waiver] = (),
    on: date = date.min,
    by: Sequence[str] = (),
) -> Progress:
    """The state of the evidence. Of several verdicts on a partition the latest counts.

    `expected` are the control's partitions, and `by` their columns in the declared order, empty
    where the whole table is the one partition. Verdicts on other rows than a partition's don't
    count; one with differences takes back those of the partitions with such rows.
    `sensitivity` says of each seeded fault whether it was detected, None when the run is missing;
    so does `noise_ok`.
    """
    latest = _latest((e for e in entries if e.code == code), by)
    order = sorted(
        {*expected, *latest}, key=lambda where: partition_order(where, by, nulls_last=True)
    )
    outcomes = {p: latest[p].outcome if p in latest else PartitionOutcome.NOT_RUN for p in order}
    streak = _streak(order, latest)
    waived = sum(e.outcome is PartitionOutcome.WAIVED for e in streak)
    held = tuple(waivers)
    obstacles = [
        *_too_short(streak, outcomes, latest, waived, needs),
        *_strata(streak, needs, held, on),
        *_coverage(streak, [latest[p] for p in order if p in latest], len(order), needs),
        *_sensitivity(sensitivity, noise_ok, needs),
        *(f"waiver {w.name} expired on {w.expires}" for w in held if _needed(w, latest, on)),
    ]
    return Progress(
        tuple(e.partition for e in streak), waived, needs.clean, tuple(obstacles), outcomes
    )


def move(now: State | None, to: State) -> None:
    """Raises ConfigurationError unless the machine allows the step."""
    allowed = frozenset({State.REGISTERED}) if now is None else MOVES[now]
    if to not in allowed:
        raise ConfigurationError(
            f"a shadow that is {now.value if now else 'not registered'} can't become {to.value}; "
            f"it can become {listed(sorted(s.value for s in allowed))}"
        )


def following(now: State, found: Progress, failed: str = "") -> State:
    """The state that the evidence alone leads to; promotion is a person's step."""
    if now in (State.PROMOTED,):
        return now
    if failed:
        return State.BLOCKED
    if now in (State.OBSERVING, State.ELIGIBLE):
        return State.ELIGIBLE if found.eligible else State.OBSERVING
    return State.OBSERVING


def strata_of(period: str, rows: int, zone: str = "UTC") -> frozenset[str]:
    """Which strata a day `2013-3-10` or a month `2013-3` belongs to, in a time zone.

    A month holds its last day, and a day on which the clocks change if there is one. What names no
    day or month of the calendar, or one without a day after it, belongs to none.
    """
    found = {"empty_partition"} if rows == 0 else set()
    match = re.fullmatch(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?", period)
    if match is not None:
        # There may be no such day, or none after it that a date can hold.
        with suppress(ValueError, OverflowError):
            found |= _calendar(match[1], match[2], match[3], zone)
    return frozenset(found)


def _calendar(year: str, month: str, day: str | None, zone: str) -> set[str]:
    last = calendar.monthrange(int(year), int(month))[1]
    first = date(int(year), int(month), int(day or 1))
    days = [first + timedelta(days=i) for i in range(1 if day else last)]
    found = {"month_end"} if days[-1].day == last else set()
    if any(_offset(d, zone) != _offset(d + timedelta(days=1), zone) for d in days):
        found.add("dst_day")
    return found


def _offset(day: date, zone: str) -> timedelta | None:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).utcoffset()


def _latest(entries: Iterable[Entry], by: Sequence[str]) -> dict[Slice, Entry]:
    """The verdict on every partition that counts now."""
    latest: dict[Slice, Entry] = {}
    for entry in sorted(entries, key=lambda e: e.at):
        if {column for column, _ in entry.partition.values} == set(by):
            latest[entry.partition] = entry
        elif entry.outcome is PartitionOutcome.DIRTY:
            # Rows of several partitions, or of a part of one, prove none; but a difference among
            # them may lie in each partition that they touch, until it is compared again.
            for where in filter(entry.partition.overlaps, latest):
                latest[where] = replace(latest[where], outcome=PartitionOutcome.DIRTY)
    return latest


def _streak(order: Sequence[Slice], latest: Mapping[Slice, Entry]) -> list[Entry]:
    """The last clean or waived partitions without a hole; those not reached yet don't break it."""
    streak: list[Entry] = []
    for partition in reversed(order):
        entry = latest.get(partition)
        if entry is None and not streak:
            continue
        if entry is None or not entry.is_good:
            break
        streak.append(entry)
    return streak[::-1]


def _too_short(
    streak: Sequence[Entry],
    outcomes: Mapping[Slice, PartitionOutcome],
    latest: Mapping[Slice, Entry],
    waived: int,
    needs: Requirements,
) -> list[str]:
    found = []
    if len(streak) < needs.clean:
        found.append(f"{len(streak)} of {needs.clean} clean partitions in a row")
    holes = [
        f"{p} ({latest[p].reason})" if p in latest and latest[p].reason else str(p)
        for p, outcome in outcomes.items()
        if outcome.is_hole
    ]
    if holes and len(streak) < needs.clean:
        found.append(f"partitions to run: {listed(holes)}")
    if waived > needs.waived * len(streak):
        found.append(f"{waived} of these are waived; {needs.waived:.4g} of them may be")
    return found


def _strata(
    streak: Sequence[Entry], needs: Requirements, waivers: Sequence[Waiver], on: date
) -> list[str]:
    seen = frozenset[str]().union(*(e.strata for e in streak))
    excused = {w.column for w in waivers if w.counter is Counter.STRATUM and on <= w.expires}
    missing = [name for name in needs.strata if name not in seen | excused]
    return [f"no clean partition with {name}" for name in missing]


def _coverage(
    streak: Sequence[Entry], run: Sequence[Entry], partitions: int, needs: Requirements
) -> list[str]:
    shares = (
        ("rows", sum(e.rows for e in streak), sum(e.rows_total for e in streak), needs.rows),
        (
            "columns",
            min((e.columns for e in streak), default=0),
            max((e.columns_total for e in streak), default=0),
            needs.columns,
        ),
        ("partitions", sum(not e.outcome.is_hole for e in run), partitions, needs.partitions),
    )
    return [
        f"{part:,} of {whole:,} {what} compared; {least:.4g} of them are needed"
        for what, part, whole, least in shares
        if whole and part < least * whole
    ]


def _sensitivity(
    found: Mapping[str, bool] | None, noise_ok: bool | None, needs: Requirements
) -> list[str]:
    obstacles = []
    if noise_ok is None:
        obstacles.append("control was not yet compared with itself")
    elif not noise_ok:
        obstacles.append("control differs from itself")
    if not needs.sensitivity:
        return obstacles
    if found is None:
        obstacles.append("no faults were seeded yet")
    else:
        missed = [name for name, detected in found.items() if not detected]
        obstacles += [f"seeded faults not detected: {listed(missed)}"] if missed else []
    return obstacles


def _needed(waiver: Waiver, latest: Mapping[Slice, Entry], on: date) -> bool:
    """True when an expired waiver still carries a partition."""
    entry = latest.get(waiver.partition)
    return on > waiver.expires and entry is not None and entry.outcome is PartitionOutcome.WAIVED
