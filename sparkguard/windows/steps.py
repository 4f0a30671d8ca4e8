"""From which population on a feature is wrong.

The test compares mismatch rates below and from each power of two by likelihood ratio. Its p-value
comes from exchanging the rates of whole hash units of entities, because windows of one entity are
not independent, and from dealing each unit's errors to its windows at random: few errors fall on
few sizes by chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RUNGS: tuple[tuple[str, int], ...] = (("0.1 %", 0), ("1 %", 1), ("10 %", 10), ("100 %", 100))
"""Nested subsets of entities: the share and the last hash unit in it."""
HOT_UNIT = 101
"""The unit of entities that are compared for the number of their events, beside the sample."""
_PERMUTATIONS = 199
_FEWEST_UNITS = 3
_MOST_DEALT = 10**8
"""Of more windows in a unit, shares are dealt."""

Counts = Mapping[tuple[int, int], tuple[int, int]]
"""(wrong, compared) windows by (hash unit, size), where size is floor(log2(population))."""


@dataclass(frozen=True)
class Point:
    """A mismatch rate and its 95 % interval (Wilson)."""

    size: int
    wrong: int
    compared: int

    @property
    def rate(self) -> float:
        return self.wrong / self.compared

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.wrong, self.compared)


@dataclass(frozen=True)
class StepChange:
    """The best split: rates below size `at` and from it on, and how likely chance gives as much.

    `units` is the number of hash units with errors: those of one or two may be of one entity.
    """

    at: int
    below: Point
    above: Point
    ratio: float
    p: float
    units: int

    @property
    def is_step(self) -> bool:
        several = self.units >= _FEWEST_UNITS
        return several and self.p <= 0.01 and self.below.rate < 0.5 * self.above.rate


def wilson(wrong: int, compared: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share."""
    if compared == 0:
        return 0.0, 1.0
    share, n = wrong / compared, compared
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    below = 1 + z * z / n
    return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)


def curve(counts: Counts, last_unit: int = 100) -> tuple[Point, ...]:
    """Mismatch rates by size over the units up to `last_unit`, smallest windows first."""
    wrong: dict[int, int] = {}
    compared: dict[int, int] = {}
    for (unit, size), (bad, every) in counts.items():
        if unit <= last_unit and every:
            wrong[size] = wrong.get(size, 0) + bad
            compared[size] = compared.get(size, 0) + every
    return tuple(Point(size, wrong[size], compared[size]) for size in sorted(compared))


def step_change(counts: Counts) -> StepChange | None:
    """The split of sizes that explains the mismatches best; None with fewer than two sizes."""
    points = curve(counts)
    if len(points) < 2 or not any(p.wrong for p in points):
        return None
    sizes = [p.size for p in points]
    at, ratio = _best([p.wrong for p in points], [p.compared for p in points])
    units = sorted({unit for unit, _ in counts if unit != HOT_UNIT})
    table = [[counts.get((unit, size), (0, 0)) for size in sizes] for unit in units]
    compared = [p.compared for p in points]
    # A split that differs from the one found by the rounding of logarithms alone is as good.
    least = ratio * (1 - 1e-9)
    errors = [sum(bad for bad, _ in row) for row in table]
    dealt = _dealt(errors, [[every for _, every in row] for row in table])
    as_good = sum(_best(wrong, compared)[1] >= least for wrong in dealt)
    return StepChange(
        sizes[at],
        _pooled(points[:at], sizes[0]),
        _pooled(points[at:], sizes[at]),
        ratio,
        (as_good + 1) / (_PERMUTATIONS + 1),
        sum(bad > 0 for bad in errors),
    )


def _dealt(errors: Sequence[int], compared: Sequence[Sequence[int]]) -> list[list[float]]:
    """Errors by size, once per permutation, if size had nothing to do with them.

    `errors` are those of each unit, `compared` the windows by unit and size.
    """
    import numpy as np

    windows = np.array(compared)
    every = windows.sum(axis=1)
    scale = max(1.0, float(every.max()) / _MOST_DEALT)
    cards = (windows / scale).astype(np.int64)
    rates = np.array(errors) / np.maximum(every, 1)
    rng = np.random.Generator(np.random.PCG64(20_240_229))
    shuffled = np.array([rng.permutation(rates) for _ in range(_PERMUTATIONS)])
    rest = np.broadcast_to(cards.sum(axis=1), shuffled.shape).copy()
    left = np.minimum(np.floor(shuffled * rest + rng.random(shuffled.shape)), rest).astype(np.int64)
    found = []
    for size in range(windows.shape[1]):
        mine = np.broadcast_to(cards[:, size], rest.shape)
        rest -= mine
        here = rng.hypergeometric(mine, rest, left)
        left -= here
        found.append(here.sum(axis=1) * scale)
    return [[float(x) for x in row] for row in np.transpose(found)]


def _pooled(points: Sequence[Point], size: int) -> Point:
    return Point(size, sum(p.wrong for p in points), sum(p.compared for p in points))


def _best(wrong: Sequence[float], compared: Sequence[int]) -> tuple[int, float]:
    """Where to split so that the rate above is higher, and twice the gain in log-likelihood."""
    best, at = 0.0, 1
    all_wrong, every = sum(wrong), sum(compared)
    bad, seen = 0.0, 0
    for i in range(1, len(compared)):
        bad, seen = bad + wrong[i - 1], seen + compared[i - 1]
        if bad * (every - seen) >= (all_wrong - bad) * seen:
            continue
        gain = 2 * (
            _likelihood(bad, seen)
            + _likelihood(all_wrong - bad, every - seen)
            - _likelihood(all_wrong, every)
        )
        if gain > best:
            best, at = gain, i
    return at, best


def _likelihood(bad: float, n: float) -> float:
    good = n - bad
    return sum(x * math.log(x / n) for x in (bad, good) if x > 0)
