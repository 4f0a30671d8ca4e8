"""Rows, total and largest value of a feature by tumbling period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql

MOST_PERIODS = 5_000
_COLUMNS = ("period", "rows", "total", "largest")


@dataclass(frozen=True)
class Period:
    """One period's rows, and the sum and the largest of their values."""

    rows: int
    total: float | None
    largest: float | None

    def merge(self, other: Period) -> Period:
        totals = [x for x in (self.total, other.total) if x is not None]
        known = [x for x in (self.largest, other.largest) if x is not None]
        total = sum(totals) if totals else None
        return Period(self.rows + other.rows, total, max(known, default=None))

    def fell_from(self, other: Period) -> bool:
        """True when something of `other` is gone: rows, total or the largest value."""
        slack = 1e-9 * abs(other.total or 0)
        return (
            self.rows < other.rows
            or (self.total or 0) < (other.total or 0) - slack
            or _below(self.largest, other.largest)
        )


def _below(now: float | None, then: float | None) -> bool:
    return then is not None and (now is None or now < then)


@dataclass(frozen=True)
class PeriodsState:
    """The latest periods by number."""

    periods: Mapping[int, Period] = field(default_factory=dict)

    def merge(self, other: PeriodsState, /) -> PeriodsState:
        found = dict(self.periods)
        for n, period in other.periods.items():
            found[n] = found[n].merge(period) if n in found else period
        return PeriodsState(dict(sorted(found.items())[-MOST_PERIODS:]))

    @property
    def rows(self) -> int:
        return sum(period.rows for period in self.periods.values())


@dataclass(frozen=True)
class PeriodTotals(Measure[PeriodsState], kind="period_totals"):
    """Gathers the rows of the relation `periods`, the latest 5,000 of each slice."""

    def columns(self) -> frozenset[str]:
        return frozenset(f"__sparkguard_{c}" for c in _COLUMNS)

    def aggregates(self) -> tuple[Sql, ...]:
        cells = sql.joined(", ", [sql.name(f"__sparkguard_{c}") for c in _COLUMNS])
        latest = "slice(sort_array(collect_list(struct({})), false), 1, {})"
        return (sql.template(latest, cells, sql.literal(MOST_PERIODS)),)

    def state(self, cells: Sequence[Any], /) -> PeriodsState:
        rows = sorted((tuple(row) for row in cells[0] or ()), key=lambda row: row[0])
        return PeriodsState({n: Period(*rest) for n, *rest in rows})

    def metrics(self, state: PeriodsState, /) -> Metrics:
        most = max((period.rows for period in state.periods.values()), default=None)
        return {"periods": len(state.periods), "most_rows": most}

    def payload(self, state: PeriodsState, /) -> bytes:
        return to_json([[n, p.rows, p.total, p.largest] for n, p in state.periods.items()])

    def restore(self, payload: bytes, version: int, /) -> PeriodsState:
        return PeriodsState({n: Period(*rest) for n, *rest in from_json(payload)})
