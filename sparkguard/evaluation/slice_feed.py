"""What each slice's days bring against what its own past and the other slices let expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sparkguard.drift.series import LEAST, WEEKS
from sparkguard.evaluation.feed import COMPARABLE, DEAD_AT_LEAST, PARTIAL, Day, poisson
from sparkguard.evaluation.seen import Days, Seen

OF_TRAFFIC = 0.01
STEP = 7
LOOKED_AT = 2 * WEEKS * STEP
FAILED = 0.001


@dataclass(frozen=True)
class Expected:
    """One arrival day of a slice.

    `spread` is how many times wider than a Poisson's the labels of its days vary, None while too
    few are known to tell; `failed` days teach nothing.
    """

    observed: float
    expected: float
    spread: float | None
    failed: bool

    def p(self, share: float = 1.0) -> float:
        """How likely so few labels are by chance where only `share` of them is to be expected."""
        return poisson(self.observed, share * self.expected, self.spread or 1.0)


@dataclass(frozen=True)
class Slice:
    """A slice with at least 1 % of the recent predictions, and all others of its column."""

    name: str
    days: Days
    rest: Days


def watched(seen: Seen, today: Day, cycle: int) -> Iterator[Slice]:
    """The slices that are large enough to be looked at: 1 % of the cycle and the 28 days before."""
    recent = range(today - cycle - COMPARABLE, today)
    columns: dict[str, list[tuple[str, Days]]] = {}
    for group, days in seen.days_by_slice.items():
        columns.setdefault(group.slice, []).append((group.name, days))
    for of_column in columns.values():
        every = Days()
        for _, days in of_column:
            every.made.update(days.made)
            every.arrived.update(days.arrived)
            every.ages.update(days.ages)
        total = sum(every.made[day] for day in recent)
        for name, days in sorted(of_column, key=lambda item: item[0]):
            n = sum(days.made[day] for day in recent)
            if n and n >= OF_TRAFFIC * total:
                rest = Days(
                    every.made - days.made, every.arrived - days.arrived, every.ages - days.ages
                )
                yield Slice(name, days, rest)


def expected_labels(of: Days, today: Day, cycle: int, horizon: int) -> Mapping[Day, Expected]:
    """The days of the last cycle and of 16 weeks before it on which labels could be expected.

    E = q Σ_c N_c r_age(c): r is the slice's own share of labels by age over all its past, and q
    the ratio of labels to that sum on the same weekdays of the last eight weeks, four at least,
    on which the feed did not fail. So neither slow labels nor a weekly cycle look like a loss.
    """
    first = min(of.made, default=today)
    if first >= today:
        return {}  # nobody else predicts anything, as where a column has one value
    span = range(first, today)
    made = np.array([of.made[day] for day in span], dtype=np.float64)
    labels = np.array([of.arrived[day] for day in span], dtype=np.float64)
    reached = [made[: len(made) - k].sum() for k in range(min(horizon + 1, len(made)))]
    rates = np.array([of.ages[k] / n if n else 0.0 for k, n in enumerate(reached)])
    due = np.convolve(made, rates)[: len(made)]
    well = np.ones(len(made), dtype=bool)
    recent: list[float] = []
    found: dict[Day, Expected] = {}
    for d in range(max(0, today - cycle - LOOKED_AT - first), len(made)):
        alike = np.array([k for j in range(1, WEEKS + 1) if (k := d - STEP * j) >= 0 and well[k]])
        if len(alike) < LEAST or not due[alike].sum():
            continue
        expected = float(due[d] * labels[alike].sum() / due[alike].sum())
        observed = float(labels[d])
        spread = max(1.0, sum(recent) / len(recent)) if len(recent) >= STEP else None
        few = expected >= DEAD_AT_LEAST and observed < PARTIAL * expected
        failed = few and poisson(observed, expected, spread or 1.0) < FAILED
        found[first + d] = Expected(observed, expected, spread, failed)
        well[d] = not failed
        if expected and not failed:
            recent = [*recent[-(COMPARABLE - 1) :], (observed - expected) ** 2 / expected]
    return found


def shares(rest: Mapping[Day, Expected]) -> Mapping[Day, float]:
    """What share of their labels the others had, at most 1: a slice is blamed for its own lack."""
    return {
        day: min(1.0, one.observed / one.expected)
        for day, one in rest.items()
        if one.expected >= DEAD_AT_LEAST
    }
