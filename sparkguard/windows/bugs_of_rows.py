"""Bugs that see too few rows, too many, or the wrong ones."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import combinations
from typing import Any

from sparkguard.windows.bugs import Bug, Variant
from sparkguard.windows.cases import Case, Timeline, is_finite, spread
from sparkguard.windows.clock import FOREVER, instant, moment, wall
from sparkguard.windows.durations import DAY
from sparkguard.windows.spec import Aggregate, WindowSpec

_ROUND = frozenset(
    {*range(1, 10), *(d * 10**k for k in range(5) for d in range(10, 100))}
    | {2**k for k in range(21)}
)
_LOOKED_AT = 40
_MOST_TIED = 8


def _caps(cases: Sequence[Case], hints: Sequence[int]) -> tuple[int, ...]:
    largest = max((case.population for case in cases), default=0)
    near = {cap for hint in hints for cap in (hint - 1, hint, hint + 1)}
    counts = {
        int(case.observed)
        for case in spread(cases, _LOOKED_AT)
        if case.aggregate.function == "count"
        and case.observed is not None
        and is_finite(case.observed)
    }
    return tuple(sorted(cap for cap in {*_ROUND, *near, *counts} if 0 < cap < largest))


class _Cap(Bug):
    """A history that holds at most so many rows."""

    needs = "a window with more rows than the cap"
    first: bool

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        caps = _caps(cases, hints)
        yield from (self._variant(cap) for cap in caps)
        if any(_lacks_values(case) for case in spread(cases, _LOOKED_AT)):
            yield from (self._variant(cap, values=True) for cap in caps)
        if not self.first and cases[0].spec.window.bounds[-1] == ")":
            yield from (self._variant(cap, own=True) for cap in caps)

    def mutants(self, cases: Sequence[Case]) -> Iterator[Variant]:
        largest = max((case.population for case in cases), default=0)
        yield self._variant(max(1, largest - 1))

    def _variant(self, cap: int, own: bool = False, values: bool = False) -> Variant:
        says = f"the {'first' if self.first else 'last'} {cap:,} {'values' if values else 'rows'}"
        if own:
            says += ", one at its own time among them"
        kept = _Kept(cap, self.first, own, values)
        return Variant(self.name, says, kept.value, f"history capped at {cap:,}",
                       fits=kept.fits, parameter=cap)  # fmt: skip


def _lacks_values(case: Case) -> bool:
    begin, end = case.inside
    return case.aggregate.column is not None and None in case.timeline.values[begin:end]


@dataclass(frozen=True)
class _Kept:
    """The first or last rows of a window, or those of them that have a value."""

    cap: int
    first: bool
    own: bool  # a row at the feature's own time takes up a place
    values: bool

    def value(self, case: Case) -> Any:
        timeline, begin, end = self._kept(case)
        return timeline.part(begin, end)

    def fits(self, case: Case) -> bool:
        """Rows that share the time of the cut may have come in any order."""
        if case.holds(self.value(case)):
            return True
        return any(case.holds(value) for value in self._reordered(case))

    def _kept(self, case: Case) -> tuple[Timeline, int, int]:
        timeline, begin, end = case.valued if self.values else (case.timeline, *case.inside)
        if self.first:
            return timeline, begin, min(end, begin + self.cap)
        newest = bisect_right(timeline.times, case.at) if self.own else end
        return timeline, min(end, max(begin, newest - self.cap)), end

    def _reordered(self, case: Case) -> Iterator[Any]:
        """The values that other orders of the rows at the cut would give."""
        timeline, begin, end = self._kept(case)
        cut = end if self.first else begin
        if not 0 < cut < len(timeline.times) or timeline.times[cut - 1] != timeline.times[cut]:
            return
        if case.aggregate.function not in ("sum", "mean") or case.spec.nulls != "ignore":
            return
        low, high = timeline.place(timeline.times[cut], timeline.times[cut])
        if high - low > _MOST_TIED:
            return
        count, total = timeline.totals(begin, low) if self.first else timeline.totals(high, end)
        tied, chosen = timeline.values[low:high], cut - low if self.first else high - cut
        for some in combinations(tied, chosen):
            summed, values = total + sum(v or 0 for v in some), count + len(some) - some.count(None)
            if values:
                yield summed if case.aggregate.function == "sum" else Fraction(summed, values)


class LastRows(_Cap):
    name = "cap_last"
    title = "only the last rows of a history are kept"
    first = False


class FirstRows(_Cap):
    name = "cap_first"
    title = "only the first rows of a window are kept"
    first = True


class RowLimit(Bug):
    name = "row_limit"
    title = "the source was cut after so many rows"
    needs = "events after the cut"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return spec.window.kind in ("range", "hopping", "tumbling", "unbounded")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        for after in (True, False):
            cut = _best_cut([_cuts(case, after) for case in spread(cases, _LOOKED_AT)], after)
            if cut is not None:
                yield _cut_at(cut, after)

    def mutants(self, cases: Sequence[Case]) -> Iterator[Variant]:
        ends = [case.timeline.times[case.inside[1] - 1] for case in cases if case.population]
        yield _cut_at(max(ends, default=0) - 1, True)


def _cut_at(cut: int, after: bool) -> Variant:
    def value(case: Case) -> Any:
        begin, end = case.edges
        if after:
            return case.timeline.value(begin, min(end, cut))
        return case.timeline.value(max(begin, cut), end)

    word = "up to" if after else "from"
    at = moment(cut).strftime("%Y-%m-%d %H:%M:%S")
    says = f"the window over source rows {word} {at} UTC only"
    return Variant("row_limit", says, value, "the source was read through a row limit", cutoff=cut)


def _cuts(case: Case, after: bool) -> list[tuple[int, int]]:
    """Ranges of times at which a cut of the source gives the stored value."""
    begin, end = case.inside
    times = case.timeline.times
    found: list[tuple[int, int]] = []
    for place in range(begin, end + 1) if end - begin <= 20_000 else ():
        parts = (begin, place) if after else (place, end)
        if parts != (begin, end) and case.holds(case.timeline.part(*parts)):
            if after:
                low = times[place - 1] if place > begin else -FOREVER
                found.append((low, times[place] - 1))
            else:
                low = times[place - 1] + 1
                found.append((low, times[place] if place < end else FOREVER))
    return [(low, high) for low, high in found if low <= high]


def _best_cut(found: Iterable[Iterable[tuple[int, int]]], after: bool) -> int | None:
    """The cut that most cases agree on: as near to the rows they still see as they tell."""
    marks = sorted(
        mark for ranges in found for low, high in ranges for mark in ((low, 0, 1), (high, 1, -1))
    )
    best, open_ = 1, 0
    agreed: tuple[int, int] | None = None
    for i, (at, _, step) in enumerate(marks):
        open_ += step
        if open_ > best:
            best, agreed = open_, (at, marks[i + 1][0])
    if agreed is None:
        return None
    near, far = agreed if after else reversed(agreed)
    return next((cut for cut in (near, far) if abs(cut) < FOREVER), None)


class FanOut(Bug):
    name = "fan_out"
    title = "a join repeats every event of an entity"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return aggregate.function in ("sum", "count")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        found: dict[Any, int] = {}
        for case in cases:
            factor = _factor(case)
            if factor is not None and case.key not in found:
                found[case.key] = factor
        common = Counter(found.values()).most_common(3)
        for factor, _ in common:
            yield self._times(factor)
        if len(set(found.values())) > 1:
            yield Variant(
                self.name,
                "the value times a whole number that is constant per entity",
                lambda case: _scaled(case, found.get(case.key)),
                self.title,
            )

    def mutants(self, cases: Sequence[Case]) -> Iterator[Variant]:
        yield self._times(2)

    def _times(self, factor: int) -> Variant:
        says = f"the value times {factor:,}"
        return Variant(self.name, says, lambda c: _scaled(c, factor), self.title,
                       parameter=factor)  # fmt: skip


def _scaled(case: Case, factor: int | None) -> Any:
    if factor is None or case.exact is None:
        return case.exact
    return case.exact * factor


def _factor(case: Case) -> int | None:
    """The whole number of at least 2 that the stored value is a multiple by."""
    if not case.exact or not case.observed or not is_finite(case.observed):
        return None
    factor = round(float(case.observed) * case.output.unit / float(case.exact))
    return factor if factor >= 2 and case.holds(case.exact * factor) else None


class MissingPartition(Bug):
    name = "missing_partition"
    title = "a day of the source was not read"
    needs = "a day with events"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return spec.window.kind in ("range", "hopping", "tumbling", "unbounded")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        votes: Counter[int] = Counter()
        for case in spread(cases, _LOOKED_AT):
            for day in _days(case):
                if case.holds(_without(case, day)):
                    votes[day] += 1
        for day, _ in votes.most_common(3):
            yield self._day(day)

    def mutants(self, cases: Sequence[Case]) -> Iterator[Variant]:
        days = Counter(day for case in cases for day in _days(case))
        for day, _ in days.most_common(1):
            yield self._day(day)

    def _day(self, day: int) -> Variant:
        date = (moment(0) + timedelta(days=day)).strftime("%Y-%m-%d")
        says = f"the window without the events of {date}"
        return Variant(self.name, says, lambda c: _without(c, day), f"day {date} was not read")


def _days(case: Case) -> list[int]:
    """The local days of the window that have events, by number since 1970."""
    begin, end = case.inside
    if begin >= end:
        return []
    zone, times = case.spec.timezone, case.timeline.times
    days = range(wall(times[begin], zone) // DAY, wall(times[end - 1], zone) // DAY + 1)
    return [day for day in days if _places(case, day)[0] < _places(case, day)[1]]


def _places(case: Case, day: int) -> tuple[int, int]:
    """Where a local day's events are in the window."""
    (begin, end), zone = case.inside, case.spec.timezone
    low, high = case.timeline.place(instant(day * DAY, zone), instant((day + 1) * DAY, zone) - 1)
    return min(max(low, begin), end), min(max(high, begin), end)


def _without(case: Case, day: int) -> Any:
    (begin, end), (low, high) = case.inside, _places(case, day)
    return case.timeline.parts((begin, low), (high, end))
