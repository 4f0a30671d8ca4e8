"""All partitions of one feature in the order of time, compared with both references."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from sparkguard import sql
from sparkguard.drift import evidence
from sparkguard.drift.cells import Counted, Feature, feature_of
from sparkguard.drift.comparison import Comparison, Level, Limits
from sparkguard.drift.decision import Trial
from sparkguard.drift.false_alarms import trial_of
from sparkguard.drift.references import in_order, seasons, with_rolling
from sparkguard.measures.base import Measure
from sparkguard.measures.bins import Bins
from sparkguard.slices import Slice
from sparkguard.verdicts import Evidence

SHOWN_FROM = 0.05
"""p-value below which a comparison shows its bins, so that whatever alerts does."""


@dataclass(frozen=True, eq=False)
class Partitions:
    """A baseline's state and the later ones by slice; `time` names the slice column of the time.

    Slices in `accepted` stepped away with somebody's consent.
    """

    measure: Measure[Any]
    base: Any
    states: Mapping[Slice, Any]
    time: str
    accepted: Collection[Slice] = ()
    limits: Limits = field(default_factory=Limits)

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
        accepted = [where in self.accepted for where in self.slices]
        return with_rolling(self.feature, self._counted[0], season, accepted, self.limits)

    @property
    def pinned(self) -> Comparison:
        return self._compared[0]

    def position(self, where: Slice) -> int:
        return self.slices.index(where)

    def has_too_many_values(self, at: int) -> bool:
        return not self._counted[1][at]

    def trials(self, at: int) -> tuple[Trial, Trial | None]:
        """Against the baseline, and against the partitions before where there are some."""
        pinned, rolling, has, _ = self._compared
        return trial_of(pinned, at), trial_of(rolling, at) if has[at] else None

    def lasts(self, at: int) -> bool:
        """True where the partition before was at least at the warning level, or there is none."""
        pinned, rolling, has, _ = self._compared
        if len(self.slices) == 1:
            return True
        if at == 0:
            return False
        before = at - 1
        levels = int(pinned.level()[before]), int(rolling.level()[before]) if has[before] else 0
        return max(levels) >= Level.WARN

    def text(self, at: int) -> str:
        """What moved, in words and numbers."""
        found = self.pinned
        parts = [] if np.isnan(found.psi[at]) else [f"PSI {found.psi[at]:.3f}"]
        return "; ".join([*parts, *([found.why[at]] if at in found.why else [])])

    def evidence(self, at: int, version: int) -> Iterator[Evidence]:
        """Worked numbers; where something may have moved, both distributions as well."""
        pinned, rolling, has, references = self._compared
        current = self._counted[0][at]
        yield from evidence.work(
            self.feature,
            pinned,
            at,
            self.feature.reference,
            current,
            self.limits,
            "to the baseline",
        )
        if not self._is_shown(pinned, at) and not (has[at] and self._is_shown(rolling, at)):
            return
        yield from evidence.of_fine_bins(
            self.feature,
            self.base,
            self.states[self.slices[at]],
            float(pinned.v[at]),
            "to the baseline",
        )
        yield from evidence.bins(self.feature, self.feature.reference, current, "to the baseline")
        if has[at]:
            name = "to the partitions before"
            yield from evidence.work(
                self.feature, rolling, at, references[at], current, self.limits, name
            )
            yield from evidence.bins(self.feature, references[at], current, name)
        if isinstance(self.measure, Bins):
            query = evidence.recount(self.measure, version, _condition(self.slices[at]))
            yield Evidence("work", "SQL to count again", 0, label="current", text=query)

    def picture(self) -> Iterator[Evidence]:
        """PSI by partition."""
        labels = [self._text(where) or "NULL" for where in self.slices]
        yield from evidence.series(labels, self.pinned, self.limits, "PSI by partition")

    def _is_shown(self, found: Comparison, at: int) -> bool:
        return bool(found.direct[at] or (found.p_warn[at] <= SHOWN_FROM))

    def _text(self, where: Slice) -> str | None:
        return dict(where.values).get(self.time)


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


def _condition(where: Slice) -> str:
    conditions = (
        sql.template("CAST({} AS STRING) <=> {}", sql.name(name), sql.literal(value))
        for name, value in where.values
    )
    return sql.all_of(conditions).text


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
