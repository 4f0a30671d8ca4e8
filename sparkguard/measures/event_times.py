"""Where events stand in time, and how many have no place in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.datatypes import Atomic
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql
from sparkguard.sql.limits import micros


@dataclass(frozen=True)
class TimesState:
    """Rows, rows without a time, and the first and last time in microseconds since 1970 UTC."""

    rows: int = 0
    nulls: int = 0
    first: int | None = None
    last: int | None = None

    def merge(self, other: TimesState, /) -> TimesState:
        firsts = [x for x in (self.first, other.first) if x is not None]
        lasts = [x for x in (self.last, other.last) if x is not None]
        return TimesState(
            self.rows + other.rows,
            self.nulls + other.nulls,
            min(firsts, default=None),
            max(lasts, default=None),
        )


@dataclass(frozen=True)
class EventTimes(Measure[TimesState], kind="event_times"):
    """Counts and extremes of a column of instants or, with `zone`, of its local times or dates."""

    column: str
    zone: str | None = None

    def columns(self) -> frozenset[str]:
        return frozenset({self.column})

    def aggregates(self) -> tuple[Sql, ...]:
        column = sql.name(self.column)
        return (
            sql.template("count(1)"),
            sql.template("count_if({} IS NULL)", column),
            self._micros(sql.template("min({})", column)),
            self._micros(sql.template("max({})", column)),
        )

    def _micros(self, time: Sql) -> Sql:
        if self.zone is None:
            return sql.template("unix_micros(CAST({} AS TIMESTAMP))", time)
        # Written as if it were UTC first: a cast would read it in the session's zone.
        wall = micros(sql.template("CAST({} AS TIMESTAMP_NTZ)", time), Atomic("timestamp_ntz"))
        return sql.template(
            "unix_micros(to_utc_timestamp(timestamp_micros({}), {}))", wall, sql.literal(self.zone)
        )

    def state(self, cells: Sequence[Any], /) -> TimesState:
        return TimesState(*cells)

    def metrics(self, state: TimesState, /) -> Metrics:
        return {"rows": state.rows, "nulls": state.nulls, "first": state.first, "last": state.last}

    def payload(self, state: TimesState, /) -> bytes:
        return to_json([state.rows, state.nulls, state.first, state.last])

    def restore(self, payload: bytes, version: int, /) -> TimesState:
        return TimesState(*from_json(payload))
