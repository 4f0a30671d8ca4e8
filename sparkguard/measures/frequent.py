"""The values that fill much of a column of many values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Grouped, Metrics, OfColumn, from_json, to_json
from sparkguard.measures.families import Family, Input, number, ordinal
from sparkguard.measures.quantiles import Quantiles, QuantilesState
from sparkguard.measures.texts import text_of
from sparkguard.sql import Path, Sql

LEAST_SHARE = 0.01
"""Of the rows with a value; a value that fills so much is found with 99 % certainty."""

LONGEST = 1_024
"""Characters that are kept of a text."""


@dataclass(frozen=True)
class FrequentState:
    """Rows by canonical text of the value, and all rows with a value, listed or not.

    Where states merge of which only one listed a value, its rows are a lower bound.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    values: int = 0

    def merge(self, other: FrequentState, /) -> FrequentState:
        counts = dict(self.counts)
        for text, rows in other.counts.items():
            counts[text] = counts.get(text, 0) + rows
        return FrequentState(counts, self.values + other.values)

    def top(self, most: int) -> tuple[tuple[str, int], ...]:
        """The most frequent values, those of equal frequency by text."""
        return tuple(sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))[:most])


@dataclass(frozen=True)
class Frequent(OfColumn, Grouped[FrequentState], kind="frequent"):
    """Counts the rows of some values, exactly.

    `places` says which: their numbers, or the hashes of texts, as `Ranks` found them. It decides
    what is listed, and never how many rows a listed value has.
    """

    family: Family
    places: tuple[float, ...] = field(default=(), compare=False)
    expected: int = field(default=100, compare=False)

    def inputs(self) -> tuple[Input, ...]:
        return (_place(self.column, self.family),)

    def group_by(self) -> tuple[Sql, ...]:
        value = shown = sql.path(self.column)
        if self.family is Family.STRING:
            shown = sql.call("left", value, sql.literal(LONGEST))
        elif self.family.is_time:
            shown = ordinal(value, self.family)
        place = sql.name(self.inputs()[0][0])
        places = sql.joined(", ", map(sql.literal, self.places))
        listed = sql.template("CASE WHEN {} IN ({}) THEN {} END", place, places, shown)
        return listed, sql.template("{} IS NOT NULL", value)

    def of_groups(self, groups: Iterable[tuple[tuple[Any, ...], int]], /) -> FrequentState:
        counts: dict[str, int] = {}
        values = 0
        for (value, present), rows in groups:
            values += rows if present else 0
            if value is not None:
                text = text_of(value, self.family)
                counts[text] = counts.get(text, 0) + rows
        return FrequentState(counts, values)

    def overflow(self) -> FrequentState:
        raise OverflowError("more slices than one query may bring")

    def metrics(self, state: FrequentState, /) -> Metrics:
        most = max(state.counts.values(), default=0)
        return {"top_share": most / state.values if most else None}

    def payload(self, state: FrequentState, /) -> bytes:
        return to_json([state.values, sorted(state.counts.items())])

    def restore(self, payload: bytes, version: int, /) -> FrequentState:
        values, counts = from_json(payload)
        return FrequentState(dict(counts), values)


@dataclass(frozen=True)
class HashRanks(Quantiles, kind="hash_ranks"):
    """Where texts lie in the order of their hashes: a frequent one takes up many ranks."""

    stored = False

    def inputs(self) -> tuple[Input, ...]:
        return (_place(self.column, self.family),)

    def metrics(self, state: QuantilesState, /) -> Metrics:
        return {}


def _place(column: Path, family: Family) -> Input:
    """A number for each value, of which equal values have equal ones."""
    if family is not Family.STRING:
        return number(column, family)
    hash_ = sql.template(
        "CASE WHEN {0} IS NOT NULL THEN CAST(xxhash64({0}) AS DOUBLE) END", sql.path(column)
    )
    name, _ = number(column, family)
    return f"{name}:hash", hash_
