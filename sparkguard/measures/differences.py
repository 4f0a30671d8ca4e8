"""Counters of a keyed comparison, by row and by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.shadow_rules.differences import Cells, Differences, Example, Rows
from sparkguard.sql import Sql

KINDS = {
    1: "null_in_control",
    2: "null_in_shadow",
    3: "value",
    4: "tolerated",
    5: "only_in_control",
    6: "only_in_shadow",
    7: "repeated",
}
_ROWS = tuple(f.name for f in fields(Rows))
_CELLS = tuple(f.name for f in fields(Cells))


@dataclass(frozen=True)
class DifferenceCounts(Measure[Differences], kind="shadow_differences"):
    """Gathers the rows of the relation `live_with_shadow`, one per column with a difference.

    `names` are the compared columns by position; the relation's columns begin with `prefix`.
    """

    names: tuple[str, ...]
    examples: bool = False
    prefix: str = "__sparkguard_"

    def columns(self) -> frozenset[str]:
        return frozenset()

    def aggregates(self) -> tuple[Sql, ...]:
        cells = [sql.name(f"{self.prefix}i")]
        cells += [sql.name(f"{self.prefix}{name}") for name in (*_ROWS, *_CELLS)]
        if self.examples:
            cells += [sql.name(f"{self.prefix}{name}") for name in ("first", "furthest")]
        return (sql.call("collect_list", sql.call("struct", *cells)),)

    def state(self, cells: Sequence[Any], /) -> Differences:
        found = Differences()
        for row in cells[0]:
            found = found.merge(self._one(list(row)))
        return found

    def _one(self, cells: list[Any]) -> Differences:
        at, numbers = cells[0], cells[1 : 1 + len(_ROWS) + len(_CELLS)]
        examples: tuple[Example, ...] = ()
        column = "" if at < 0 else self.names[at]
        if self.examples:
            first, furthest = cells[-2:]
            rows = [tuple(row)[1:] for row in first] + ([tuple(furthest)[2:]] if furthest else [])
            examples = tuple(dict.fromkeys(_example(column, *row) for row in rows))
        if at < 0:
            return Differences(Rows(*numbers[: len(_ROWS)]), {}, examples)
        return Differences(Rows(), {column: Cells(*numbers[len(_ROWS) :])}, examples)

    def metrics(self, state: Differences, /) -> Metrics:
        rows: Mapping[str, int] = {name: getattr(state.rows, name) for name in _ROWS}
        return {**rows, "matched": state.rows.matched, "wrong": state.rows.wrong}

    def payload(self, state: Differences, /) -> bytes:
        columns = {name: cells.cells() for name, cells in state.columns.items()}
        return to_json([state.rows.cells(), columns, [astuple(e) for e in state.examples]])

    def restore(self, payload: bytes, version: int, /) -> Differences:
        rows, columns, examples = from_json(payload)
        return Differences(
            Rows(*rows),
            {name: Cells(*cells) for name, cells in columns.items()},
            tuple(Example(c, k, tuple(key), *rest) for c, k, key, *rest in examples),
        )


def _example(
    column: str, kind: int, key: Sequence[str | None], a: str | None, b: str | None, d: float | None
) -> Example:
    return Example(column, KINDS[kind], tuple(key), a, b, d)
