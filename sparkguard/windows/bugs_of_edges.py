"""Bugs that put the edges of a window in the wrong place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from sparkguard.windows.bugs import TIMED, UNKNOWN, Bug, Variant, shifted
from sparkguard.windows.cases import Case
from sparkguard.windows.clock import FOREVER
from sparkguard.windows.durations import DAY, HOUR, MINUTE, SECOND, spoken
from sparkguard.windows.spec import Aggregate, WindowSpec

_MOST_TIES = 6
"""Of so many events at one time every choice is tried."""


class Boundary(Bug):
    name = "boundary"
    title = "a window edge is closed where it should be open, or open where closed"
    needs = "an event exactly at an edge of a window"

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        window = cases[0].spec.window
        now, right = window.bounds, _right(window.bounds)
        at_right = "with" if now[-1] == ")" else "without"
        wrongly_right = f"the right edge is {_KIND[right]}, not {_KIND[-right]}"
        if window.kind in TIMED:
            left = -1 if now[0] == "(" else 1
            at_left = "with" if now[0] == "(" else "without"
            wrongly_left = f"the left edge is {_KIND[-left]}, not {_KIND[left]}"
            says = "{} the event at the {} edge"
            yield self._variant(says.format(at_left, "left"), left, 0, wrongly_left, "left edge")
            yield self._variant(
                says.format(at_right, "right"), 0, right, wrongly_right, "right edge"
            )
            said = f"{at_left} the event at the left edge and {at_right} that at the right"
            yield self._variant(said, left, right, f"{wrongly_left}, and {wrongly_right}")
        elif window.kind == "unbounded":
            yield self._variant(f"{at_right} the event at its own time", 0, right, wrongly_right)
        else:
            other: Any = "]" if now == ")" else ")"

            def flipped(case: Case) -> Any:
                return case.under(replace(case.spec, window=replace(window, bounds=other)))

            says = f"the window {at_right} the event at its own time"
            yield Variant(self.name, says, flipped, wrongly_right)

    def mutants(self, cases: Sequence[Case]) -> Iterator[Variant]:
        """One edge at a time: both together show as soon as one of them does."""
        variants = list(self.variants(cases, ()))
        yield from [v for v in variants if v.part] or variants

    def _variant(self, said: str, first: int, last: int, cause: str, part: str = "") -> Variant:
        value = shifted(first, last)
        return Variant(self.name, f"the window {said}", value, cause, part=part)


_KIND = {1: "closed", -1: "open"}


def _right(bounds: str) -> int:
    return 1 if bounds[-1] == ")" else -1


class Length(Bug):
    name = "length"
    title = "the window is longer or shorter than declared"
    needs = "events between the declared and the wrong edge"
    finest = 1_000

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return spec.window.kind in (*TIMED, "rows", "session")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        spec = cases[0].spec
        window = spec.window
        if window.kind in TIMED:
            for unit in (DAY, HOUR, MINUTE, SECOND, 1_000):
                for sign in (1, -1):
                    if sign * unit + window.size.longest <= 2 * HOUR:
                        continue  # nothing would be left of it
                    says = f"a window {spoken(unit)} {_WORD[sign]}"
                    yield Variant(self.name, says, shifted(-sign * unit, 0), self.title,
                                  part=_WORD[sign], grain=unit)  # fmt: skip
        elif window.kind == "rows":
            for more in (1, -1):
                rows = (window.rows or 0) + more
                if rows > 0:
                    says = f"the last {rows:,} rows"
                    yield self._other(spec, says, _WORD[more], None, rows=rows)
        else:
            for unit in (HOUR, MINUTE, SECOND):
                for sign in (1, -1):
                    gap = window.pause + sign * unit
                    if gap > 0:
                        says = f"sessions with a pause of {spoken(gap)}"
                        seconds = f"PT{gap // SECOND}S"
                        yield self._other(spec, says, _WORD[sign], unit, gap=seconds)

    def _other(
        self, spec: WindowSpec, says: str, part: str, grain: int | None, **options: Any
    ) -> Variant:
        other = replace(spec, window=replace(spec.window, **options))
        return Variant(self.name, says, lambda case: case.under(other), self.title, part=part,
                       grain=grain)  # fmt: skip


_WORD = {1: "longer", -1: "shorter"}


class Leak(Bug):
    name = "leak"
    title = "the window has no right edge: events after the feature's time are seen"
    needs = "events after the time of a row"
    sees_history = True

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        if cases[0].spec.window.kind not in (*TIMED, "unbounded"):
            return
        every = "the window without a right edge"

        def without_edge(case: Case) -> Any:
            return case.everything.value(case.edges[0], FOREVER) if case.whole else UNKNOWN

        def of_arrived(case: Case) -> Any:
            return case.history.value(case.edges[0], FOREVER) if case.whole else UNKNOWN

        yield Variant(self.name, every, without_edge, self.title)
        yield Variant(self.name, f"{every}, of events that had arrived", of_arrived, self.title)


class RowsForRange(Bug):
    name = "rows_for_range"
    title = "ROWS is used for RANGE, or RANGE for ROWS"
    needs = "rows that share a time, or more or fewer rows than units of time"
    sees_history = True

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
                              _last(rows), self.title, part="last rows")  # fmt: skip
        if window.bounds[-1] == "]":
            yield Variant(
                self.name,
                "some of the rows that share its time",
                _first_tie,
                self.title,
                fits=_some_ties,
                part="ties",
            )


def _rows_of(length: int) -> tuple[int, ...]:
    """How many rows a length would be, were each unit of time a row."""
    found = {length // unit for unit in (DAY, HOUR, MINUTE) if length >= unit}
    return tuple(sorted({n + more for n in found for more in (0, 1)} - {0}))


def _last(rows: int) -> Callable[[Case], Any]:
    def value(case: Case) -> Any:
        end = bisect_right(case.history.times, case.edges[1])
        if end < rows and not case.whole:
            return UNKNOWN
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
    return case.is_right or any(
        case.holds(case.timeline.parts((case.inside[0], low), *kept)) for kept in _some(low, high)
    )


def _some(low: int, high: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Some of these places, but not all: any, as nothing says in which order ties come."""
    if high - low > _MOST_TIES:
        yield from (((low, end),) for end in range(low + 1, high))
        return
    for size in range(1, high - low):
        for chosen in combinations(range(low, high), size):
            yield tuple((place, place + 1) for place in chosen)


def _with_ties(case: Case) -> Any:
    begin, end = case.inside
    if begin >= end:
        return UNKNOWN
    first, _ = case.timeline.place(case.timeline.times[begin], case.timeline.times[begin])
    return case.timeline.part(first, end)
