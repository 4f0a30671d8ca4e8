"""Bugs that put the edges of a window in the wrong place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sparkguard.windows.bugs import UNKNOWN, Bug, Variant, bug
from sparkguard.windows.cases import Case
from sparkguard.windows.clock import FOREVER, changes, edges, offset
from sparkguard.windows.durations import DAY, HOUR, MINUTE, SECOND, spoken
from sparkguard.windows.oracle import known
from sparkguard.windows.spec import Aggregate, WindowSpec

_TIMED = ("range", "hopping", "tumbling")
_GRAINS = (MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR)
_DELAYS = (SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE) + tuple(
    h * HOUR for h in (1, 2, 3, 4, 5, 6, 8, 12, 24)
)


def shifted(first: int, last: int) -> Callable[[Case], Any]:
    """The window with its edges moved by so many microseconds."""

    def value(case: Case) -> Any:
        begin, end = case.edges
        if case.spec.window.kind == "unbounded":
            return case.timeline.value(-FOREVER, end + last)
        return case.timeline.value(begin + first, end + last)

    return value


@bug
class Boundary(Bug):
    name = "boundary"
    title = "a window edge is closed where it should be open, or open where closed"
    needs = "an event exactly at an edge of a window"

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        window = cases[0].spec.window
        now = window.bounds
        right = _right(now)
        if window.kind in _TIMED:
            left = -1 if now[0] == "(" else 1
            said = "with" if now[0] == "(" else "without"
            rest = "with" if now[1] == ")" else "without"
            yield self._variant(f"{said} the event at the left edge", left, 0)
            yield self._variant(f"{rest} the event at the right edge", 0, right)
            yield self._variant(
                f"{said} the event at the left edge and {rest} that at the right", left, right
            )
        elif window.kind == "unbounded":
            rest = "with" if now == ")" else "without"
            yield self._variant(f"{rest} the event at its own time", 0, right)
        else:
            other: Any = "]" if now == ")" else ")"
            rest = "with" if now == ")" else "without"

            def flipped(case: Case) -> Any:
                return case.under(replace(case.spec, window=replace(window, bounds=other)))

            yield Variant(self.name, f"the window {rest} the event at its own time", flipped)

    def _variant(self, said: str, first: int, last: int) -> Variant:
        return Variant(self.name, f"the window {said}", shifted(first, last), self.title)


def _right(bounds: str) -> int:
    return 1 if bounds[-1] == ")" else -1


@bug
class Length(Bug):
    name = "length"
    title = "the window is longer or shorter than declared"
    needs = "events between the declared and the wrong edge"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return spec.window.kind in (*_TIMED, "rows", "session")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        spec = cases[0].spec
        window = spec.window
        if window.kind in _TIMED:
            for unit in (DAY, HOUR, MINUTE, SECOND, 1_000):
                for sign in (1, -1):
                    if window.kind == "range" and sign * unit + window.size.longest <= 2 * HOUR:
                        continue
                    word = "longer" if sign > 0 else "shorter"
                    says = f"a window {spoken(unit)} {word}"
                    yield Variant(self.name, says, shifted(-sign * unit, 0), self.title)
        elif window.kind == "rows":
            for more in (1, -1):
                rows = (window.rows or 0) + more
                if rows > 0:
                    yield self._other(spec, f"the last {rows:,} rows", rows=rows)
        else:
            for unit in (HOUR, MINUTE, SECOND):
                for sign in (1, -1):
                    gap = window.pause + sign * unit
                    if gap > 0:
                        seconds = f"PT{gap // SECOND}S"
                        yield self._other(spec, f"sessions with a pause of {spoken(gap)}",
                                          gap=seconds)  # fmt: skip

    def _other(self, spec: WindowSpec, says: str, **options: Any) -> Variant:
        other = replace(spec, window=replace(spec.window, **options))
        return Variant(self.name, says, lambda case: case.under(other), self.title)


@bug
class Snapshot(Bug):
    name = "snapshot"
    title = "the feature is computed in steps and repeated between them"
    needs = "events between a step and the time of a row"

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        zone = cases[0].spec.timezone
        for grain in (*_GRAINS, DAY):
            yield Variant(
                self.name,
                f"the value at the last full {spoken(grain).removeprefix('1 ')}",
                _at(_down_to(grain)),
                self.title,
            )
        yield Variant(
            self.name,
            "the value at the last local midnight",
            _at(lambda at: (at + offset(at, zone)) // DAY * DAY - offset(at, zone)),
            self.title,
        )
        if cases[0].spec.window.kind not in _TIMED:
            return
        for grain in (*_GRAINS, DAY):
            says = f"a left edge rounded down to {spoken(grain)}"
            yield Variant(self.name, says, _rounded(grain), self.title)


def _down_to(grain: int) -> Callable[[int], int]:
    return lambda at: at // grain * grain


def _less(delay: int) -> Callable[[int], int]:
    return lambda at: at - delay


def _rounded(grain: int) -> Callable[[Case], Any]:
    def value(case: Case) -> Any:
        begin, end = case.edges
        return case.timeline.value(begin // grain * grain, end)

    return value


def _at(moved: Callable[[int], int]) -> Callable[[Case], Any]:
    """The correct value of another time."""

    def value(case: Case) -> Any:
        then = moved(case.at)
        if case.spec.window.kind in ("rows", "session"):
            return case.under(case.spec, then)
        timeline = case.timeline
        if case.spec.as_of:
            timeline = case.timeline_of(known(case.spec, case.near, then))
        return timeline.value(*edges(case.spec.window, then, case.spec.timezone))

    return value


@bug
class Stale(Bug):
    name = "stale"
    title = "the feature lags behind"
    needs = "events within the lag"

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        for delay in _DELAYS:
            says = f"the value of {spoken(delay)} earlier"
            yield Variant(self.name, says, _at(_less(delay)), self.title)


@bug
class TimeZone(Bug):
    name = "time_zone"
    title = "event times and feature times are read in different time zones"
    needs = "events within the shift of an edge"

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        yield from self.mutants(cases)
        for quarter in range(-56, 57):
            if quarter:
                yield self._fixed(quarter * 15 * MINUTE)

    def mutants(self, cases: Sequence[Case]) -> Iterator[Variant]:
        zone = cases[0].spec.timezone
        if zone not in ("UTC", "Etc/UTC"):
            for sign, word in ((1, "ahead of"), (-1, "behind")):

                def local(case: Case, sign: int = sign) -> Any:
                    begin, end = case.edges
                    by = sign * offset(case.at, zone)
                    return case.timeline.value(begin + by, end + by)

                says = f"a window moved by local time {word} UTC"
                yield Variant(self.name, says, local, self.title)
        else:
            yield self._fixed(-5 * HOUR)

    def _fixed(self, by: int) -> Variant:
        word = "later" if by > 0 else "earlier"
        says = f"a window {spoken(by)} {word}"
        return Variant(self.name, says, shifted(by, by), self.title)


@bug
class DaylightSaving(Bug):
    name = "dst"
    title = "days are counted as 24 hours where local days are meant, or the reverse"
    needs = "a window across a change of the clocks, with events in the hour that differs"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        size = spec.window.size if spec.window.length else None
        if size is None or size.months or size.micros % DAY or spec.window.kind != "range":
            return False
        year = 365 * DAY
        return bool(changes(spec.timezone, 50 * year, 52 * year))

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        spec = cases[0].spec
        days = spec.window.size.elapsed // DAY
        clock: Any = "elapsed" if spec.window.by_calendar else "calendar"
        window = replace(spec.window, clock=clock, length=f"P{days}D")
        word = "local days" if clock == "calendar" else "times 24 hours"

        def value(case: Case) -> Any:
            return case.timeline.value(*edges(window, case.at, spec.timezone))

        yield Variant(self.name, f"a window of {days} {word}", value, self.title)


@bug
class Leak(Bug):
    name = "leak"
    title = "the window has no right edge: events after the feature's time are seen"
    needs = "events after the time of a row"

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        if cases[0].spec.window.kind not in (*_TIMED, "unbounded"):
            return
        every = "the window without a right edge"
        yield Variant(
            self.name, every, lambda c: c.everything.value(c.edges[0], FOREVER), self.title
        )
        yield Variant(
            self.name,
            f"{every}, of events that had arrived",
            lambda c: c.history.value(c.edges[0], FOREVER),
            self.title,
        )


@bug
class RowsForRange(Bug):
    name = "rows_for_range"
    title = "ROWS is used for RANGE, or RANGE for ROWS"
    needs = "rows that share a time, or more or fewer rows than units of time"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return spec.window.kind in ("range", "unbounded", "rows")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        window = cases[0].spec.window
        if window.kind == "rows":
            yield Variant(self.name, "the window with all ties of its first row", _with_ties)
            return
        if window.kind == "range":
            for rows in _rows_of(window.size.longest - 2 * HOUR):
                yield Variant(self.name, f"the last {rows:,} rows whatever their time",
                              _last(rows), self.title)  # fmt: skip
        if window.bounds[-1] == "]":
            yield Variant(
                self.name,
                "some of the rows that share its time",
                _first_tie,
                self.title,
                fits=_some_ties,
            )


def _rows_of(length: int) -> tuple[int, ...]:
    """How many rows a length would be, were each unit of time a row."""
    found = {length // unit for unit in (DAY, HOUR, MINUTE) if length >= unit}
    return tuple(sorted({n + more for n in found for more in (0, 1)} - {0}))


def _last(rows: int) -> Callable[[Case], Any]:
    def value(case: Case) -> Any:
        end = bisect_right(case.history.times, case.edges[1])
        return case.history.part(end - rows, end)

    return value


def _ties(case: Case) -> tuple[int, int]:
    """Places of the events at the right edge itself."""
    end = case.edges[1]
    return case.timeline.place(end, end)


def _first_tie(case: Case) -> Any:
    low, high = _ties(case)
    return case.timeline.part(case.inside[0], low + 1) if high - low > 1 else case.exact


def _some_ties(case: Case) -> bool:
    low, high = _ties(case)
    ends = range(low + 1, high) if high - low > 1 else (case.inside[1],)
    return any(case.holds(case.timeline.part(case.inside[0], end)) for end in ends) or (
        case.is_right
    )


def _with_ties(case: Case) -> Any:
    begin, end = case.inside
    if begin >= end:
        return UNKNOWN
    first, _ = case.timeline.place(case.timeline.times[begin], case.timeline.times[begin])
    return case.timeline.part(first, end)
