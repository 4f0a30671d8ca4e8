"""What a feature's window is, declared in full: nothing that changes a value has a default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sparkguard.windows.durations import Duration, parse

Kind = Literal["range", "rows", "hopping", "tumbling", "session", "unbounded"]
Bounds = Literal["[)", "(]", "[]", "()", ")", "]"]
Function = Literal[
    "count", "sum", "mean", "min", "max", "stddev", "count_distinct", "first", "last", "quantile"
]
COMMITTED = "__sparkguard_committed"
"""The time at which an event's row was committed to its table."""
TOTALS: frozenset[str] = frozenset({"count", "sum", "mean", "stddev"})
"""Functions that follow from differences of running totals."""
_OPTIONS: dict[str, frozenset[str]] = {
    "range": frozenset({"length", "clock"}),
    "rows": frozenset({"rows", "order"}),
    "hopping": frozenset({"length", "hop", "clock"}),
    "tumbling": frozenset({"length", "label", "clock"}),
    "session": frozenset({"gap"}),
    "unbounded": frozenset(),
}


@dataclass(frozen=True)
class Window:
    """Which events a feature row at time t sees.

    - `range`: from t - `length` to t, closed or open as `bounds` say.
    - `rows`: the last `rows` events up to t, in order of time and then of the columns `order`.
    - `hopping`: the `length` before the last multiple of `hop` not after t.
    - `tumbling`: with `label: end` the window that ended last, with `label: start` the one t is in.
    - `session`: back from t as long as no pause is longer than `gap`.
    - `unbounded`: everything up to t.

    `clock: elapsed` counts hours; `clock: calendar` counts local days and months of the zone.
    Multiples count from 1970-01-01T00:00, in UTC or, by the calendar, in the zone.
    """

    bounds: Bounds
    kind: Kind = "range"
    length: str | None = None
    hop: str | None = None
    rows: int | None = None
    gap: str | None = None
    order: tuple[str, ...] | None = None
    label: Literal["start", "end"] | None = None
    clock: Literal["elapsed", "calendar"] | None = None

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def size(self) -> Duration:
        return parse(self.length or "")

    @property
    def step(self) -> Duration:
        """What window ends are multiples of: the hop, or the length where windows tumble."""
        return parse(self.hop or self.length or "")

    @property
    def pause(self) -> int:
        return parse(self.gap or "").elapsed

    @property
    def by_calendar(self) -> bool:
        return self.clock == "calendar"

    @property
    def sees_future(self) -> bool:
        """True when the window reaches beyond the time of its feature row."""
        return self.kind == "tumbling" and self.label == "start"

    def _problems(self) -> Iterator[str]:
        wanted = _OPTIONS[self.kind]
        every = frozenset().union(*_OPTIONS.values())
        for option in sorted(every):
            given = getattr(self, option) is not None
            if given and option not in wanted:
                yield f"window.{option} does not belong to kind: {self.kind}"
            if not given and option in wanted:
                yield f"window.{option} is missing: kind: {self.kind} has no default for it"
        allowed = {
            "range": ("[)", "(]", "[]", "()"),
            "hopping": ("[)", "(]"),
            "tumbling": ("[)", "(]"),
        }.get(self.kind, (")", "]"))
        if self.bounds not in allowed:
            yield f"window.bounds of kind: {self.kind} is one of {', '.join(allowed)}"
        if self.rows is not None and self.rows < 1:
            yield "window.rows is at least 1"
        if wanted & {"length", "hop", "gap"} and all(getattr(self, o) is not None for o in wanted):
            yield from self._lengths()

    def _lengths(self) -> Iterator[str]:
        for option in ("length", "hop", "gap"):
            text = getattr(self, option)
            if text is None:
                continue
            try:
                duration = parse(text)
                if self.by_calendar and duration.micros:
                    raise ValueError("clock: calendar takes whole days, months and years")
                if not self.by_calendar and duration.elapsed < 2:
                    raise ValueError("a window is longer than a microsecond")
            except ValueError as error:
                yield f"window.{option}: {error}"
                return
        if self.by_calendar and self.kind != "range" and self.step.months:
            yield "windows that hop by months are not supported; declare kind: range"
        elif self.kind == "hopping" and self._uneven():
            yield "window.length is a multiple of window.hop"

    def _uneven(self) -> bool:
        length, hop = self.size, self.step
        if length.months:
            return True
        return length.elapsed % hop.elapsed != 0


