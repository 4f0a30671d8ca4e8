"""A small source that tells all bugs of windowed pipelines apart, and reads what came of it.

Ordinary data rarely holds an event exactly on an edge, a window above the cap or a sum beyond
31 bits. The probe's keys do. Edge events are distinct powers of two, so that the difference of a
sum names the rows that are wrongly in or out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sparkguard.windows.bugs import UNKNOWN
from sparkguard.windows.cases import Case
from sparkguard.windows.catalogue import applicable
from sparkguard.windows.clock import changes, edges
from sparkguard.windows.durations import DAY, HOUR, MINUTE, SECOND
from sparkguard.windows.oracle import Event, expected
from sparkguard.windows.replay import Replayed, replay
from sparkguard.windows.spec import Aggregate, WindowSpec
from sparkguard.windows.values import Output

PREFIX = "sparkguard-probe-"
"""Reserved entities; none of them may appear in published output."""
START = 1_704_067_200 * SECOND  # 2024-01-01 00:00 UTC
HOT = 150
_UNTIMED_LENGTH = 7 * DAY


@dataclass(frozen=True)
class Probe:
    """Events by entity, and the times at which each entity's feature is asked for."""

    events: Mapping[str, tuple[Event, ...]]
    times: Mapping[str, tuple[int, ...]]

    def rows(self) -> Iterator[tuple[str, int]]:
        """(entity, time) of every feature row the pipeline should write."""
        for key, times in self.times.items():
            for at in times:
                yield key, at


