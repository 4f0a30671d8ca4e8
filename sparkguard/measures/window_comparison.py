"""How many windows match, by population and by hash unit of the entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql
from sparkguard.windows.statuses import Status
from sparkguard.windows.telling import Extent, Told

_COLUMNS = ("unit", "size", "status", "windows", "smallest", "largest", "bucket")
_PREFIX = "__sparkguard_"


@dataclass(frozen=True)
class Cell:
    """Windows of one unit, size and status: how many, and the range of their populations.

    `bucket` is the hash bucket of one of their entities.
    """

    windows: int
    smallest: int
    largest: int
    bucket: int

    def merge(self, other: Cell) -> Cell:
        return Cell(
            self.windows + other.windows,
            min(self.smallest, other.smallest),
            max(self.largest, other.largest),
            min(self.bucket, other.bucket),
        )


@dataclass(frozen=True)
class WindowsState:
    """Cells by (unit, size, status); size is floor(log2(population)), -1 for no events."""

    cells: Mapping[tuple[int, int, int], Cell] = field(default_factory=dict)

    def merge(self, other: WindowsState, /) -> WindowsState:
        cells = dict(self.cells)
        for key, cell in other.cells.items():
            cells[key] = cells[key].merge(cell) if key in cells else cell
        return WindowsState(cells)

    @property
    def windows(self) -> int:
        return sum(cell.windows for cell in self.cells.values())

    def count(self, status: Status) -> int:
        return sum(c.windows for (_, _, s), c in self.cells.items() if s == status)

    @property
    def mismatches(self) -> int:
        return sum(c.windows for (_, _, s), c in self.cells.items() if Status(s).is_mismatch)

    @property
    def excluded(self) -> int:
        return sum(c.windows for (_, _, s), c in self.cells.items() if Status(s).is_excluded)

    @property
    def events_seen(self) -> bool:
        """True when some window holds an event."""
        return any(cell.largest > 0 for cell in self.cells.values())

    @property
    def largest(self) -> int:
        return max((cell.largest for cell in self.cells.values()), default=0)

    def counts(self) -> dict[tuple[int, int], tuple[int, int]]:
        """(mismatches, compared) windows by (unit, size)."""
        found: dict[tuple[int, int], tuple[int, int]] = {}
        for (unit, size, status), cell in self.cells.items():
            if Status(status).is_excluded:
                continue
            bad, every = found.get((unit, size), (0, 0))
            more = cell.windows if Status(status).is_mismatch else 0
            found[unit, size] = (bad + more, every + cell.windows)
        return found

    def extent(self) -> Extent:
        """The populations between which errors begin."""
        wrong = [c.smallest for (_, _, s), c in self.cells.items() if Status(s).has_wrong_value]
        right = [c.largest for (_, _, s), c in self.cells.items() if s == Status.MATCHING]
        return Extent(min(wrong, default=None), max(right, default=None), self.largest)

    def told(self, function: str) -> Told:
        """What there is to tell of windows of this aggregate, before any bug is replayed."""
        statuses = {s: self.count(s) for s in Status if self.count(s)}
        return Told(self.counts(), statuses, self.extent(), function)

    def buckets(self, statuses: Iterable[Status]) -> tuple[int, ...]:
        """Hash buckets of entities with such windows, spread over units and sizes."""
        wanted = {int(s) for s in statuses}
        found = sorted(
            (-size, unit, cell.bucket)
            for (unit, size, status), cell in self.cells.items()
            if status in wanted
        )
        return tuple(dict.fromkeys(bucket for *_, bucket in found))


@dataclass(frozen=True)
class WindowComparison(Measure[WindowsState], kind="window_comparison"):
    """Compares feature number `feature` of a recomputed window with the oracle."""

    feature: int

    def columns(self) -> frozenset[str]:
        return frozenset(self._columns)

    @property
    def _columns(self) -> tuple[str, ...]:
        mine = {"status": f"status{self.feature}"}
        return tuple(_PREFIX + mine.get(c, c) for c in _COLUMNS)

    def aggregates(self) -> tuple[Sql, ...]:
        parts = [sql.template("CAST({} AS BIGINT)", sql.name(column)) for column in self._columns]
        return (sql.template("collect_list(array({}))", sql.joined(", ", parts)),)

    def state(self, cells: Sequence[Any], /) -> WindowsState:
        return self._from_rows(cells[0] or ())

    def _from_rows(self, rows: Iterable[Sequence[int]]) -> WindowsState:
        found: dict[tuple[int, int, int], Cell] = {}
        for unit, size, status, windows, smallest, largest, bucket in rows:
            key, cell = (unit, size, status), Cell(windows, smallest, largest, bucket)
            found[key] = found[key].merge(cell) if key in found else cell
        return WindowsState(found)

    def metrics(self, state: WindowsState, /) -> Metrics:
        compared = state.windows - state.excluded
        counts = {f"windows_{s.name.lower()}": state.count(s) for s in Status}
        rate = state.mismatches / compared if compared else None
        return {"windows": state.windows, **counts, "mismatch_rate": rate}

    def payload(self, state: WindowsState, /) -> bytes:
        rows = [
            [*key, c.windows, c.smallest, c.largest, c.bucket]
            for key, c in sorted(state.cells.items())
        ]
        return to_json(rows)

    def restore(self, payload: bytes, version: int, /) -> WindowsState:
        return self._from_rows(from_json(payload))
