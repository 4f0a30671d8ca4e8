"""All partitions of one feature in the order of time, compared with both references."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from sparkguard.drift import evidence
from sparkguard.drift.cells import Counted, Feature, feature_of
from sparkguard.drift.comparison import Comparison, Level, Limits
from sparkguard.drift.decision import Trial
from sparkguard.drift.false_alarms import trial_of
from sparkguard.drift.references import in_order, seasons, with_rolling
from sparkguard.errors import did_you_mean, listed
from sparkguard.measures.base import Measure
from sparkguard.slices import Slice
from sparkguard.verdicts import Evidence

SHOWN_FROM = 0.05
"""p-value below which a comparison shows its bins, so that whatever alerts does."""


@dataclass(frozen=True, eq=False)
class Partitions:
    """A baseline's state and the later ones by slice; `time` names the slice column of the time.

    Slices in `accepted` stepped away with somebody's consent; those in `broken` are no reference
    for later ones, however near the baseline they are.
    """

    measure: Measure[Any]
    base: Any
    states: Mapping[Slice, Any]
    time: str
    accepted: Collection[Slice] = ()
    limits: Limits = field(default_factory=Limits)
    broken: Collection[Slice] = ()

    @cached_property
    def feature(self) -> Feature:
        return feature_of(self.measure, self.base)

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        """In the order of time."""
        found = list(self.states)
        return tuple(found[i] for i in in_order([self._text(where) for where in found]))

    @cached_property
    def _counted(self) -> tuple[Counted, Any]:
        return self.feature.matrix([self.states[where] for where in self.slices])

    @cached_property
    def _compared(self) -> tuple[Comparison, Comparison, Any, Counted]:
        season = seasons([self._text(where) for where in self.slices])
        accepted, broken = (
            [where in slices for where in self.slices] for slices in (self.accepted, self.broken)
        )
        current = self._counted[0]
        return with_rolling(self.feature, current, season, accepted, self.limits, broken)

    @property
    def pinned(self) -> Comparison:
        return self._compared[0]

    @cached_property
    def _positions(self) -> Mapping[Slice, int]:
        return {where: at for at, where in enumerate(self.slices)}

    @cached_property
    def _levels(self) -> Any:
        """The worse of both comparisons, each partition by itself."""
        pinned, rolling, has, _ = self._compared
        return np.maximum(pinned.level(), np.where(has, rolling.level(), Level.STEADY))

    def position(self, where: Slice) -> int:
        return self._positions[where]

    def has_too_many_values(self, at: int) -> bool:
        return not self._counted[1][at]

    def trials(self, at: int) -> tuple[Trial, Trial | None]:
        """Against the baseline, and against the partitions before where there are some."""
        pinned, rolling, has, _ = self._compared
        return trial_of(pinned, at), trial_of(rolling, at) if has[at] else None

    def lasts(self, at: int) -> bool:
        """True where the partition before was at least at the warning level, or there is none."""
        if len(self.slices) == 1:
            return True
        return bool(at > 0 and self._levels[at - 1] >= Level.WARN)

    def text(self, at: int) -> str:
        """What moved, in words and numbers."""
        found = self.pinned
        parts = [] if np.isnan(found.psi[at]) else [f"PSI {found.psi[at]:.3f}"]
        return "; ".join([*parts, *([found.why[at]] if at in found.why else [])])

    def evidence(self, at: int, always: bool = False) -> Iterator[Evidence]:
        """Where something may have moved, or `always`: worked numbers and both distributions.

        Steady partitions would bury the others: what was counted of them is in their profile.
        """
        pinned, rolling, has, references = self._compared
        current = self._counted[0][at]
        sides = [("to the baseline", pinned, self.feature.reference)]
        sides += [("to the partitions before", rolling, references[at])] if has[at] else []
        if not always and not any(self._is_shown(found, at) for _, found, _ in sides):
            return
        for name, found, reference in sides:
            yield from evidence.work(self.feature, found, at, reference, current, self.limits, name)
            yield from evidence.bins(self.feature, reference, current, name)
        state, v = self.states[self.slices[at]], float(pinned.v[at])
        yield from evidence.of_fine_bins(self.feature, self.base, state, v, "to the baseline")

    def picture(self, segment: Slice) -> Iterator[Evidence]:
        """PSI by partition."""
        labels = [self._text(where) or "NULL" for where in self.slices]
        name = "PSI by partition" + ("" if segment.is_whole else f", {segment}")
        yield from evidence.series(labels, self.pinned, self.limits, name)

    def _is_shown(self, found: Comparison, at: int) -> bool:
        return bool(found.direct[at] or (found.p_warn[at] <= SHOWN_FROM))

    def _text(self, where: Slice) -> str | None:
        return dict(where.values).get(self.time)


def refused_time(time: str, by: Sequence[str], table: str) -> Mapping[str, str]:
    """Why partitions can't follow each other by `time`, as checks refuse an option.

    A table without slices has no partitions, so that any `time` will do.
    """
    if not time or not by or time in by:
        return {}
    said = f"time {time!r} is no slice column of {table}; allowed: {listed(by)}."
    return {"time": f"{said}{did_you_mean(time, by)}"}


def segment_of(where: Slice, time: str) -> Slice:
    """The slice without its column of time: what is followed through time."""
    return Slice(tuple((name, value) for name, value in where.values if name != time))


def by_segment(states: Mapping[Slice, Any], time: str) -> dict[Slice, dict[Slice, Any]]:
    """States by segment and slice; those without the column of time are left out."""
    found: dict[Slice, dict[Slice, Any]] = {}
    for where, state in states.items():
        if any(name == time for name, _ in where.values):
            found.setdefault(segment_of(where, time), {})[where] = state
    return found


def ordered_in_time(group: Mapping[Slice, Any], time: str) -> list[tuple[str, Any]]:
    """Time as text, `NULL` where there is none, and state of each partition, oldest first."""
    found = [(dict(where.values).get(time), state) for where, state in group.items()]
    return [(found[i][0] or "NULL", found[i][1]) for i in in_order([text for text, _ in found])]


def merged(states: Mapping[Slice, Any]) -> Any:
    """One state of all slices; None when there are none."""
    total: Any = None
    for state in states.values():
        total = state if total is None else total.merge(state)
    return total
