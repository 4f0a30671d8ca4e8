"""A baseline's states as features: the cells in which later states are counted and compared."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from sparkguard.drift.bins import united
from sparkguard.measures.base import Measure
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.families import Family
from sparkguard.measures.values import Values, ValuesState

Counted = NDArray[np.int64]

FEW_NUMBERS = 50
FEW_TEXTS = 200
"""Distinct values up to which each of them is a bin."""

S = TypeVar("S")


@dataclass(frozen=True)
class Cell:
    """One bin: its label and, for numbers, what it lies between (exclusive, inclusive)."""

    label: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False)
class Feature(ABC):
    """A column in the cells of its baseline.

    `reference` are the baseline's rows per cell. `shares` are groups of cells whose share is
    judged by itself, by name. `unseen` is the cell of values that the baseline does not have and
    `rare` the baseline's share of values seen once. `has_distance` is False where there are too
    many values for a distance to mean anything; `categories` says that cells are single values.
    """

    measure: Measure[Any]
    cells: tuple[Cell, ...]
    reference: Counted
    shares: Mapping[str, tuple[int, ...]]
    has_distance: bool = True
    categories: bool = False
    unseen: int | None = None
    rare: float = 0.0

    @abstractmethod
    def counts(self, state: Any) -> Counted | None:
        """Rows per cell of a later state; None when it holds too many values to count."""

    def matrix(self, states: Sequence[Any]) -> tuple[Counted, NDArray[np.bool_]]:
        """One row of counts per state, and which of them could be counted."""
        found = [self.counts(state) for state in states]
        nothing = np.zeros(len(self.cells), dtype=np.int64)
        rows = [nothing if x is None else x for x in found]
        stacked = np.stack(rows) if rows else np.zeros((0, len(self.cells)), dtype=np.int64)
        return stacked, np.array([x is not None for x in found], dtype=bool)


@dataclass(frozen=True, eq=False)
class Binned(Feature):
    """`starts` are the fine bins at which each coarse one begins."""

    starts: NDArray[np.intp] = field(default_factory=lambda: np.zeros(1, dtype=np.intp))

    def counts(self, state: BinsState) -> Counted:
        (found,) = _binned([state], self.starts)
        return np.asarray(found)

    def matrix(self, states: Sequence[BinsState]) -> tuple[Counted, NDArray[np.bool_]]:
        if not states:
            return super().matrix(states)
        return _binned(states, self.starts), np.ones(len(states), dtype=bool)


@dataclass(frozen=True, eq=False)
class Listed(Feature):
    place: Mapping[str | None, int] = field(default_factory=dict)

    def counts(self, state: ValuesState) -> Counted | None:
        if state.overflow:
            return None
        found = np.zeros(len(self.cells), dtype=np.int64)
        for text, rows in state.counts.items():
            found[self.place.get(text, self.unseen)] += rows
        return found


@dataclass(frozen=True, eq=False)
class NullsOnly(Feature):
    def counts(self, state: CountsState) -> Counted:
        return np.array([state.values, state.null], dtype=np.int64)


def feature_of(measure: Measure[Any], state: Any) -> Feature:
    """The cells of a baseline's state. Raises TypeError for a measure that is no distribution."""
    if isinstance(measure, Bins):
        return _of_bins(measure, state)
    if isinstance(measure, Values):
        return _of_values(measure, state)
    if isinstance(measure, Counts):
        found = np.array([state.values, state.null], dtype=np.int64)
        cells = (Cell("value"), Cell("null"))
        return NullsOnly(measure, cells, found, {"null share": (1,)}, has_distance=False)
    raise TypeError(f"{measure.kind} is no distribution")


def is_distribution(measure: Measure[Any]) -> TypeGuard[Bins | Values | Counts]:
    # One bin for all values shows no move; such were stored where quantiles did not merge.
    return (
        bool(measure.edges) if isinstance(measure, Bins) else isinstance(measure, (Values, Counts))
    )


def _of_bins(measure: Bins, state: BinsState) -> Binned:
    edges, unite = measure.edges, united(state.fine)
    starts = np.flatnonzero(np.diff(unite, prepend=-1))
    cells = []
    for first, after in pairwise((*starts.tolist(), len(unite))):
        low = edges[first - 1] if first else None
        high = edges[after - 1] if after <= len(edges) else None
        cells.append(Cell(_interval(low, high, measure.family), low, high))
    cells += [Cell(name) for name in ("null", "nan", "+inf", "-inf")]
    return Binned(
        measure,
        tuple(cells),
        _binned([state], starts)[0],
        {"null share": (len(starts),)},
        starts=starts,
    )


def _binned(states: Sequence[BinsState], starts: NDArray[np.intp]) -> Counted:
    fine = np.array([state.fine for state in states], dtype=np.int64)
    specials = [(s.null, s.nan, s.positive_infinity, s.negative_infinity) for s in states]
    coarse = np.add.reduceat(fine, starts, axis=1)
    return np.concatenate((coarse, np.array(specials, dtype=np.int64)), axis=1)


def _of_values(measure: Values, state: ValuesState) -> Listed:
    ranked = state.top(len(state.counts))
    most = FEW_TEXTS if measure.family is Family.STRING else FEW_NUMBERS
    is_short = len(ranked) <= most
    place: dict[str | None, int] = {}
    if is_short:
        place = {text: at for at, (text, _) in enumerate(ranked)}
        cells = [Cell(text) for text, _ in ranked]
    else:
        place = {text: min(at, 1) if at < most else 2 for at, (text, _) in enumerate(ranked)}
        cells = [Cell("most frequent value"), Cell(f"next {most - 1} values"), Cell("other values")]
    null, unseen = len(cells), len(cells) + 1
    place[None] = null
    cells += [Cell("null"), Cell("unseen values")]
    counts = np.zeros(len(cells), dtype=np.int64)
    for text, rows in state.counts.items():
        counts[place[text]] += rows
    shares: dict[str, tuple[int, ...]] = {"null share": (null,)}
    if not is_short:
        shares["share of the most frequent value"] = (0,)
        shares[f"share outside the {most} most frequent values"] = (2, unseen)
    singles = sum(rows == 1 for _, rows in ranked)
    return Listed(
        measure,
        tuple(cells),
        counts,
        shares,
        has_distance=is_short,
        categories=is_short,
        unseen=unseen,
        rare=singles / max(1, int(counts.sum())),
        place=place,
    )


def merged(states: Iterable[S]) -> S | None:
    total: Any = None
    for state in states:
        total = state if total is None else total.merge(state)
    return total  # type: ignore[no-any-return]


def _interval(low: float | None, high: float | None, family: Family) -> str:
    """What lies above `low` and up to `high`; of whole numbers and days the first and the last."""
    if low is None and high is None:
        return "all values"
    if family in (Family.INTEGER, Family.DATE):
        first = None if low is None else _spoken(math.floor(low) + 1, family)
        last = None if high is None else _spoken(math.floor(high), family)
        if first is None or last is None:
            return f"to {last}" if first is None else f"from {first}"
        return first if first == last else f"{first} to {last}"
    if low is None or high is None:
        return f"to {_spoken(high, family)}" if low is None else f"above {_spoken(low, family)}"
    return f"{_spoken(low, family)} to {_spoken(high, family)}"


def _spoken(number: float | None, family: Family) -> str:
    assert number is not None
    if family is Family.DATE:
        return str(np.datetime64(int(number), "D"))
    if family.is_time:
        return str(np.datetime64(int(number), "s"))
    return str(number) if family is Family.INTEGER else f"{number:.6g}"
