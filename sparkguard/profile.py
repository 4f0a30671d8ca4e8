"""What a check needs to see, and what a run has seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from sparkguard.kinds import fingerprint
from sparkguard.measures.base import Measure, State
from sparkguard.measures.rows import Rows
from sparkguard.relations.base import Relation
from sparkguard.slices import WHOLE, Slice

S = TypeVar("S", bound=State)


@dataclass(frozen=True)
class Need(Generic[S]):
    """A measure over a relation; equal needs are computed once per run."""

    relation: Relation
    measure: Measure[S]

    @cached_property
    def id(self) -> str:
        """Identifies the need between runs, as 64 hexadecimal digits."""
        return fingerprint((self.relation, self.measure))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # A profile looks its needs up all the time, and some have a hundred edges.
        return hash((self.relation, self.measure))


@dataclass(frozen=True)
class Profile:
    """States by need and slice. It merges like its parts, so days add up to a month.

    A relation whose slices do not add up to the whole (`whole_apart`) has its whole state
    stored under `WHOLE`; for others the whole is merged from the slices when asked for.
    """

    states: Mapping[tuple[Need[Any], Slice], Any] = field(default_factory=dict)

    def merge(self, other: Profile, /) -> Profile:
        return Profile.merged((self, other))

    @classmethod
    def merged(cls, profiles: Iterable[Profile]) -> Profile:
        """All of `profiles` in one, in time linear in their states."""
        states: dict[tuple[Need[Any], Slice], Any] = {}
        for profile in profiles:
            for key, state in profile.states.items():
                states[key] = states[key].merge(state) if key in states else state
        return cls(states)

    def at(self, where: Slice, need: Need[S]) -> S | None:
        """The state of `need` over the rows of `where`; None when nothing was seen there."""
        exact = self.states.get((need, where))
        if exact is not None or need.relation.whole_apart:
            return cast("S | None", exact)
        if (need, where) not in self._merged:
            merged: S | None = None
            for slice_ in self._slices_of.get(need, ()):
                if where.contains(slice_):
                    state = self.states[need, slice_]
                    merged = state if merged is None else merged.merge(state)
            self._merged[need, where] = merged
        return cast("S | None", self._merged[need, where])

    def only(self, where: Slice) -> Profile:
        """What was seen in `where` alone."""
        if where.is_whole:
            wholes = {(need, WHOLE): self.at(WHOLE, need) for need in self._slices_of}
            return Profile({key: state for key, state in wholes.items() if state is not None})
        is_finest = len(where.values) >= self._depth
        return Profile(
            {
                (need, at): self.states[need, at]
                for at in ((where,) if is_finest else self._needs_at)
                if where.contains(at)
                for need in self._needs_at.get(at, ())
            }
        )

    def whole(self, need: Need[S]) -> S | None:
        """The state over all rows this profile speaks of; None when nothing was seen."""
        found = self.at(WHOLE, need)
        if found is None and need.relation.whole_apart:
            slices = self._slices_of.get(need, ())
            if len(slices) == 1:
                return cast(S, self.states[need, slices[0]])
        return found

    def rows(self, relation: Relation) -> int:
        """Rows of `relation` that were seen; 0 when none."""
        state = self.whole(Need(relation, Rows()))
        return state.rows if state is not None else 0

    def slices(self, relation: Relation) -> tuple[Slice, ...]:
        """The slices of `relation` in which rows were seen, without the whole."""
        return tuple(s for s in self._slices_of.get(Need(relation, Rows()), ()) if not s.is_whole)

    def restricted(self, needs: Iterable[Need[Any]]) -> Profile:
        """The states of `needs` alone, in all slices."""
        return Profile(
            {
                (need, slice_): self.states[need, slice_]
                for need in needs
                for slice_ in self._slices_of.get(need, ())
            }
        )

    @cached_property
    def _merged(self) -> dict[tuple[Need[Any], Slice], Any]:
        """What `at` added up: the judgement of every slice asks for the whole."""
        return {}

    @cached_property
    def _depth(self) -> int:
        """The most columns that a slice names."""
        return max((len(slice_.values) for slice_ in self._needs_at), default=0)

    @cached_property
    def _needs_at(self) -> Mapping[Slice, tuple[Need[Any], ...]]:
        found: dict[Slice, list[Need[Any]]] = {}
        for need, slice_ in self.states:
            found.setdefault(slice_, []).append(need)
        return {slice_: tuple(needs) for slice_, needs in found.items()}

    @cached_property
    def _slices_of(self) -> Mapping[Need[Any], tuple[Slice, ...]]:
        found: dict[Need[Any], list[Slice]] = {}
        for need, slice_ in self.states:
            found.setdefault(need, []).append(slice_)
        return {need: tuple(slices) for need, slices in found.items()}


@dataclass(frozen=True)
class Failure:
    """Why a need has no state: Spark's error class, and a sentence without cell values."""

    condition: str
    message: str


@dataclass(frozen=True)
class Scanned:
    """What scans brought, and which needs failed."""

    profile: Profile = field(default_factory=Profile)
    failures: Mapping[Need[Any], Failure] = field(default_factory=dict)

    def merge(self, other: Scanned) -> Scanned:
        """Both; the needs of the two are different ones, but for row counts, which agree."""
        states = {**self.profile.states, **other.profile.states}
        return Scanned(Profile(states), {**self.failures, **other.failures})
