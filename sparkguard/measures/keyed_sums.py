"""Whole sums by key: a group under addition, so that states add, subtract and repeat exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql

Key = tuple[str | int | None, ...]
MOST_KEYS = 500_000


@dataclass(frozen=True)
class KeyedSumsState:
    """Sums by key; a key whose sums are all 0 is not there."""

    sums: Mapping[Key, tuple[int, ...]] = field(default_factory=dict)

    def merge(self, other: KeyedSumsState, /) -> KeyedSumsState:
        return self._with(other, 1)

    def minus(self, other: KeyedSumsState, /) -> KeyedSumsState:
        """The inverse of `merge`, exactly; sums may become negative."""
        return self._with(other, -1)

    def _with(self, other: KeyedSumsState, sign: int) -> KeyedSumsState:
        sums = dict(self.sums)
        for key, theirs in other.sums.items():
            mine = sums.pop(key, None) or (0,) * len(theirs)
            found = tuple(a + sign * b for a, b in zip(mine, theirs, strict=True))
            if any(found):
                sums[key] = found
        return KeyedSumsState(sums)


@dataclass(frozen=True)
class KeyedSums(Measure[KeyedSumsState], kind="keyed_sums"):
    """Collects the rows of a relation that is grouped by itself: keys, then whole numbers.

    Keys are texts and integers. Rows of equal keys add up. Above `most` rows in one slice, and
    for a NULL among the sums (an overflow), `state` raises OverflowError.
    """

    keys: tuple[Sql, ...]
    sums: tuple[Sql, ...]
    most: int = MOST_KEYS

    def columns(self) -> frozenset[str]:
        return frozenset()

    def aggregates(self) -> tuple[Sql, ...]:
        rows = sql.call("collect_list", sql.call("struct", *self.keys, *self.sums))
        return (
            sql.template("count(1)"),
            sql.template("CASE WHEN count(1) <= {} THEN {} END", sql.literal(self.most), rows),
        )

    def state(self, cells: Sequence[Any], /) -> KeyedSumsState:
        count, rows = cells
        if rows is None:
            raise OverflowError(f"{count:,} combinations of values; at most {self.most:,} are held")
        found: dict[Key, tuple[int, ...]] = {}
        at = len(self.keys)
        for row in rows:
            if None in row[at:]:
                raise OverflowError("a sum has more digits than its type")
            key, sums = tuple(row[:at]), tuple(map(int, row[at:]))
            before = found.get(key)
            found[key] = tuple(map(sum, zip(before, sums, strict=True))) if before else sums
        return KeyedSumsState({key: sums for key, sums in found.items() if any(sums)})

    def metrics(self, state: KeyedSumsState, /) -> Metrics:
        return {"keys": len(state.sums)}

    def payload(self, state: KeyedSumsState, /) -> bytes:
        rows = sorted(state.sums.items(), key=lambda item: [_ordered(part) for part in item[0]])
        return to_json([[list(key), list(sums)] for key, sums in rows])

    def restore(self, payload: bytes, version: int, /) -> KeyedSumsState:
        return KeyedSumsState({tuple(key): tuple(sums) for key, sums in from_json(payload)})


def _ordered(part: str | int | None) -> tuple[int, int, str]:
    match part:
        case None:
            return 0, 0, ""
        case int():
            return 1, part, ""
    return 2, 0, part
