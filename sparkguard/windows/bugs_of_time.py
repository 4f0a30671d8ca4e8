"""Bugs that read the time of a feature row, or of its events, wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sparkguard.windows.bugs import TIMED, Bug, Variant, shifted
from sparkguard.windows.cases import Case
from sparkguard.windows.clock import changes, edges, offset
from sparkguard.windows.durations import DAY, HOUR, MINUTE, SECOND, spoken
from sparkguard.windows.oracle import known
from sparkguard.windows.spec import Aggregate, WindowSpec

_GRAINS = (MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR)
_DELAYS = (SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE) + tuple(
    h * HOUR for h in (1, 2, 3, 4, 5, 6, 8, 12, 24)
)


class Snapshot(Bug):
    name = "snapshot"
    title = "the feature is computed in steps and repeated between them"
    needs = "events between a step and the time of a row"
    finest = MINUTE

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        zone = cases[0].spec.timezone
        for grain in (*_GRAINS, DAY):
            yield Variant(
                self.name,
                f"the value at the last full {spoken(grain).removeprefix('1 ')}",
                _at(_down_to(grain)),
                self.title,
                part="whole window",
                grain=grain,
            )
        yield Variant(
            self.name,
            "the value at the last local midnight",
            _at(lambda at: (at + offset(at, zone)) // DAY * DAY - offset(at, zone)),
            self.title,
            part="whole window",
            grain=DAY,
        )
        if cases[0].spec.window.kind not in TIMED:
            return
        for grain in (*_GRAINS, DAY):
            says = f"a left edge rounded down to {spoken(grain)}"
            yield Variant(self.name, says, _rounded(grain), self.title, part="left edge",
                          grain=grain)  # fmt: skip


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


class Stale(Bug):
    name = "stale"
    title = "the feature lags behind"
    needs = "events within the lag"
    finest = SECOND

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        for delay in _DELAYS:
            says = f"the value of {spoken(delay)} earlier"
            yield Variant(self.name, says, _at(_less(delay)), self.title, grain=delay)


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


@cache
def _clocks_change(zone: str) -> bool:
    """True when the zone's offset changes at some time from 1970 to 2037."""
    return bool(changes(zone, 0, 68 * 365 * DAY))


class DaylightSaving(Bug):
    name = "dst"
    title = "days are counted as 24 hours where local days are meant, or the reverse"
    needs = "a window across a change of the clocks, with events in the hour that differs"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        size = spec.window.size if spec.window.length else None
        if size is None or size.months or size.micros % DAY or spec.window.kind != "range":
            return False
        return _clocks_change(spec.timezone)

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        spec = cases[0].spec
        days = spec.window.size.elapsed // DAY
        clock: Any = "elapsed" if spec.window.by_calendar else "calendar"
        window = replace(spec.window, clock=clock, length=f"P{days}D")
        word = "local days" if clock == "calendar" else "times 24 hours"

        def value(case: Case) -> Any:
            return case.timeline.value(*edges(window, case.at, spec.timezone))

        yield Variant(self.name, f"a window of {days} {word}", value, self.title)
