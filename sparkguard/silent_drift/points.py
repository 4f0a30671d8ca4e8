"""A column over partitions or versions, and what of it two stretches of time have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sparkguard.measures.families import Family
from sparkguard.measures.moments import MomentsState
from sparkguard.measures.traits import TraitsState
from sparkguard.measures.value_bits import ValueBitsState


@dataclass(frozen=True)
class Point:
    """One column in one partition or table version; `label` names it: `month=4`, `version 17`."""

    label: str
    traits: TraitsState
    bits: ValueBitsState = field(default_factory=ValueBitsState)
    moments: MomentsState = field(default_factory=MomentsState)

    def merge(self, other: Point) -> Point:
        return Point(
            other.label,
            self.traits.merge(other.traits),
            self.bits.merge(other.bits),
            self.moments.merge(other.moments),
        )


@dataclass(frozen=True)
class Column:
    """A column's series, oldest first."""

    name: str
    family: Family
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Reference:
    """What a point is compared with. `settled` says that its set of values stopped growing."""

    point: Point
    settled: bool

    def grown(self, point: Point) -> Reference:
        """The reference after one more point that did not drift."""
        return Reference(self.point.merge(point), not new_values(self.point, point))


def baseline(point: Point) -> Reference:
    """An approved baseline: its values are taken as settled where each was seen many times."""
    exact = point.bits.exact
    often = point.traits.values >= 50 * max(1, len(exact.positions))
    return Reference(point, not exact.many and often)


def new_values(before: Point, after: Point) -> int:
    """Values of `after` that are certainly not among those of `before`; 1 where there are many."""
    if before.bits.exact.many:
        return 0
    if after.bits.exact.many:
        return 1
    return len(after.bits.exact.positions - before.bits.exact.positions)


@dataclass(frozen=True)
class Drift:
    """A change of meaning: of which column, of which kind, where, in words and numbers.

    `labels` are the points in a row that show it, the first of them `since`; `lasts` says that
    it goes on to the last point of the series. `approved` says that it is a change from the
    approved baseline, not from the points before.
    """

    kind: str
    column: str
    labels: tuple[str, ...]
    text: str
    numbers: tuple[tuple[str, float], ...] = ()
    lasts: bool = True
    approved: bool = False

    @property
    def since(self) -> str:
        return self.labels[0]

    def __str__(self) -> str:
        when = f"since {self.since}"
        if not self.lasts:
            last = self.labels[-1]
            when = f"in {last}" if last == self.since else f"from {self.since} to {last}"
        against = ", compared with the approved baseline" if self.approved else ""
        return f"{self.column}: {self.text} {when}{against}"


def merged(points: Iterable[Point]) -> Point | None:
    result: Point | None = None
    for point in points:
        result = point if result is None else result.merge(point)
    return result
