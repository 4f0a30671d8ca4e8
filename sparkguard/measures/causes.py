"""How many rows and keys each of several causes explains, with one example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql


@dataclass(frozen=True)
class Cause:
    """Rows and keys that a cause explains, and the key with most rows among them."""

    name: str
    rows: int = 0
    keys: int = 0
    example: str | None = None
    example_rows: int = 0

    def merge(self, other: Cause) -> Cause:
        examples = [(c.example_rows, c.example) for c in (self, other) if c.example is not None]
        most, example = max(examples, default=(0, None))
        return Cause(self.name, self.rows + other.rows, self.keys + other.keys, example, most)


@dataclass(frozen=True)
class CausesState:
    causes: tuple[Cause, ...]

    def merge(self, other: CausesState, /) -> CausesState:
        theirs = {cause.name: cause for cause in other.causes}
        return CausesState(tuple(mine.merge(theirs[mine.name]) for mine in self.causes))


@dataclass(frozen=True)
class Causes(Measure[CausesState], kind="causes"):
    """For each of `names`: sums of `rows` and `keys` over the rows whose `cause` has that name."""

    names: tuple[str, ...]
    cause: Sql
    text: Sql
    rows: Sql
    keys: Sql

    def columns(self) -> frozenset[str]:
        return frozenset()

    def aggregates(self) -> tuple[Sql, ...]:
        cells: list[Sql] = []
        for name in self.names:
            here = sql.template("{} = {}", self.cause, sql.literal(name))
            place = sql.template("CASE WHEN {} THEN struct({}, {}) END", here, self.rows, self.text)
            cells += [
                sql.template("coalesce(sum(if({}, {}, 0)), 0)", here, self.rows),
                sql.template("coalesce(sum(if({}, {}, 0)), 0)", here, self.keys),
                sql.template("max({})", place),
            ]
        return tuple(cells)

    def state(self, cells: Sequence[Any], /) -> CausesState:
        found = []
        for i, name in enumerate(self.names):
            rows, keys, place = cells[3 * i : 3 * i + 3]
            most, example = (0, None) if place is None else (place[0], place[1])
            found.append(Cause(name, rows, keys, example, most if example is not None else 0))
        return CausesState(tuple(found))

    def metrics(self, state: CausesState, /) -> Metrics:
        return {f"{cause.name}_rows": cause.rows for cause in state.causes}

    def payload(self, state: CausesState, /) -> bytes:
        return to_json([[c.name, c.rows, c.keys, c.example, c.example_rows] for c in state.causes])

    def restore(self, payload: bytes, version: int, /) -> CausesState:
        return CausesState(tuple(Cause(*row) for row in from_json(payload)))
