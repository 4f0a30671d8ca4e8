"""How much of a cohort's truth is to be expected by its age, and what that makes of its metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

from sparkguard.evaluation.chain_ladder import ChainLadder


class Maturity(StrEnum):
    PROVISIONAL = "PROVISIONAL"  # less than half of the labels to come can be known
    MATURING = "MATURING"
    MATURE = "MATURE"  # at least nine tenths
    CLOSED = "CLOSED"  # older than the horizon: no label is awaited
    STARVED = "STARVED"  # its feed is dead or loses labels: it will not mature by itself
    UNKNOWN = "UNKNOWN"  # no cohort has reached the horizon, or no label tells of an age


HALF, MOST = 0.5, 0.9
ROUNDING = 1e-9

Cohort = int
"""Days since 1970 of the predictions."""


@dataclass(frozen=True)
class Development:
    """When labels arrive, from cohorts whose number of predictions is known.

    `predictions` are by cohort and `arrived` by cohort and age in whole days since the
    prediction; both as known at `today`, in days since 1970. Ages beyond `horizon` days belong to
    its last day. Backfilled labels are no arrivals: leave them out.
    """

    predictions: Mapping[Cohort, int]
    arrived: Mapping[Cohort, Mapping[int, int]]
    today: int
    horizon: int

    def age(self, cohort: Cohort) -> int:
        """Whole days that the last prediction of the cohort is old."""
        return self.today - cohort - 1

    @cached_property
    def rates(self) -> tuple[float | None, ...]:
        """r_k = Σ arrivals at age k / Σ predictions, over the cohorts that have passed age k.

        None for an age that no cohort has passed.
        """
        rates: list[float | None] = []
        for k in range(self.horizon + 1):
            reached = [c for c in self.predictions if self.age(c) >= k]
            of = sum(self.predictions[c] for c in reached)
            found = sum(self._arrived(c, k) for c in reached)
            rates.append(found / of if of else None)
        return tuple(rates)

    def _arrived(self, cohort: Cohort, k: int) -> int:
        ages = self.arrived.get(cohort, {})
        if k < self.horizon:
            return ages.get(k, 0)
        return sum(n for age, n in ages.items() if age >= k)

    @cached_property
    def cumulative(self) -> tuple[float, ...]:
        """R(k): the share of predictions that has a label by age k, as far as ages are known."""
        total, found = 0.0, []
        for rate in self.rates:
            if rate is None:
                break
            total += rate
            found.append(total)
        return tuple(found)

    def expected(self, cohort: Cohort) -> float | None:
        """The coverage to be expected of a cohort at its age; None before any is that old."""
        return self._at_age(self.cumulative, cohort)

    @cached_property
    def shares(self) -> tuple[float, ...]:
        """F(k): the share of the labels ever to come that is known by age k.

        Of every age up to the horizon; empty until a cohort has reached that, and without labels:
        what is known by the last age that was seen need not be all.
        """
        last = self.cumulative[-1] if self.is_whole else 0.0
        return tuple(value / last for value in self.cumulative) if last else ()

    def developed(self, cohort: Cohort) -> float | None:
        """F: the share of the labels ever to come that the cohort's age should have brought."""
        return self._at_age(self.shares, cohort) if self.shares else None

    def coverage_of(self, predictions: Mapping[Cohort, int]) -> float | None:
        """The coverage to be expected of several cohorts together; None where one's is unknown."""
        return self._of(self.cumulative, predictions)

    def developed_of(self, predictions: Mapping[Cohort, int]) -> float | None:
        """F of several cohorts together."""
        return self._of(self.shares, predictions) if self.shares else None

    def _of(self, values: Sequence[float], predictions: Mapping[Cohort, int]) -> float | None:
        total = sum(predictions.values())
        found = [(self._at_age(values, cohort), n) for cohort, n in predictions.items()]
        if not total or any(value is None for value, _ in found):
            return None
        return sum((value or 0.0) * n for value, n in found) / total

    def _at_age(self, values: Sequence[float], cohort: Cohort) -> float | None:
        age = min(self.age(cohort), self.horizon)
        if age < 0:
            return 0.0
        return values[age] if age < len(values) else None

    @property
    def is_whole(self) -> bool:
        """Whether some cohort has reached the horizon, so that F speaks of all labels."""
        return len(self.cumulative) == self.horizon + 1

    def days_to(self, share: float) -> int:
        """The first age at which F reaches `share`; the horizon when none is known to."""
        for age, value in enumerate(self.shares):
            if value >= share - ROUNDING:
                return age
        return self.horizon


@dataclass(frozen=True)
class Ladder(Development):
    """The same where nobody knows of how many predictions a label will come.

    Shares follow from the labels alone, by the chain ladder over the days of predictions: they
    stay right while the share of predictions that get a label moves.
    """

    @cached_property
    def ladder(self) -> ChainLadder | None:
        """From the first age with labels on, up to the horizon; None while too little is known."""
        if not self.is_whole:
            return None
        rows = [self._known(cohort) for cohort in sorted(self.predictions)]
        reached = [row for row in rows if row]
        try:
            first = next(k for k in range(len(reached[0])) if any(r[k] for r in reached if r[k:]))
            return ChainLadder([row[first:] for row in reached if row[first:]])
        except (IndexError, StopIteration, ValueError):
            return None

    def _known(self, cohort: Cohort) -> tuple[int, ...]:
        """Labels of a cohort by every age that it has reached."""
        ages = range(min(self.age(cohort), self.horizon) + 1)
        return tuple(accumulate(self._arrived(cohort, k) for k in ages))

    @cached_property
    def shares(self) -> tuple[float, ...]:
        if self.ladder is None:
            return ()
        none = len(self.cumulative) - self.ladder.n
        return (*(0.0,) * none, *map(float, self.ladder.developed))


def maturity(age: int, horizon: int, developed: float | None, starved: bool = False) -> Maturity:
    """The status of a cohort `age` days old, of whose labels a share `developed` should be in."""
    if age > horizon:
        return Maturity.CLOSED
    if starved:
        return Maturity.STARVED
    if developed is None:
        return Maturity.UNKNOWN
    if developed < HALF - ROUNDING:
        return Maturity.PROVISIONAL
    return Maturity.MATURING if developed < MOST - ROUNDING else Maturity.MATURE
