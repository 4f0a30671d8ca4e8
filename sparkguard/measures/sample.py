"""A glance at a column's first rows, to decide how to measure it. It never decides a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Metrics, OfColumn, Sampled, from_json, to_json
from sparkguard.measures.extremes import LONGEST
from sparkguard.measures.families import Family, hashed
from sparkguard.sql import Sql


@dataclass(frozen=True)
class SampleState:
    """Rows looked at, their slices, distinct values in the first half and in all of them.

    `low` is the greatest of the slices' least texts and `high` the least of their greatest, as
    many characters of them as an extreme keeps.
    """

    rows: int = 0
    slices: int = 0
    half: int = 0
    distinct: int = 0
    low: str = ""
    high: str = ""

    def merge(self, other: SampleState, /) -> SampleState:
        return max(self, other, key=lambda state: (state.rows, repr(state)))


@dataclass(frozen=True)
class Sample(OfColumn, Sampled[SampleState], kind="sample"):
    """Looks at `rows` rows of a column."""

    family: Family
    rows: int

    def cells(self) -> tuple[Sql, ...]:
        value = sql.path(self.column)
        hash_ = sql.template(
            "CASE WHEN {} IS NOT NULL THEN {} END", value, hashed(self.column, self.family)
        )
        if self.family is not Family.STRING:
            return (hash_,)
        return hash_, sql.call("left", value, sql.literal(LONGEST))

    def of_rows(
        self, rows: Sequence[tuple[tuple[str | None, ...], tuple[Any, ...]]], /
    ) -> SampleState:
        hashes = [cells[0] for _, cells in rows]
        low = high = ""
        if self.family is Family.STRING:
            low, high = _bounds(rows)
        return SampleState(
            rows=len(rows),
            slices=len({where for where, _ in rows}),
            half=len(set(hashes[: len(hashes) // 2]) - {None}),
            distinct=len(set(hashes) - {None}),
            low=low,
            high=high,
        )

    def metrics(self, state: SampleState, /) -> Metrics:
        return {"rows": state.rows, "distinct": state.distinct}

    def payload(self, state: SampleState, /) -> bytes:
        numbers = [state.rows, state.slices, state.half, state.distinct]
        return to_json([*numbers, state.low, state.high])

    def restore(self, payload: bytes, version: int, /) -> SampleState:
        return SampleState(*from_json(payload))


def _bounds(
    rows: Sequence[tuple[tuple[str | None, ...], tuple[Any, ...]]],
) -> tuple[str, str]:
    least: dict[tuple[str | None, ...], str] = {}
    greatest: dict[tuple[str | None, ...], str] = {}
    for where, (_, text) in rows:
        if text is not None:
            least[where] = min(least.get(where, text), text)
            greatest[where] = max(greatest.get(where, text), text)
    return max(least.values(), default=""), min(greatest.values(), default="")
