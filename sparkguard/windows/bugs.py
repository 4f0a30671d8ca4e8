"""The bugs of windowed pipelines: each says what a feature row would hold if it were there.

A bug has variants (a cap at 100 or at 10,000, a shift by an hour or by a day); `variants` lists
those worth trying on the cases at hand. `applies` is False only by declaration: without a
declared event id no pipeline can be told to have counted duplicates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sparkguard.windows.cases import Case
from sparkguard.windows.clock import FOREVER
from sparkguard.windows.spec import Aggregate, WindowSpec

TIMED = ("range", "hopping", "tumbling")
"""Kinds of windows with an edge in time on either side."""


class _Unknown:
    """A variant that has nothing to say about a case, or can't be computed from its rows."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Any = _Unknown()


@dataclass(frozen=True)
class Variant:
    """One way in which a bug shows. `says` completes the sentence "... of wrong values equal"."""

    bug: str
    says: str
    value: Callable[[Case], Any]
    cause: str = ""
    near: bool = False  # explains values roughly, not exactly
    fits: Callable[[Case], bool] | None = None
    cutoff: int | None = None  # rows after this time, or before it, are not seen
    parameter: int | None = None
    as_stored: bool = False  # `value` is what the column would hold, not a count of its units
    part: str = ""  # where the bug can sit, if in several places: each must show by itself
    grain: int | None = None  # microseconds by which times are off

    def explains(self, case: Case) -> bool:
        """True when the stored value is what this variant would have written."""
        if self.fits is not None:
            return self.fits(case)
        value = self.value(case)
        return value is not UNKNOWN and case.holds(value)

    def keeps(self, case: Case) -> bool:
        """True when a right value is not known to become another one."""
        return self.explains(case) or (self.fits is None and self.value(case) is UNKNOWN)


class Bug(ABC):
    """One class of bug."""

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[str] = ""  # what data must hold for the bug to show
    finest: ClassVar[int] = 0  # the least grain of its variants, in microseconds
    sees_history: ClassVar[bool] = False  # reads rows of the entity from any time

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return True

    @abstractmethod
    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        """Variants worth trying; `cases` are windows with wrong values, `hints` populations."""

    def mutants(self, cases: Sequence[Case]) -> Iterator[Variant]:
        """Variants that tell whether the data would show the bug: one of each part must."""
        yield from self.variants(cases, ())


def bug_of(part: str) -> str:
    """The bug whose part this is: of "boundary (left edge)" it is "boundary"."""
    return part.partition(" (")[0]


def shifted(first: int, last: int) -> Callable[[Case], Any]:
    """The window with its edges moved by so many microseconds."""

    def value(case: Case) -> Any:
        begin, end = case.edges
        if case.spec.window.kind == "unbounded":
            return case.timeline.value(-FOREVER, end + last)
        return case.timeline.value(begin + first, end + last)

    return value
