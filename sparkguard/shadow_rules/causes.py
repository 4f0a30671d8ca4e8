"""What wrong rows have in common that equal rows have not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

LEAST_SCORE = 0.5
_MOST_CAUSES = 3


@dataclass(frozen=True)
class Bin:
    """Rows of one category of an attribute: wrong and equal ones, and the range of each.

    Numbers fall into bins by their binary logarithm, other values by a hash of their text, and
    NULL has a bin of its own. `text` is the one value that the wrong rows have, None when they
    have several.
    """

    wrong: int = 0
    equal: int = 0
    wrong_low: float | None = None
    wrong_high: float | None = None
    equal_low: float | None = None
    equal_high: float | None = None
    text: str | None = None

    def merge(self, other: Bin) -> Bin:
        text = self.text if not other.wrong or other.text == self.text else None
        return Bin(
            self.wrong + other.wrong,
            self.equal + other.equal,
            _least(self.wrong_low, other.wrong_low),
            _most(self.wrong_high, other.wrong_high),
            _least(self.equal_low, other.equal_low),
            _most(self.equal_high, other.equal_high),
            text if self.wrong else other.text,
        )


NULL_BIN = 10_000
"""The number of the bin of NULL."""


@dataclass(frozen=True)
class Breakdown:
    """Bins by attribute and bin number. `numeric` attributes have ordered bins."""

    bins: Mapping[tuple[str, int], Bin] = field(default_factory=lambda: MappingProxyType({}))
    numeric: frozenset[str] = frozenset()

    def merge(self, other: Breakdown, /) -> Breakdown:
        bins = dict(self.bins)
        for at, one in other.bins.items():
            bins[at] = bins[at].merge(one) if at in bins else one
        return Breakdown(dict(sorted(bins.items())), self.numeric | other.numeric)


@dataclass(frozen=True)
class Cause:
    """A condition that most wrong rows meet and few equal ones do.

    `wrong` and `equal` are the shares of rows that meet it; `score` is their difference, 1 when
    it tells them apart without an error.
    """

    condition: str
    wrong: float
    equal: float
    rows: int

    @property
    def score(self) -> float:
        return self.wrong - self.equal

    def __str__(self) -> str:
        return (
            f"{self.condition}: {self.wrong:.1%} of {self.rows:,} wrong rows, "
            f"{self.equal:.1%} of the equal ones"
        )


def causes(breakdown: Breakdown) -> tuple[Cause, ...]:
    """The best conditions, at most three, each of another attribute; none when nothing stands out.

    Equal rows are needed for the contrast: where every row is wrong, nothing is named.
    """
    found = []
    by_attribute: dict[str, dict[int, Bin]] = {}
    for (attribute, number), one in breakdown.bins.items():
        by_attribute.setdefault(attribute, {})[number] = one
    for attribute, bins in by_attribute.items():
        wrong = sum(b.wrong for b in bins.values())
        equal = sum(b.equal for b in bins.values())
        if not wrong or not equal:
            continue
        options = list(_categories(attribute, bins, wrong, equal, attribute in breakdown.numeric))
        if attribute in breakdown.numeric:
            options += _thresholds(attribute, bins, wrong, equal)
        if options:
            found.append(max(options, key=lambda c: c.score))
    good = [c for c in found if c.score >= LEAST_SCORE]
    return tuple(sorted(good, key=lambda c: (-c.score, c.condition)))[:_MOST_CAUSES]


def _categories(
    attribute: str, bins: Mapping[int, Bin], wrong: int, equal: int, numeric: bool
) -> Iterable[Cause]:
    for number, one in bins.items():
        if number == NULL_BIN:
            condition = f"{attribute} is NULL"
        elif not numeric and one.text is not None:
            condition = f"{attribute} = {one.text}"
        else:
            continue
        yield Cause(condition, one.wrong / wrong, one.equal / equal, wrong)


def _thresholds(attribute: str, bins: Mapping[int, Bin], wrong: int, equal: int) -> Iterable[Cause]:
    """Half-lines from each bin that holds wrong rows, cut exactly where the bin separates."""
    numbers = sorted(number for number in bins if number != NULL_BIN)
    for at in numbers:
        edge = bins[at]
        if not edge.wrong or edge.wrong_low is None or edge.wrong_high is None:
            continue
        above, below = ([bins[n] for n in numbers if n > at], [bins[n] for n in numbers if n < at])
        apart_above = edge.equal_high is None or edge.equal_high < edge.wrong_low
        apart_below = edge.equal_low is None or edge.equal_low > edge.wrong_high
        for beyond, apart, sign, limit in (
            (above, apart_above, ">=", edge.wrong_low),
            (below, apart_below, "<=", edge.wrong_high),
        ):
            met = edge.wrong + sum(b.wrong for b in beyond)
            spared = (0 if apart else edge.equal) + sum(b.equal for b in beyond)
            yield Cause(f"{attribute} {sign} {_number(limit)}", met / wrong, spared / equal, wrong)


def _number(value: float) -> str:
    whole = float(value).is_integer()
    return f"{int(value):,}" if whole and abs(value) < 1e15 else f"{value:.6g}"


def _least(*values: float | None) -> float | None:
    return min((v for v in values if v is not None), default=None)


def _most(*values: float | None) -> float | None:
    return max((v for v in values if v is not None), default=None)


def named(found: Sequence[Cause]) -> str:
    """The causes as a sentence; empty for none."""
    return "; ".join(map(str, found))
