"""A bounded list of keys with their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql


@dataclass(frozen=True)
class ListedKey:
    """A key: its hash, its text (None when it must not be shown), rows, first slice."""

    hash: str
    text: str | None
    rows: int
    first: str | None = None


@dataclass(frozen=True)
class KeyListState:
    """Keys by falling number of rows, then by text."""

    keys: tuple[ListedKey, ...] = ()

    def merge(self, other: KeyListState, /) -> KeyListState:
        found = {key.hash: key for key in self.keys}
        for key in other.keys:
            mine = found.get(key.hash)
            if mine is not None:
                firsts = [first for first in (mine.first, key.first) if first is not None]
                texts = [text for text in (mine.text, key.text) if text is not None]
                key = ListedKey(
                    key.hash,
                    min(texts, default=None),
                    mine.rows + key.rows,
                    min(firsts, default=None),
                )
            found[key.hash] = key
        return KeyListState(_ordered(found.values()))


def _ordered(keys: Any) -> tuple[ListedKey, ...]:
    return tuple(sorted(keys, key=lambda key: (-key.rows, key.text or "", key.hash)))


@dataclass(frozen=True)
class KeyList(Measure[KeyListState], kind="key_list"):
    """Collects the rows of a relation that is bounded by itself: hash, text, rows, first.

    The keys are values of cells, so the state is not stored among the profiles.
    """

    stored = False

    hash: Sql
    text: Sql
    rows: Sql
    first: Sql

    def columns(self) -> frozenset[str]:
        return frozenset()

    def aggregates(self) -> tuple[Sql, ...]:
        cells = sql.call("struct", self.hash, self.text, self.rows, self.first)
        return (sql.template("collect_list({})", cells),)

    def state(self, cells: Sequence[Any], /) -> KeyListState:
        return KeyListState(_ordered(ListedKey(*row) for row in cells[0]))

    def metrics(self, state: KeyListState, /) -> Metrics:
        return {"keys": len(state.keys), "rows": sum(key.rows for key in state.keys)}

    def payload(self, state: KeyListState, /) -> bytes:
        return to_json([[key.hash, key.text, key.rows, key.first] for key in state.keys])

    def restore(self, payload: bytes, version: int, /) -> KeyListState:
        return KeyListState(tuple(ListedKey(*row) for row in from_json(payload)))
