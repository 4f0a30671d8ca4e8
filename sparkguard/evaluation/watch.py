"""What the conditions of an evaluation look at, and what they find."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from sparkguard.evaluation.feed import Arrivals, Feed
from sparkguard.evaluation.maturity import Development, Ladder
from sparkguard.evaluation.seen import Day, Seen
from sparkguard.evaluation.slice_feed import Slice, watched
from sparkguard.relations.effective_label import LabelBucket
from sparkguard.relations.label_rows import LabelRow

EPOCH = date(1970, 1, 1).toordinal()


class State(StrEnum):
    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    STARVED = "STARVED"
    UNKNOWN = "UNKNOWN"  # too little is known to tell


@dataclass(frozen=True)
class Found:
    """A condition's state, since which day it holds, and the number and sentence that show it.

    `slices` are what was found of each slice by its name, the worst first, where the state is
    that of slices and not of the whole; `days` are (day, observed, expected).
    """

    state: State
    reason: str = ""
    since: Day | None = None
    observed: float | int | None = None
    slices: tuple[tuple[str, Found], ...] = ()
    days: tuple[tuple[Day, float, float], ...] = ()

    @property
    def text(self) -> str:
        """State, first day, slice and reason."""
        since = f" since {day_text(self.since)}" if self.since is not None else ""
        where = f" in {self.slices[0][0]}" if self.slices else ""
        more = f"; {len(self.slices)} slices" if len(self.slices) > 1 else ""
        return f"{self.state}{since}{where}: {self.reason}{more}"


@dataclass(frozen=True)
class Moved:
    """A metric of a closed cohort, as stored before and as it is now; `slice` as `Group.name`.

    `now` is None where it has no value any more. `error` is the standard error stored before.
    """

    cohort: str
    metric: str
    before: float
    now: float | None
    error: float | None
    slice: str = ""

    @property
    def by(self) -> float:
        """How far it moved, in its own unit; infinite where it has no value any more."""
        return math.inf if self.now is None else abs(self.now - self.before)

    def found(self, today: Day, more: str = "") -> Found:
        """The state that it shows, `more` being the end of its sentence."""
        went = (
            f"went from {self.before:.5g} to {self.now:.5g}"
            if self.now is not None
            else f"was {self.before:.5g} and has no value any more"
        )
        of = f"{self.metric} of {self.cohort or 'the whole table'}, which is closed"
        observed = None if self.now is None else self.by
        return Found(State.DEGRADED, f"{of}, {went}{more}", today, observed)


@dataclass(frozen=True)
class Watch:
    """What the conditions look at, as known on the morning of `today`.

    `label_rows` are all known rows of the label table by day of arrival, `unread` the others by day
    and by what they lack; `coverage` is
    (predictions, labelled) by the name of a slice, of all rows by the empty one, in the youngest
    predictions whose labels should be there; `by_version` the same by model version, of all.
    `last_run` is the day the last complete run looked from. `is_total_unknown` says that nobody
    knows how many labels there will be, `is_binary` that labels are positive or negative.
    `cohorts` are the parts of `seen`.
    """

    seen: Seen
    today: Day
    horizon: int
    cycle: int
    label_rows: Mapping[Day, int] = field(default_factory=dict)
    unread: Mapping[tuple[Day | None, LabelRow], int] = field(default_factory=dict)
    coverage: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    by_version: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    moved: Sequence[Moved] = ()
    last_run: Day | None = None
    is_total_unknown: bool = False
    is_binary: bool = True
    cohorts: tuple[Seen, ...] = ()

    @property
    def days(self) -> range:
        """The whole days of the cycle that has just ended."""
        return range(self.today - self.cycle, self.today)

    @cached_property
    def feed(self) -> Mapping[Day, Arrivals]:
        of = self.seen
        found = Feed(of.predictions_by_day, of.arrivals, self.today, self.horizon).days()
        return {arrivals.day: arrivals for arrivals in found}

    @cached_property
    def development(self) -> Development:
        arrived: dict[Day, dict[int, int]] = {}
        for (day, arrival), n in self.seen.arrivals.items():
            arrived.setdefault(day, {})[arrival - day] = n
        make = Ladder if self.is_total_unknown else Development
        return make(self.seen.predictions_by_day, arrived, self.today, self.horizon)

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        return tuple(watched(self.seen, self.today, self.cycle))

    def arrived_in(self, days: Sequence[Day]) -> int:
        """Label rows that arrived in `days`, those of no prediction or without id among them."""
        without = (self.unread.get((day, LabelRow.NULL_ID), 0) for day in days)
        return sum(self.label_rows.get(day, 0) for day in days) + sum(without)

    def rows_in(self, days: Sequence[Day], *buckets: LabelBucket) -> int:
        """Label rows that have a prediction and arrived in `days`, of some buckets or of all."""
        rows = self.seen.label_rows_by_arrival
        return sum(rows.get((day, b), 0) for day in days for b in buckets or tuple(LabelBucket))


def date_of(day: Day) -> date:
    return date.fromordinal(EPOCH + day)


def day_text(day: Day) -> str:
    return date_of(day).isoformat()
