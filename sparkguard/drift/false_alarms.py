"""How often the policy alarms where nothing moved: halves of one partition against each other."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sparkguard.drift.cells import Counted, Feature
from sparkguard.drift.comparison import Comparison, Level, Limits, compare
from sparkguard.drift.decision import Trial, levels
from sparkguard.drift.multiplicity import Dependence, Q
from sparkguard.drift.shares import clopper_pearson

BUDGET = 1.0
"""Alarms per 1,000 feature-partitions."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class FalseAlarms:
    """Alarms among comparisons of equals; `skipped` had too few rows to be compared."""

    alarms: int
    compared: int
    skipped: int = 0
    budget: float = BUDGET

    @property
    def rate(self) -> float:
        """Per 1,000; 0 for no comparison."""
        return 1_000 * self.alarms / self.compared if self.compared else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the rate, per 1,000 (Clopper and Pearson)."""
        low, high = clopper_pearson(self.alarms, self.compared)
        return 1_000 * low, 1_000 * high

    @property
    def is_over_budget(self) -> bool:
        """True when even the lower end of the interval is above the budget."""
        return self.interval[0] > self.budget

    def to_dict(self) -> Mapping[str, float | int | bool]:
        """Plain data for JSON; rates per 1,000."""
        low, high = self.interval
        return {
            "alarms": self.alarms,
            "compared": self.compared,
            "skipped": self.skipped,
            "rate": self.rate,
            "rate_low": low,
            "rate_high": high,
            "budget": self.budget,
            "over_budget": self.is_over_budget,
        }

    def __str__(self) -> str:
        if not self.compared and not self.skipped:
            return "A/A: nothing was compared; approve a baseline first"
        low, high = self.interval
        said = (
            f"A/A: {self.alarms} alarms in {self.compared:,} feature-partitions, "
            f"{self.rate:.2f} per 1,000 (95 % {low:.2f} to {high:.2f}; budget {self.budget:g})"
        )
        skipped = f"; {self.skipped:,} had too few rows" if self.skipped else ""
        return said + skipped + ("; OVER BUDGET" if self.is_over_budget else "")


def trial_of(found: Comparison, at: int) -> Trial:
    """The test of one partition out of a comparison of many."""
    return Trial(
        float(found.p_warn[at]),
        float(found.p_alert[at]),
        Level(int(found.direct[at])),
        bool(found.evaluable[at]),
    )


def halves(
    features: Mapping[str, tuple[Feature, Sequence[Key], Counted, Counted]],
    limits: Mapping[str, Limits] | None = None,
    q: float = Q,
    dependence: Dependence = "bh",
    budget: float = BUDGET,
) -> FalseAlarms:
    """Runs the whole policy on half against half.

    For each feature: its cells, its partitions, and the counts of both halves, a row for each
    partition. Halves have half the rows, so the test is harder on the policy than the night is.
    """
    tests: dict[tuple[str, Key], Trial] = {}
    for name, (feature, keys, first, second) in features.items():
        found = compare(feature, first, second, (limits or {}).get(name))
        tests.update({(name, key): trial_of(found, at) for at, key in enumerate(keys)})
    found_levels = levels(tests, q, dependence)
    compared = [key for key, test in tests.items() if test.evaluable]
    alarms = sum(found_levels[key] > Level.STEADY for key in compared)
    return FalseAlarms(alarms, len(compared), len(tests) - len(compared), budget)
