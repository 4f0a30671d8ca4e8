"""Keys and orphans by hash unit and by rows per key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Cell:
    """How many keys and rows, and how many of either are orphans."""

    keys: int = 0
    orphan_keys: int = 0
    rows: int = 0
    orphan_rows: int = 0

    def __add__(self, other: Cell) -> Cell:
        return Cell(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class OrphanVolumeState:
    """Cells by (hash unit, size); size is floor(log2(rows per key))."""

    cells: Mapping[tuple[int, int], Cell] = field(default_factory=dict)

    def merge(self, other: OrphanVolumeState, /) -> OrphanVolumeState:
        cells = dict(self.cells)
        for key, cell in other.cells.items():
            cells[key] = cells.get(key, Cell()) + cell
        return OrphanVolumeState(cells)

    def up_to(self, last_unit: int) -> Cell:
        """All keys of the units up to `last_unit`, whatever their size."""
        return sum((c for (unit, _), c in self.cells.items() if unit <= last_unit), Cell())

    def counts(self) -> dict[tuple[int, int], tuple[int, int]]:
        """(orphan keys, keys) by (unit, size)."""
        return {key: (cell.orphan_keys, cell.keys) for key, cell in self.cells.items()}


@dataclass(frozen=True)
class OrphanVolumes(Measure[OrphanVolumeState], kind="orphan_volume"):
    """Gathers the rows of a relation that is bounded by itself.

    `cells` are hash unit, size, and the four numbers of a cell.
    """

    cells: tuple[Sql, ...]

    def columns(self) -> frozenset[str]:
        return frozenset()

    def aggregates(self) -> tuple[Sql, ...]:
        return (sql.call("collect_list", sql.call("struct", *self.cells)),)

    def state(self, cells: Sequence[Any], /) -> OrphanVolumeState:
        return _of_rows(cells[0])

    def metrics(self, state: OrphanVolumeState, /) -> Metrics:
        everything = sum(state.cells.values(), Cell())
        return {"keys": everything.keys, "orphan_keys": everything.orphan_keys}

    def payload(self, state: OrphanVolumeState, /) -> bytes:
        return to_json([[*key, *astuple(cell)] for key, cell in sorted(state.cells.items())])

    def restore(self, payload: bytes, version: int, /) -> OrphanVolumeState:
        return _of_rows(from_json(payload))


def _of_rows(rows: Iterable[Sequence[int]]) -> OrphanVolumeState:
    return OrphanVolumeState({(unit, size): Cell(*numbers) for unit, size, *numbers in rows})
