"""Planted shifts of known size in columns drawn as TPC-H's specification draws them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sparkguard.drift.bins import frozen_edges
from sparkguard.drift.comparison import Level
from sparkguard.drift.partitions import Partitions
from sparkguard.measures.base import Measure
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.families import Family
from sparkguard.measures.values import Values, ValuesState
from sparkguard.slices import Slice

ROWS, MONTHS, FIRST = 5_000, 12, 8
Draw = Callable[[np.random.Generator, int], np.ndarray]


def quantity(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.integers(1, 51, rows).astype(float)


def price(rng: np.random.Generator, rows: int) -> np.ndarray:
    part = rng.integers(1, 200_001, rows)
    retail = (90_000 + (part // 10) % 20_001 + 100 * (part % 1_000)) / 100
    return quantity(rng, rows) * retail


def discount(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.integers(0, 11, rows) / 100


def flag(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.choice(["A", "N", "R"], rows, p=[0.247, 0.506, 0.247])


def listed(values: np.ndarray) -> ValuesState:
    keys, counts = np.unique(values.astype(str), return_counts=True)
    return ValuesState({str(k): int(n) for k, n in zip(keys, counts, strict=True)})


def partitions(months: list[np.ndarray], base: np.ndarray) -> Partitions:
    if base.dtype.kind != "f" or len(np.unique(base)) <= 50:
        family = Family.STRING if base.dtype.kind != "f" else Family.FLOAT
        measure: Measure[object] = Values(("x",), family)  # type: ignore[assignment]
        count: Callable[[np.ndarray], object] = listed
    else:
        ordered = np.sort(base)
        edges = frozen_edges(lambda rank: float(ordered[int(np.ceil(rank * len(base))) - 1]))
        measure = Bins(("x",), Family.FLOAT, edges)  # type: ignore[assignment]

        def count(values: np.ndarray) -> object:
            found = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)
            return BinsState(tuple(int(n) for n in found))

    states = {Slice.of({"month": str(i)}): count(x) for i, x in enumerate(months, start=1)}
    return Partitions(measure, count(base), states, "month")


def levels(draw: Draw, change: Callable[[np.ndarray], np.ndarray]) -> list[int]:
    rng = np.random.default_rng(8)
    months = [draw(rng, ROWS) for _ in range(MONTHS)]
    moved = [change(x) if i >= FIRST else x for i, x in enumerate(months, start=1)]
    found = partitions(moved, draw(rng, 50_000))
    return [int(level) for level in found.pinned.level()]


@pytest.mark.parametrize("draw", [quantity, price, discount, flag])
def test_columns_that_stay_raise_nothing(draw: Draw) -> None:
    assert levels(draw, lambda x: x) == [0] * MONTHS


@pytest.mark.parametrize(
    ("draw", "change"),
    [
        (quantity, lambda x: x + 14),  # one standard deviation
        (price, lambda x: 2 * x),
        (price, lambda x: np.where(np.arange(len(x)) % 3 == 0, x / 100, x)),
        (discount, lambda x: np.minimum(x + 0.03, 0.10)),
        (flag, lambda x: np.where((x == "N") & (np.arange(len(x)) % 2 == 0), "A", x)),
    ],
)
def test_a_shift_alerts_from_the_first_partition_it_is_in(
    draw: Draw, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    found = levels(draw, change)
    assert found[: FIRST - 1] == [Level.STEADY] * (FIRST - 1)
    assert found[FIRST - 1 :] == [Level.ALERT] * (MONTHS - FIRST + 1)


def test_half_the_warning_effect_stays_silent_at_any_size() -> None:
    """A quarter of a deviation: PSI about 0.06."""
    rng = np.random.default_rng(9)
    for rows in (2_000, 200_000):
        base = rng.normal(size=100_000)
        found = partitions([rng.normal(0.22, 1, rows)], base)
        assert 0.03 < float(found.pinned.psi[0]) < 0.08
        assert int(found.pinned.level()[0]) == Level.STEADY
