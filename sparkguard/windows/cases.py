"""One feature row to replay: what is stored, and the events that could have gone into it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from operator import attrgetter
from typing import Any

from sparkguard.windows.clock import edges
from sparkguard.windows.durations import HOUR
from sparkguard.windows.oracle import Event, aggregated, known, seen
from sparkguard.windows.spec import Aggregate, Window, WindowSpec
from sparkguard.windows.values import Output

_REACH = 26 * HOUR
WHOLE_HISTORY = 5_000
"""Entities with at most so many rows come with all of them, others with those within reach."""


_RANK = attrgetter("rank")


def reach(window: Window) -> int:
    """How far around a window its rows are looked at, in microseconds.

    On a grid, a time that is moved back past a line moves both edges by a step.
    """
    return _REACH + (window.step.longest if window.kind in ("hopping", "tumbling") else 0)


class Timeline:
    """Events in order, with running totals, so that a window costs two look-ups."""

    def __init__(self, aggregate: Aggregate, nulls: str, events: Iterable[Event]) -> None:
        self.events = sorted(events, key=_RANK)
        self.times: list[int] = [e.time for e in self.events if e.time is not None]
        self.values = [e.value for e in self.events]
        self._aggregate, self._nulls = aggregate, nulls
        self._adds = aggregate.function in ("sum", "mean", "count")

    def place(self, first: int, last: int) -> tuple[int, int]:
        """Where a window begins and ends in the list."""
        begin = bisect_left(self.times, first)
        return begin, max(begin, bisect_right(self.times, last))

    def value(self, first: int, last: int) -> Any:
        """The aggregate of the events from `first` to `last`, both included."""
        return self.part(*self.place(first, last))

    def part(self, begin: int, end: int) -> Any:
        """The aggregate of the events at these places in order."""
        return self.parts((max(begin, 0), max(begin, 0, end)))

    def parts(self, *places: tuple[int, int]) -> Any:
        """The aggregate of the events at several ranges of places."""
        rows = sum(end - begin for begin, end in places)
        if self._aggregate.column is None:
            return rows or self._aggregate.empty
        if not self._adds:
            kept = [v for begin, end in places for v in self.values[begin:end]]
            return aggregated(self._aggregate, self._nulls, kept)
        values = sum(self._counts[end] - self._counts[begin] for begin, end in places)
        if self._nulls == "zero":
            values = rows
        elif self._nulls == "propagate" and values < rows:
            return None
        if self._aggregate.function == "count" and rows:
            return values
        if not values:
            return self._aggregate.empty
        total = sum(self._sums[end] - self._sums[begin] for begin, end in places)
        return total if self._aggregate.function == "sum" else Fraction(total, values)

    def totals(self, begin: int, end: int) -> tuple[int, Any]:
        """How many values the events at these places have, and the sum of these numbers."""
        values = self._counts[end] - self._counts[begin]
        return values, self._sums[end] - self._sums[begin]

    @cached_property
    def _counts(self) -> list[int]:
        return list(accumulate((v is not None for v in self.values), initial=0))

    @cached_property
    def _sums(self) -> list[Any]:
        return list(accumulate((v or 0 for v in self.values), initial=0))


@dataclass(frozen=True)
class Case:
    """A feature row of entity `key` at `at`; the key is None if a part of it is NULL.

    `events` are all rows near it, not yet filtered, and all rows of the entity if it is `whole`.
    """

    spec: WindowSpec
    aggregate: Aggregate
    output: Output
    key: Any
    at: int
    observed: Any
    events: Sequence[Event]
    whole: bool = True

    @cached_property
    def edges(self) -> tuple[int, int]:
        """First and last microsecond of the window, as the events of this case have it."""
        if self.spec.window.kind in ("rows", "session"):
            inside = seen(self.spec, self.events, self.at)
            if not inside:
                return self.at, self.at - 1
            return inside[0].time or 0, edges(self.spec.window, self.at, self.spec.timezone)[1]
        return edges(self.spec.window, self.at, self.spec.timezone)

    @cached_property
    def near(self) -> Sequence[Event]:
        """The rows around the window and all versions of them, as a later one may have moved an
        event out of reach; all rows where the window has no edge in time."""
        if self.spec.window.kind not in ("range", "hopping", "tumbling"):
            return self.events
        around = reach(self.spec.window)
        first, last = self.edges[0] - around, self.edges[1] + around

        def is_near(event: Event) -> bool:
            return event.time is not None and first <= event.time <= last

        ids = {e.id for e in self.events if is_near(e)} - {None}
        return [e for e in self.events if is_near(e) or e.id in ids]

    @cached_property
    def timeline(self) -> Timeline:
        """What the row may know around its window, in order."""
        return self.timeline_of(known(self.spec, self.near, self.at))

    @cached_property
    def history(self) -> Timeline:
        """All that the row may know, in order."""
        return self.timeline_of(known(self.spec, self.events, self.at))

    @cached_property
    def inside(self) -> tuple[int, int]:
        """Where the window begins and ends in `timeline`."""
        if self.spec.window.kind in ("rows", "session"):
            last = edges(self.spec.window, self.at, self.spec.timezone)[1]
            end = bisect_right(self.timeline.times, last)
            return end - len(seen(self.spec, self.events, self.at)), end
        return self.timeline.place(*self.edges)

    @cached_property
    def valued(self) -> tuple[Timeline, int, int]:
        """The timeline without rows that have no value, and where the window is in it."""
        begin, end = self.inside
        rows = self.timeline.events
        before = sum(e.value is not None for e in rows[:begin])
        inside = sum(e.value is not None for e in rows[begin:end])
        return self.timeline_of(e for e in rows if e.value is not None), before, before + inside

    @property
    def population(self) -> int:
        begin, end = self.inside
        return end - begin

    @cached_property
    def exact(self) -> Any:
        """What the row should hold."""
        return self.timeline.part(*self.inside)

    @cached_property
    def everything(self) -> Timeline:
        """All events whenever they arrived, one version of each id."""
        final = replace(self.spec, knowledge="final")
        return self.timeline_of(known(final, self.events, self.at))

    def timeline_of(self, events: Iterable[Event], nulls: str | None = None) -> Timeline:
        return Timeline(self.aggregate, nulls or self.spec.nulls, events)

    def under(self, spec: WindowSpec, at: int | None = None) -> Any:
        """What the row would hold under another declaration, or at another time."""
        then = self.at if at is None else at
        inside = seen(spec, self.near, then)
        return aggregated(self.aggregate, spec.nulls, [e.value for e in inside])

    def holds(self, value: Any) -> bool:
        """True when `value` is what is stored."""
        if not is_finite(self.observed):
            return isinstance(value, float) and repr(value) == repr(float(self.observed))
        return self.output.equal(self.observed, value)

    @cached_property
    def is_right(self) -> bool:
        return self.holds(self.exact)


def is_finite(value: Any) -> bool:
    """False for NaN and the infinities, which neither fractions nor whole numbers can hold."""
    return not isinstance(value, float) or math.isfinite(value)


def spread(cases: Sequence[Case], most: int) -> Sequence[Case]:
    """At most so many cases from all over the list, whose neighbours are often of one entity."""
    if len(cases) <= most:
        return cases
    return [cases[i * len(cases) // most] for i in range(most)]


def trimmed(case: Case, keeps: Callable[[Event], bool]) -> Any:
    """The value of the window from those of its events that are kept."""
    begin, end = case.inside
    kept = [e for e in case.timeline.events[begin:end] if keeps(e)]
    return case.timeline_of(kept).part(0, len(kept))
