"""Replays every bug on the same windows and ranks them by how many values each explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any

from sparkguard.windows.bugs import UNKNOWN, Bug, Variant
from sparkguard.windows.cases import Case, is_finite, spread
from sparkguard.windows.catalogue import applicable
from sparkguard.windows.values import Output, rounded

_FIRST_LOOK = 16
_SHOWN = 3


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
    three of them.
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
        """Bugs that would have changed none of the replayed windows."""
        return tuple(b for b, windows in self.sensitivity.items() if not windows)


def _summed(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {name: a.get(name, 0) + b.get(name, 0) for name in {**a, **b}}


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
    return Replayed(
        len(wrong),
        len(right),
        0,
        tuple(scores),
        _sensitivity(bugs, agreed),
        max(case.population for case in agreed),
        _unreplayed(bugs, wrong),
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


def _sensitivity(bugs: Sequence[Bug], cases: Sequence[Case]) -> dict[str, int]:
    found: dict[str, int] = {}
    for bug in bugs:
        mutants = list(bug.mutants(cases))
        if mutants:
            shown = (c for c in _looked_at(cases) if any(_changes(m, c) for m in mutants))
            found[bug.name] = sum(1 for _ in islice(shown, _SHOWN))
    return found


def _looked_at(cases: Sequence[Case]) -> Sequence[Case]:
    """At most 60 cases, those with the most events among them."""
    if len(cases) <= 60:
        return cases
    largest = sorted(range(len(cases)), key=lambda i: -cases[i].population)[:20]
    step = len(cases) / 40
    chosen = {*largest, *(int(i * step) for i in range(40))}
    return [cases[i] for i in sorted(chosen)]


def _changes(mutant: Variant, case: Case) -> bool:
    """True when what the mutant would store differs from what a correct pipeline stores."""
    value = mutant.value(case)
    if value is UNKNOWN:
        return False
    output = case.output if not mutant.as_stored else replace(case.output, unit=1)
    return not replace(case, observed=_stored(output, value)).holds(case.exact)


def _stored(output: Output, value: Any) -> Any:
    """`value`, counted in the units of `output`, as its column holds it."""
    if isinstance(value, Decimal):
        value = Fraction(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        return value
    if not is_finite(value):
        return value
    exact = Fraction(value) / output.unit
    if output.is_float:
        return float(exact)
    digits = rounded(exact, output.scale) * 10**output.scale
    return Decimal(f"{int(digits)}E-{output.scale}")
