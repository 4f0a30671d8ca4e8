"""Replays every bug on the same windows and ranks them by how many values each explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sparkguard.windows.bugs import UNKNOWN, Bug, bug_of
from sparkguard.windows.cases import Case, spread
from sparkguard.windows.catalogue import applicable
from sparkguard.windows.sensitivity import shown

_FIRST_LOOK = 16


@dataclass(frozen=True)
class Score:
    """How a variant fared: wrong values it explains, and right ones it leaves right."""

    bug: str
    says: str
    cause: str
    explained: int
    kept: int
    near: bool = False
    cutoff: int | None = None

    def merge(self, other: Score) -> Score:
        return Score(
            self.bug,
            self.says,
            self.cause,
            self.explained + other.explained,
            self.kept + other.kept,
            self.near,
            self.cutoff,
        )


@dataclass(frozen=True)
class Replayed:
    """All scores over the replayed windows, and how sensitive those windows are to each bug.

    `sensitivity` counts, per bug that could apply, windows whose value the bug would change, up to
    three of them; a bug that can sit in several places has an entry for each, "boundary (left
    edge)". `finest` says by how many microseconds times must be off to show, where that was tried.
    `disputed` windows are those on which two independent oracles disagree; they score nothing.
    `unreplayed` counts, per bug, wrong windows that lack rows of their entity which it would read.
    """

    wrong: int = 0
    right: int = 0
    disputed: int = 0
    scores: tuple[Score, ...] = ()
    sensitivity: Mapping[str, int] = field(default_factory=dict)
    largest: int = 0
    unreplayed: Mapping[str, int] = field(default_factory=dict)
    finest: Mapping[str, int] = field(default_factory=dict)

    def merge(self, other: Replayed, /) -> Replayed:
        scores = {(s.bug, s.says): s for s in self.scores}
        for s in other.scores:
            key = (s.bug, s.says)
            scores[key] = scores[key].merge(s) if key in scores else s
        return Replayed(
            self.wrong + other.wrong,
            self.right + other.right,
            self.disputed + other.disputed,
            tuple(scores.values()),
            _summed(self.sensitivity, other.sensitivity),
            max(self.largest, other.largest),
            _summed(self.unreplayed, other.unreplayed),
            _least(self.finest, other.finest),
        )

    @property
    def ranked(self) -> tuple[Score, ...]:
        """Explanations of some wrong value, best first; right values that break count against.

        What explains values only roughly comes last, unless nothing explains half of them exactly.
        """
        found = [s for s in self.scores if s.explained]
        return tuple(sorted(found, key=self._rank))

    @property
    def by_bug(self) -> tuple[Score, ...]:
        """The best explanation by each bug, best first."""
        best: dict[str, Score] = {}
        for score in self.ranked:
            best.setdefault(score.bug, score)
        return tuple(best.values())

    @property
    def _roughly(self) -> bool:
        """True when no bug explains half of the wrong values exactly."""
        return all(s.near or 2 * s.explained < self.wrong for s in self.scores)

    def _rank(self, score: Score) -> tuple[bool, int, int]:
        last = score.near and not self._roughly
        return (last, -(score.explained + score.kept), -score.explained)

    @property
    def best(self) -> tuple[Score, ...]:
        """The best explanation, and every other that does exactly as well."""
        ranked = self.ranked
        return tuple(s for s in ranked if self._rank(s) == self._rank(ranked[0]))

    @property
    def runner_up(self) -> Score | None:
        """The best explanation by a bug of another name."""
        best = {s.bug for s in self.best}
        return next((s for s in self.ranked if s.bug not in best), None)

    @property
    def blind(self) -> tuple[str, ...]:
        """Bugs that would have changed none of the replayed windows, or the parts of them that
        would not."""
        visible = {bug_of(part) for part, windows in self.sensitivity.items() if windows}
        unseen = (part for part, windows in self.sensitivity.items() if not windows)
        return tuple(dict.fromkeys(p if bug_of(p) in visible else bug_of(p) for p in unseen))

    def unshown(self, bug: str) -> tuple[str, ...]:
        """What of this bug the replayed windows would not have shown; itself if it wasn't tried."""
        if not any(bug_of(part) == bug for part in self.sensitivity):
            return (bug,)
        return tuple(part for part in self.blind if bug_of(part) == bug)


def _summed(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {name: a.get(name, 0) + b.get(name, 0) for name in {**a, **b}}


def _least(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {name: min(x[name] for x in (a, b) if name in x) for name in {**a, **b}}


def replay(cases: Sequence[Case], hints: Sequence[int] = ()) -> Replayed:
    """Scores of all bugs on `cases`, which are of one feature. `hints` are populations at which
    errors may begin."""
    agreed = [case for case in cases if case.observed is not UNKNOWN]
    wrong = [case for case in agreed if not case.is_right]
    right = [case for case in agreed if case.is_right]
    if not agreed:
        return Replayed()
    bugs = applicable(agreed[0].spec, agreed[0].aggregate)
    scores: list[Score] = []
    if wrong:
        for bug in bugs:
            scores += _scores(bug, wrong, right, hints)
    sensitivity, finest = shown(bugs, agreed)
    return Replayed(
        len(wrong),
        len(right),
        0,
        tuple(scores),
        sensitivity,
        max(case.population for case in agreed),
        _unreplayed(bugs, wrong),
        finest,
    )


def _scores(
    bug: Bug, wrong: Sequence[Case], right: Sequence[Case], hints: Sequence[int]
) -> list[Score]:
    found = []
    for variant in bug.variants(wrong, hints):
        if not any(variant.explains(case) for case in spread(wrong, _FIRST_LOOK)):
            continue
        explained = sum(variant.explains(case) for case in wrong)
        kept = sum(variant.keeps(case) for case in right)
        found.append(
            Score(
                bug.name, variant.says, variant.cause or bug.title, explained, kept,
                variant.near, variant.cutoff,
            )
        )  # fmt: skip
    return found


def _unreplayed(bugs: Sequence[Bug], wrong: Sequence[Case]) -> dict[str, int]:
    cut = [case for case in wrong if not case.whole]
    found: dict[str, int] = {}
    for bug in bugs:
        if cut and bug.sees_history:
            variants = list(bug.variants(wrong, ()))
            unknown = (c for c in cut if any(v.value(c) is UNKNOWN for v in variants))
            found[bug.name] = sum(1 for _ in unknown)
    return {name: windows for name, windows in found.items() if windows}
