"""The slow and obvious oracle: what a feature row should hold, one row at a time.

Values are whole numbers (decimals by their unscaled digits), or any ordered values for min, max,
first, last and count_distinct. Sums and means are exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sparkguard.windows.clock import edges
from sparkguard.windows.spec import Aggregate, WindowSpec


@dataclass(frozen=True)
class Event:
    """One source row of an entity; times in microseconds since 1970 UTC.

    A row `elsewhere` belongs to another entity: it may be the last version of an event that an
    earlier one placed here, and is itself in no window of this entity.
    """

    time: int | None
    value: Any = None
    arrival: int | None = None
    id: Any = None
    order: tuple[Any, ...] = ()
    elsewhere: bool = False

    @property
    def rank(self) -> tuple[Any, ...]:
        """Position in time, ties broken by the declared columns; NULL comes first, as in Spark."""
        return (self.time, *((x is not None, x) for x in self.order))


def arrived(spec: WindowSpec, events: Iterable[Event], at: int) -> list[Event]:
    """The rows that have a place in time and had arrived by `at`, every version of each id."""
    placed = [e for e in events if e.time is not None]
    if spec.as_of:
        placed = [e for e in placed if e.arrival is not None and e.arrival <= at]
    return placed


def known(spec: WindowSpec, events: Iterable[Event], at: int) -> list[Event]:
    """The events of the entity that had arrived by `at`, one version of each id."""
    rows = arrived(spec, events, at)
    if spec.distinct_id is None:
        return [e for e in rows if not e.elsewhere]
    latest: dict[Any, Event] = {}
    for n, event in enumerate(rows):
        key = ("null", n) if event.id is None else ("id", event.id)
        if key not in latest or _version(latest[key]) < _version(event):
            latest[key] = event
    return [e for e in latest.values() if not e.elsewhere]


def _version(event: Event) -> tuple[Any, ...]:
    arrival = -math.inf if event.arrival is None else event.arrival
    return (arrival, event.time, event.value is not None, 0 if event.value is None else event.value)


def seen(spec: WindowSpec, events: Iterable[Event], at: int) -> list[Event]:
    """The events inside the window of a feature row at `at`, in order."""
    first, last = edges(spec.window, at, spec.timezone)
    inside = [e for e in known(spec, events, at) if e.time is not None and first <= e.time <= last]
    inside.sort(key=lambda event: event.rank)
    match spec.window.kind:
        case "rows":
            return inside[-(spec.window.rows or 0) :]
        case "session":
            return _session(inside, at, spec.window.pause)
    return inside


def _session(before: list[Event], at: int, pause: int) -> list[Event]:
    open_: list[Event] = []
    then = at
    for event in reversed(before):
        assert event.time is not None
        if then - event.time > pause:
            break
        open_.insert(0, event)
        then = event.time
    return open_


def expected(spec: WindowSpec, aggregate: Aggregate, events: Iterable[Event], at: int) -> Any:
    """What the feature row at `at` should hold."""
    return aggregated(aggregate, spec.nulls, [e.value for e in seen(spec, events, at)])


def aggregated(aggregate: Aggregate, nulls: str, values: Sequence[Any]) -> Any:
    """One value from the values in a window, None as NULL."""
    if not values:
        return aggregate.empty
    if aggregate.column is None:
        return len(values)
    if nulls == "zero":
        values = [0 if v is None else v for v in values]
    elif nulls == "propagate" and None in values:
        return None
    kept = [v for v in values if v is not None]
    if aggregate.function == "count":
        return len(kept)
    if aggregate.function == "count_distinct":
        return len(set(kept))
    return _numeric(aggregate, kept) if kept else aggregate.empty


def _numeric(aggregate: Aggregate, kept: Sequence[Any]) -> Any:
    match aggregate.function:
        case "sum":
            return sum(kept)
        case "mean":
            return Fraction(sum(kept), len(kept))
        case "min":
            return min(kept)
        case "max":
            return max(kept)
        case "first":
            return kept[0]
        case "last":
            return kept[-1]
        case "stddev":
            return deviation(len(kept), sum(kept), sum(v * v for v in kept), aggregate.ddof or 0)
        case "quantile":
            return quantile(sorted(kept), aggregate.q or 0.0, aggregate.method or "linear")
    raise AssertionError(aggregate.function)


def deviation(n: int, total: int, squares: int, ddof: int) -> float | None:
    """Standard deviation from exact sums; None where it is undefined."""
    if n <= ddof:
        return None
    return math.sqrt(Fraction(n * squares - total * total, n * (n - ddof)))


def quantile(ordered: Sequence[Any], q: float, method: str) -> Any:
    """Linear interpolation between neighbours, or the lowest value with share >= q at or below."""
    if method == "lower":
        return ordered[max(0, math.ceil(q * len(ordered)) - 1)]
    place = q * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return (1 - (place - low)) * ordered[low] + (place - low) * ordered[high]
