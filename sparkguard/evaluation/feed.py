"""Whether labels arrive as they should, day by day: what came against what was to be expected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from scipy.special import gammaincc

Day = int
"""Days since 1970; 1970-01-01 was a Thursday."""

COMPARABLE = 28
FEWEST = 5
DEAD, PARTIAL = 0.1, 0.7
DEAD_AT_LEAST = 20.0
SLACK, DECISION, MOST = 0.5, 5.0, 6.0


@dataclass(frozen=True)
class Arrivals:
    """One arrival day: labels observed and expected, and the cumulative sum of what lacks.

    `expected` is None while too few comparable days are known.
    """

    day: Day
    observed: int
    expected: float | None
    cusum: float = 0.0

    @property
    def ratio(self) -> float | None:
        return self.observed / self.expected if self.expected else None

    @property
    def is_telling(self) -> bool:
        """Whether so many labels are expected that their lack tells something."""
        return self.expected is not None and self.expected >= DEAD_AT_LEAST

    @property
    def is_dead(self) -> bool:
        """No label where at least 20 are expected (Poisson p < 2.1e-9), or less than a tenth."""
        if self.expected is None or not self.is_telling:
            return False
        return self.observed < DEAD * self.expected

    @property
    def is_partial(self) -> bool:
        if self.expected is None or not self.is_telling or self.is_dead:
            return False
        return self.observed < PARTIAL * self.expected or self.cusum > DECISION

    @property
    def is_normal(self) -> bool:
        return not (self.is_dead or self.is_partial)


@dataclass(frozen=True)
class Together(Arrivals):
    """Several days in a row, from `day` on.

    `spread` is how many times wider than a Poisson's the labels of the days before vary, those
    aside on which the feed failed.
    """

    spread: float = 1.0

    @property
    def p(self) -> float:
        """How likely so few labels are by chance."""
        return poisson(self.observed, self.expected or 0.0, self.spread)


def together(feed: Mapping[Day, Arrivals], end: Day) -> Together:
    """The fewest days before `end` that expect 20 labels together, 28 at most."""
    found = Together(end, 0, 0.0)
    while not found.is_telling and end - found.day < COMPARABLE:
        before = feed.get(found.day - 1)
        if before is None or before.expected is None:
            break
        expected = (found.expected or 0.0) + before.expected
        found = Together(before.day, found.observed + before.observed, expected)
    past = (feed.get(found.day - k) for k in range(1, COMPARABLE + 1))
    squares = [
        (x.observed - x.expected) ** 2 / x.expected
        for x in past
        if x and x.expected and x.is_normal
    ]
    return replace(found, spread=max(1.0, sum(squares) / len(squares)) if squares else 1.0)


@dataclass(frozen=True)
class Feed:
    """Predictions by day and labels by prediction day and arrival day, up to `last` exclusive."""

    predictions: Mapping[Day, int]
    labels: Mapping[tuple[Day, Day], int]
    last: Day
    horizon: int
    _days: dict[Day, Arrivals] = field(default_factory=dict, compare=False, repr=False)

    def days(self) -> Sequence[Arrivals]:
        """Every arrival day from the first prediction on, in order.

        E = Σ_c N_c r_age(c), with rates of the last 28 comparable days: the same age, and both
        days of the week or both of its end. Days on which the feed failed teach no rates. The
        cumulative sum is of -(O - E) / sqrt(φ E) less a slack of one half, between 0 and 6, with φ
        the recent mean of (O - E)² / E and at least 1; days that fail by themselves add nothing.
        """
        if not self._days and self.predictions:
            self._fill()
        return [self._days[day] for day in sorted(self._days)]

    def _fill(self) -> None:
        learnt: dict[bool, list[Day]] = {False: [], True: []}
        recent: list[float] = []
        cusum = 0.0
        for day in range(min(self.predictions), self.last):
            weekend = is_weekend(day)
            cohorts = range(day - self.horizon, day + 1)
            observed = sum(self.labels.get((c, day), 0) for c in cohorts)
            comparable = learnt[weekend][-COMPARABLE:]
            expected = self._expected(day, comparable) if len(comparable) >= FEWEST else None
            found = Arrivals(day, observed, expected)
            if expected and found.is_normal:
                spread = max(1.0, sum(recent) / len(recent) if recent else 1.0)
                lack = (expected - observed) / math.sqrt(spread * expected)
                cusum = min(MOST, max(0.0, cusum + lack - SLACK))
                found = Arrivals(day, observed, expected, cusum)
            self._days[day] = found
            if found.is_normal:
                learnt[weekend].append(day)
                if expected:
                    recent = [*recent[-(COMPARABLE - 1) :], (observed - expected) ** 2 / expected]

    def _expected(self, day: Day, comparable: Sequence[Day]) -> float:
        total = 0.0
        for age in range(self.horizon + 1):
            cohort = self.predictions.get(day - age, 0)
            if not cohort:
                continue
            of = sum(self.predictions.get(d - age, 0) for d in comparable)
            known = sum(self.labels.get((d - age, d), 0) for d in comparable)
            total += cohort * known / of if of else 0.0
        return total


def poisson(observed: float, expected: float, spread: float = 1.0) -> float:
    """P(X <= observed) of a Poisson X with that mean, both in units of `spread`."""
    return float(gammaincc(observed / spread + 1, expected / spread)) if expected else 1.0


def is_weekend(day: Day) -> bool:
    return (day + 3) % 7 >= 5
