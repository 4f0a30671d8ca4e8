"""How often each value occurs, for columns of few values; every other statistic follows exactly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Grouped, Metrics, OfColumn, from_json, to_json
from sparkguard.measures.extremes import Extremes, ExtremesState
from sparkguard.measures.families import Family, ordinal
from sparkguard.measures.quantiles import RANKS, label
from sparkguard.measures.texts import INFINITY, MINUS_INFINITY, NAN, number_of, text_of
from sparkguard.measures.totals import EXACT
from sparkguard.sql import Sql

MOST_VALUES = 10_000
LONGEST = 1_024
"""Bytes of a text that is held as a value."""

_LONG = "\ufffd\ufffdsparkguard: longer text"


@dataclass(frozen=True)
class ValuesState:
    """Rows by canonical text of the value; None is NULL. All are integers: states add up.

    `overflow` says that there were more values than the measure holds; then `counts` is empty.
    """

    counts: Mapping[str | None, int] = field(default_factory=dict)
    overflow: bool = False
    most: int = MOST_VALUES

    def merge(self, other: ValuesState, /) -> ValuesState:
        most = min(self.most, other.most)
        if self.overflow or other.overflow:
            return ValuesState({}, True, most)
        counts = dict(self.counts)
        for text, rows in other.counts.items():
            counts[text] = counts.get(text, 0) + rows
        return _held(counts, most)

    @property
    def rows(self) -> int | None:
        return None if self.overflow else sum(self.counts.values())

    def top(self, most: int) -> tuple[tuple[str, int], ...]:
        """The most frequent values, those of equal frequency by text."""
        present = ((text, rows) for text, rows in self.counts.items() if text is not None)
        return tuple(sorted(present, key=lambda item: (-item[1], item[0]))[:most])


@dataclass(frozen=True)
class Values(OfColumn, Grouped[ValuesState], kind="values"):
    """Counts rows by value. A text of more than 1,024 bytes makes the state overflow."""

    family: Family
    most: int = MOST_VALUES
    expected: int = field(default=1_000, compare=False)

    def group_by(self) -> tuple[Sql, ...]:
        value = sql.path(self.column)
        match self.family:
            case Family.FLOAT:
                return (sql.template("CAST({} AS DOUBLE)", value),)
            case Family.STRING:
                short = "CASE WHEN octet_length({0}) <= {1} OR {0} IS NULL THEN {0} ELSE {2} END"
                return (sql.template(short, value, sql.literal(LONGEST), sql.literal(_LONG)),)
        return (ordinal(value, self.family) if self.family.is_time else value,)

    def of_groups(self, groups: Iterable[tuple[tuple[Any, ...], int]], /) -> ValuesState:
        counts: dict[str | None, int] = {}
        for (value,), rows in groups:
            text = None if value is None else text_of(value, self.family)
            counts[text] = counts.get(text, 0) + rows
        if _LONG in counts:
            return self.overflow()
        return _held(counts, self.most)

    def overflow(self) -> ValuesState:
        return ValuesState({}, True, self.most)

    def extremes(self, state: ValuesState, /) -> ExtremesState:
        """Least and greatest value in the terms of `Extremes`."""
        return _Statistics(self.family, state).extremes

    def texts(self, state: ValuesState, /) -> tuple[str | None, str | None]:
        return Extremes(self.column, self.family).texts(self.extremes(state))

    def quantile(self, state: ValuesState, rank: float, /) -> float | None:
        """The least value below or at which a share `rank` of the finite values lies."""
        return _Statistics(self.family, state).quantile(rank)

    def metrics(self, state: ValuesState, /) -> Metrics:
        if state.overflow:
            return {"overflow": 1}
        return {"overflow": 0, **dict(_Statistics(self.family, state).metrics())}

    def payload(self, state: ValuesState, /) -> bytes:
        ordered = sorted(
            state.counts.items(), key=lambda item: (item[0] is not None, item[0] or "")
        )
        return to_json([state.overflow, state.most, ordered])

    def restore(self, payload: bytes, version: int, /) -> ValuesState:
        overflow, most, counts = from_json(payload)
        return ValuesState(dict(counts), overflow, most)


def _held(counts: Mapping[str | None, int], most: int) -> ValuesState:
    if len(counts) - (None in counts) > most:
        return ValuesState({}, True, most)
    return ValuesState(counts, False, most)


class _Statistics:
    """Statistics of value counts: exact integers and decimals, floats correctly rounded."""

    def __init__(self, family: Family, state: ValuesState) -> None:
        self._family = family
        self._counts = state.counts
        self._null = state.counts.get(None, 0)

    @cached_property
    def _numbers(self) -> list[tuple[Decimal | int | float, int]]:
        """Finite values in ascending order, with their rows."""
        found = [
            (number, rows)
            for text, rows in self._counts.items()
            if text is not None and (number := number_of(text, self._family)) is not None
        ]
        return sorted(found, key=lambda pair: pair[0])

    @property
    def extremes(self) -> ExtremesState:
        if self._family is Family.STRING or self._family is Family.BOOLEAN:
            texts = [text for text in self._counts if text is not None]
            if self._family is Family.BOOLEAN:
                flags = [text == "true" for text in texts]
                return ExtremesState(min(flags, default=None), max(flags, default=None))
            kept = [text[:256] for text in texts]
            return ExtremesState(min(kept, default=None), max(kept, default=None))
        ends: list[Any] = [number for number, _ in self._numbers[:1] + self._numbers[-1:]]
        if self._family in (Family.TIMESTAMP, Family.TIMESTAMP_NTZ):
            ends = [int(end * 1_000_000) for end in ends]
        ends += [float(text) for text in (INFINITY, MINUS_INFINITY) if text in self._infinities]
        return ExtremesState(min(ends, default=None), max(ends, default=None))

    @cached_property
    def _infinities(self) -> Mapping[str, int]:
        if self._family is not Family.FLOAT:
            return {}
        return {t: n for t in (INFINITY, MINUS_INFINITY) if (n := self._counts.get(t, 0))}

    def quantile(self, rank: float) -> float | None:
        n = sum(rows for _, rows in self._numbers)
        sought, passed = math.ceil(Decimal(repr(rank)) * n), 0
        for number, rows in self._numbers:
            passed += rows
            if passed >= sought:
                return float(number)
        return None

    def metrics(self) -> Iterator[tuple[str, float | int | None]]:
        yield "rows", sum(self._counts.values())
        yield "null", self._null
        if self._family is Family.FLOAT:
            yield "nan", self._counts.get(NAN, 0)
            yield "infinite", sum(self._infinities.values())
        distinct = len(self._counts) - (None in self._counts)
        yield from (("distinct", distinct), ("distinct_low", distinct), ("distinct_high", distinct))
        present = sum(self._counts.values()) - self._null
        most = max((rows for text, rows in self._counts.items() if text is not None), default=0)
        yield "top_share", most / present if present else None
        if self._family is Family.STRING:
            yield from self._lengths(present)
        if self._family.is_number or self._family.is_time:
            yield from Extremes((), self._family).metrics(self.extremes).items()
            yield from self._moments()
            yield from ((label(rank), self.quantile(rank)) for rank in RANKS)
            yield "quantile_error", 0.0

    def _lengths(self, present: int) -> Iterator[tuple[str, float | int | None]]:
        lengths = [(len(text), n) for text, n in self._counts.items() if text is not None]
        yield "empty", self._counts.get("", 0)
        yield "length_min", min((length for length, _ in lengths), default=None)
        yield "length_max", max((length for length, _ in lengths), default=None)
        total = sum(length * n for length, n in lengths)
        yield "length_mean", total / present if present else None

    def _moments(self) -> Iterator[tuple[str, float | int | None]]:
        n = sum(rows for _, rows in self._numbers)
        yield "finite", n
        if not n:
            yield from (("mean", None), ("stddev", None))
            return
        if self._family is Family.FLOAT:
            mean = math.fsum(float(v) * rows for v, rows in self._numbers) / n
            m2 = math.fsum((float(v) - mean) ** 2 * rows for v, rows in self._numbers)
        else:
            mean, m2 = _exact_moments(self._numbers, n)
        yield "mean", mean
        yield "stddev", math.sqrt(m2 / (n - 1)) if n > 1 else None


def _exact_moments(numbers: list[tuple[Decimal | int | float, int]], n: int) -> tuple[float, float]:
    """Mean and sum of squared distances, in whole units of the last decimal place."""
    places = max(
        -int(exponent)
        for number, _ in numbers
        if isinstance(exponent := Decimal(number).as_tuple().exponent, int)
    )
    places = max(places, 0)
    unit = 10**places
    first = second = 0
    for number, rows in numbers:
        whole = int(Decimal(number).scaleb(places, EXACT))
        first += whole * rows
        second += whole * whole * rows
    return first / (n * unit), (second * n - first * first) / (n * unit * unit)
