"""Lengths and extremes of texts that are nearly all different, without sorting them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Grouped, Metrics, OfColumn, from_json, to_json
from sparkguard.measures.extremes import LONGEST
from sparkguard.sql import Sql

_NO_BOUND = ""


@dataclass(frozen=True)
class StringsState:
    """Rows by length in characters, NULLs apart, and the ends of the order of code points.

    All texts but those that `least` stands for are above `floor`, and likewise below `ceiling`:
    so `least` is the minimum where it is not above `floor`.
    """

    lengths: Mapping[int, int] = field(default_factory=dict)
    null: int = 0
    least: str | None = None
    greatest: str | None = None
    floor: str | None = None
    ceiling: str | None = None
    overflow: bool = False

    def merge(self, other: StringsState, /) -> StringsState:
        lengths = dict(self.lengths)
        for length, rows in other.lengths.items():
            lengths[length] = lengths.get(length, 0) + rows
        return StringsState(
            lengths,
            self.null + other.null,
            _end(min, self.least, other.least),
            _end(max, self.greatest, other.greatest),
            _end(min, self.floor, other.floor),
            _end(max, self.ceiling, other.ceiling),
            self.overflow or other.overflow,
        )

    @property
    def values(self) -> int:
        return sum(self.lengths.values())

    @property
    def rows(self) -> int:
        return self.values + self.null

    @property
    def minimum(self) -> str | None:
        """The least text, its first 256 characters; None when it is not known."""
        known = self.least is not None and self.floor is not None and self.least <= self.floor
        return self.least if known else None

    @property
    def maximum(self) -> str | None:
        known = (
            self.greatest is not None and self.ceiling is not None and self.greatest >= self.ceiling
        )
        return self.greatest if known else None


@dataclass(frozen=True)
class Strings(OfColumn, Grouped[StringsState], kind="strings"):
    """Lengths of texts, and their extremes as far as some lie at or beyond `low` and `high`.

    The bounds are the first 256 characters of any two texts of the column: only texts whose own
    are at or beyond them are compared, so that a text is at its own bound however long it is.
    """

    low: str = field(default=_NO_BOUND, compare=False)
    high: str = field(default=_NO_BOUND, compare=False)
    expected: int = field(default=1_000_000, compare=False)
    spread = 1

    def group_by(self) -> tuple[Sql, ...]:
        beyond = sql.template(
            "CASE WHEN left({0}, {3}) <= {1} OR {0} >= {2} THEN left({0}, {3}) END",
            sql.path(self.column),
            sql.literal(self.low),
            sql.literal(self.high),
            sql.literal(LONGEST),
        )
        return sql.call("char_length", sql.path(self.column)), beyond

    def of_groups(self, groups: Iterable[tuple[tuple[Any, ...], int]], /) -> StringsState:
        lengths: dict[int, int] = {}
        null = 0
        least: str | None = None
        greatest: str | None = None
        for (length, (low, high)), rows in groups:
            if length is None:
                null += rows
                continue
            lengths[length] = lengths.get(length, 0) + rows
            least, greatest = _end(min, least, low), _end(max, greatest, high)
        if not lengths:
            return StringsState({}, null)
        return StringsState(lengths, null, least, greatest, self.low, self.high)

    def overflow(self) -> StringsState:
        return StringsState(overflow=True)

    def metrics(self, state: StringsState, /) -> Metrics:
        if state.overflow:
            return {"overflow": 1}
        values = state.values
        total = sum(length * rows for length, rows in state.lengths.items())
        return {
            "overflow": 0,
            "rows": state.rows,
            "null": state.null,
            "empty": state.lengths.get(0, 0),
            "length_min": min(state.lengths, default=None),
            "length_max": max(state.lengths, default=None),
            "length_mean": total / values if values else None,
        }

    def payload(self, state: StringsState, /) -> bytes:
        ends = [state.least, state.greatest, state.floor, state.ceiling]
        return to_json([state.overflow, state.null, sorted(state.lengths.items()), ends])

    def restore(self, payload: bytes, version: int, /) -> StringsState:
        overflow, null, lengths, (least, greatest, floor, ceiling) = from_json(payload)
        return StringsState(dict(lengths), null, least, greatest, floor, ceiling, overflow)


def _end(choose: Any, mine: str | None, theirs: str | None) -> str | None:
    """The lesser or the greater of two texts of which either may be missing."""
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    found: str = choose(mine, theirs)
    return found