def probe(spec: WindowSpec, hot: int = HOT) -> Probe:
    """The probe for a declared window; `hot` is how many events the hot key's window holds."""
    length = _length(spec)
    at = START + 60 * DAY + 12 * HOUR
    events = {
        "edge": _edge(spec, at, length),
        "overflow": tuple(
            Event(at - (n + 1) * length // 8, 2_000_000_000, None, f"overflow-{n}")
            for n in range(3)
        ),
        "float": tuple(
            Event(at - (n + 1) * length // 64, 2**24 - 20 + n, None, f"float-{n}")
            for n in range(40)
        ),
        "hot": tuple(
            Event(at - (n + 1) * length // (hot + 2), 3 * n + 1, None, f"hot-{n}")
            for n in range(hot)
        ),
        "steady": tuple(
            Event(at - n * HOUR - 7 * MINUTE, n * n % 97 + 1, None, f"steady-{n}")
            for n in range(-30, int(min(2 * length // HOUR, 24 * 40)))
        ),
        "quiet": (Event(at - 300 * DAY, 1, None, "quiet-0"),),
    }
    times: dict[str, tuple[int, ...]] = dict.fromkeys(events, (at,))
    times["steady"] = tuple(at + n * 25 * MINUTE for n in range(-20, 20))
    times["edge"] = (at, at + HOUR, at + DAY)
    for n, change in enumerate(_changes(spec)):
        key = f"dst-{n}"
        events[key] = tuple(
            Event(change - length + h * 30 * MINUTE, 2 ** (h + 4), None, f"{key}-{h}")
            for h in range(-4, 5)
        ) + (Event(change - MINUTE, 1, None, f"{key}-last"),)
        times[key] = (change + MINUTE, change + 2 * MINUTE + 3 * HOUR)
    return Probe(
        {PREFIX + key: _arrived(found) for key, found in events.items()},
        {PREFIX + key: found for key, found in times.items()},
    )


def _length(spec: WindowSpec) -> int:
    """How long a window is, roughly; sessions are as long as several pauses."""
    window = spec.window
    if window.length is not None:
        size = window.size
        return size.months * 30 * DAY + size.days * DAY + size.micros
    return window.pause // 2 if window.kind == "session" else _UNTIMED_LENGTH


def _changes(spec: WindowSpec) -> tuple[int, ...]:
    return changes(spec.timezone, START, START + 366 * DAY)[:2]


def _edge(spec: WindowSpec, at: int, length: int) -> tuple[Event, ...]:
    """Events on and around both edges, at the midnights, and far outside."""
    first, last = edges(spec.window, at, spec.timezone)
    begin = at - length if spec.window.length is None else first
    places = [
        at, at + 1, at - 1, last, last + 1, begin, begin - 1, begin + 1, begin - HOUR, begin + HOUR,
        begin - 30 * MINUTE, begin - DAY, begin + DAY, at - HOUR, at + HOUR, at - 30 * MINUTE,
        at - DAY, at + DAY, at - 60 * DAY, at - 12 * HOUR, at - 7 * HOUR,
    ]  # fmt: skip
    unique = list(dict.fromkeys(places))
    found = [Event(t, 2**n, None, f"edge-{n}", (n,)) for n, t in enumerate(unique)]
    ties = [
        Event(at - length // 3, 2 ** (len(unique) + n), None, f"tie-{n}", (100 + n,))
        for n in range(3)
    ]
    late = Event(at - length // 2, 2 ** (len(unique) + 3), at + HOUR, "late", (110,))
    slow = Event(at - length // 6, 2 ** (len(unique) + 6), at - 1, "slow", (115,))
    ahead = Event(at + 2 * HOUR, 2 ** (len(unique) + 5), at - HOUR, "ahead", (114,))
    missing = Event(at - length // 4, None, None, "null", (111,))
    twice = Event(at - length // 5, 2 ** (len(unique) + 4), None, "twice", (112,))
    again = Event(twice.time, twice.value, None, "twice", (113,))
    return (*found, *ties, late, slow, ahead, missing, twice, again)


def _arrived(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """The events with an arrival time: their own, unless they are late."""
    return tuple(
        Event(e.time, e.value, e.arrival if e.arrival is not None else e.time, e.id,
              e.order or (n,))
        for n, e in enumerate(events)
    )  # fmt: skip


def separation(spec: WindowSpec, aggregate: Aggregate, output: Output, made: Probe) -> Separation:
    """Which bugs the probe tells from a correct pipeline and from each other."""
    cases = [
        Case(spec, aggregate, output, key, at,
             expected(spec, aggregate, made.events[key], at), made.events[key])
        for key, at in made.rows()
    ]  # fmt: skip
    prints: dict[str, tuple[Any, ...]] = {"correct": tuple(case.exact for case in cases)}
    for bug in applicable(spec, aggregate):
        for n, mutant in enumerate(bug.mutants(cases)):
            values = (mutant.value(case) for case in cases)
            print_ = tuple(
                case.exact if value is UNKNOWN else value
                for case, value in zip(cases, values, strict=True)
            )
            prints[f"{bug.name}: {mutant.says}" if n else bug.name] = print_
    return Separation(prints)


@dataclass(frozen=True)
class Separation:
    """What every pipeline, correct or not, would write for the probe's rows."""

    prints: Mapping[str, tuple[Any, ...]]

    @property
    def unseen(self) -> tuple[str, ...]:
        """Bugs that no variant shows: their output equals the correct one on every row."""
        right = self.prints["correct"]
        shown = {n.partition(":")[0] for n, p in self.prints.items() if p != right}
        every = dict.fromkeys(n.partition(":")[0] for n in self.prints)
        return tuple(n for n in every if n != "correct" and n not in shown)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Bugs of different names that write the same on every row of the probe."""
        by_print: dict[tuple[Any, ...], list[str]] = {}
        for name, print_ in self.prints.items():
            by_print.setdefault(print_, []).append(name)
        return tuple(
            tuple(names)
            for names in by_print.values()
            if len({name.partition(":")[0] for name in names}) > 1
        )


def diagnosis(
    spec: WindowSpec,
    aggregate: Aggregate,
    output: Output,
    made: Probe,
    written: Mapping[tuple[str, int], Any],
) -> Replayed:
    """What the output of a pipeline for the probe says about it.

    Rows that the pipeline did not write are left out. Raises ValueError when it wrote none.
    """
    cases = [
        Case(spec, aggregate, output, key, at, written[key, at], made.events[key])
        for key, at in made.rows()
        if (key, at) in written
    ]
    if not cases:
        raise ValueError("the output holds none of the probe's rows")
    return replay(cases, hints=(HOT, HOT - 1))