@dataclass(frozen=True)
class Aggregate:
    """How the events of a window become one value; `empty` is the value of a window without any.

    `decimals` is needed where the column is of type float or double: how many places after the
    point its values have, so that they can be added exactly. `q` and `method` belong to
    quantile, `ddof` to stddev, `order` (what breaks ties in time, after the order of a window of
    rows) to first and last.
    """

    function: Function
    empty: int | None
    column: str | None = None
    decimals: int | None = None
    q: float | None = None
    method: Literal["linear", "lower"] | None = None
    ddof: Literal[0, 1] | None = None
    order: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))

    def _problems(self) -> Iterator[str]:
        if self.empty not in (None, 0):
            yield "aggregate.empty is null or 0"
        if self.column is None and self.function != "count":
            yield f"aggregate.column is missing: {self.function} needs one"
        belongs = {"quantile": ("q", "method"), "stddev": ("ddof",), "first": ("order",)}
        belongs["last"] = belongs["first"]
        mine = belongs.get(self.function, ())
        for option in ("q", "method", "ddof", "order"):
            given = getattr(self, option) is not None
            if given and option not in mine:
                yield f"aggregate.{option} does not belong to function: {self.function}"
            if not given and option in mine:
                yield f"aggregate.{option} is missing: {self.function} has no default for it"
        if self.q is not None and not 0 <= self.q <= 1:
            yield "aggregate.q is from 0 to 1"
        if self.decimals is not None and not 0 <= self.decimals <= 12:
            yield "aggregate.decimals is from 0 to 12"


@dataclass(frozen=True)
class WindowSpec:
    """Everything but the aggregate: which rows are features, which are events, who sees what."""

    table: str
    events: str
    entity: tuple[str, ...]
    events_entity: tuple[str, ...]
    query_time: str
    event_time: str
    arrival_time: str | None
    knowledge: Literal["as_of", "final"]
    window: Window
    nulls: Literal["ignore", "zero", "propagate"]
    distinct_id: str | None
    timezone: str
    history: Literal["complete", "retained"] = "retained"
    required: Literal["output", "events"] = "output"
    null_entity: Literal["keep", "drop"] = "keep"
    share: float = 1.0

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def as_of(self) -> bool:
        return self.knowledge == "as_of"

    @property
    def arrival(self) -> str | None:
        """The column that says when an event arrived: that of its commit where none is named."""
        return self.arrival_time or (COMMITTED if self.as_of else None)

    @property
    def by_commit(self) -> bool:
        """True when an event arrives with the commit of its row."""
        return self.arrival == COMMITTED

    @property
    def per_thousand(self) -> int:
        return round(self.share * 1000)

    def _problems(self) -> Iterator[str]:
        if not self.entity:
            yield "entity names at least one column"
        if len(self.entity) != len(self.events_entity):
            yield "events_entity has as many columns as entity"
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield f"timezone: not a zone of the IANA database: {self.timezone[:60]!r}"
        if self.as_of and self.window.kind == "session":
            yield "session windows are compared with knowledge: final"
        if self.as_of and self.window.sees_future:
            yield "tumbling windows with label: start are compared with knowledge: final"
        if self.window.kind == "unbounded" and self.history != "complete":
            yield "an unbounded window needs history: complete"
        if not (0 < self.per_thousand <= 1000 and abs(self.share * 1000 % 1) < 1e-9):
            yield "entities is a share from 0.001 to 1, in steps of 0.001"


def lacks_decimals(aggregate: Aggregate, is_float: bool) -> bool:
    """True when a column of floats is added up without saying how many decimals it has."""
    adds = aggregate.function in TOTALS - {"count"}
    return is_float and adds and aggregate.decimals is None
