"""The newest time in a column is recent enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from sparkguard import sql
from sparkguard.checks.base import (
    OF_THE_TABLE,
    Check,
    Context,
    Judgement,
    not_evaluable,
    passed,
    violated,
)
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.measures.families import Family
from sparkguard.measures.texts import text_of
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.rendering.plaintext import SECONDS, duration, plural
from sparkguard.sql import Sql
from sparkguard.sql.limits import micros
from sparkguard.verdicts import Evidence, Outcome

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 1_000_000_000_000  # seconds; Spark's times reach to 9 times as much


@dataclass(frozen=True)
class NewestState:
    """Rows, rows without a time, rows later than the limit, and the newest time up to it.

    Times are microseconds since 1970 in UTC.
    """

    rows: int = 0
    nulls: int = 0
    later: int = 0
    newest: int | None = None

    def merge(self, other: NewestState, /) -> NewestState:
        newest = [time for time in (self.newest, other.newest) if time is not None]
        return NewestState(
            self.rows + other.rows,
            self.nulls + other.nulls,
            self.later + other.later,
            max(newest, default=None),
        )


@dataclass(frozen=True)
class Newest(Measure[NewestState], kind="newest"):
    """The newest time not after `limit`, and how many rows are after it."""

    micros: Sql
    reads: frozenset[str]
    limit: int

    def columns(self) -> frozenset[str]:
        return self.reads

    def aggregates(self) -> tuple[Sql, ...]:
        later = sql.template("{} > {}", self.micros, sql.literal(self.limit))
        return (
            sql.template("count(1)"),
            sql.count_if(sql.template("{} IS NULL", self.micros)),
            sql.count_if(later),
            sql.template("max(CASE WHEN NOT ({}) THEN {} END)", later, self.micros),
        )

    def state(self, cells: Sequence[Any], /) -> NewestState:
        return NewestState(*cells)

    def metrics(self, state: NewestState, /) -> Metrics:
        newest = None if state.newest is None else state.newest / 1e6
        return {"newest": newest, "later": state.later, "nulls": state.nulls}

    def payload(self, state: NewestState, /) -> bytes:
        return to_json([state.rows, state.nulls, state.later, state.newest])

    def restore(self, payload: bytes, version: int, /) -> NewestState:
        return NewestState(*from_json(payload))


@dataclass(frozen=True)
class Freshness(Check, kind="freshness"):
    """The newest time in `element` is at most `seconds` older than the run's as-of time.

    A date counts from its midnight and a time without zone as UTC. Times more than
    `future_seconds` after the as-of time break the rule by themselves and make nothing fresh.
    It is judged on the whole table, since the slices of past days are meant to be old; with
    `each_slice` on every slice as well, as for one slice per region.
    """

    beyond_a_write: ClassVar[str] = OF_THE_TABLE

    element: ColumnPath
    seconds: int
    future_seconds: int = 60
    each_slice: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.seconds <= _LONGEST and 0 <= self.future_seconds <= _LONGEST):
            raise ValueError(f"seconds and future_seconds are 0 or more, and at most {_LONGEST:,}")

    @property
    def whole_only(self) -> bool:
        return not self.each_slice

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.element)})

    def unsupported(self, context: Context) -> str:
        try:
            self._need(context)
        except ValueError as error:
            return f"freshness: {error}"
        return ""

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return () if self.unsupported(context) else (self._need(context),)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        if reason := self.unsupported(context):
            return Judgement(Outcome.ERROR, reason=reason)
        found = seen.at(context.where, self._need(context))
        if found is None or not found.rows:
            return not_evaluable("no rows", rows=0)
        if found.nulls == found.rows:
            return not_evaluable("no row has a time", rows=found.rows)
        details: dict[str, Any] = {
            "expected": f"newest time at most {duration(self.seconds)} old",
            "unit": SECONDS,
            "rows": found.rows,
            "violations": found.later,
        }
        reasons = []
        if found.newest is not None:
            # Spark's times reach beyond those of Python.
            age = (context.as_of - _EPOCH) / timedelta(seconds=1) - found.newest / 1e6
            newest = text_of(found.newest, Family.TIMESTAMP)
            details["observed"] = max(age, 0.0)
            details["evidence"] = (
                Evidence("work", "freshness", 0, "newest time", text=newest),
                Evidence("work", "freshness", 1, "as of", text=context.as_of.isoformat()),
            )
            if age > self.seconds:
                allowed = duration(self.seconds)
                reasons.append(f"the newest time is {duration(age)} old, allowed are {allowed}")
        if found.later:
            reasons.append(f"{plural(found.later, 'row')} later than the run's as-of time")
        return violated("; ".join(reasons), **details) if reasons else passed(**details)

    def _need(self, context: Context) -> Need[NewestState]:
        """Raises ValueError when the column holds no times."""
        field = context.table.schema.at(self.element)
        if field is None:
            raise ValueError(f"there is no {'.'.join(self.element)} in {context.table.name}")
        # In microseconds, since a time of Python ends with the year 9999.
        limit = (context.as_of - _EPOCH) // _MICROSECOND + self.future_seconds * 1_000_000
        measure = Newest(
            micros(sql.path(self.element), field.type),
            frozenset({self.element[0]}),
            limit,
        )
        return Need(Table(context.table.name), measure)
