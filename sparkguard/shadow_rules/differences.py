"""What a comparison counted, by row and by column; counts of parts add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self


@dataclass(frozen=True)
class Fingerprint:
    """A multiset of rows: their number, the sum of their 64-bit hashes, and the xor of these.

    Two multisets with equal fingerprints are the same but for a chance of about 2^-64.
    """

    rows: int = 0
    total: int = 0
    xor: int = 0

    def merge(self, other: Fingerprint) -> Fingerprint:
        return Fingerprint(self.rows + other.rows, self.total + other.total, self.xor ^ other.xor)

    def __str__(self) -> str:
        return f"{self.rows}:{self.total}:{self.xor & (2**64 - 1):016x}"


class _Summed:
    """Adds field by field; `largest` is a maximum, tuples are joined."""

    def merge(self, other: Self, /) -> Self:
        mine, theirs = vars(self), vars(other)
        return type(self)(**{name: _sum(name, mine[name], theirs[name]) for name in mine})

    def cells(self) -> list[Any]:
        return [getattr(self, f.name) for f in fields(self)]  # type: ignore[arg-type]


def _sum(name: str, one: Any, other: Any) -> Any:
    return max(one, other) if name == "largest" else one + other


@dataclass(frozen=True)
class Rows(_Summed):
    """How the rows of both sides match; `matched`, `only` and `repeated` add up to all rows.

    `identical` pairs are equal in every column, `within` differ only inside tolerances, and
    `different` have the same key and a difference. `only` rows have a key that the other side
    lacks; without a key, they are surplus copies. `repeated` rows match no row of the other side
    although it has their key, which is not unique: nothing says which row belongs to which.
    `duplicates` are rows beyond the first of their key; `null_keys` have a NULL in it. Both are
    counted among the rows that were read in full (`compared`), which leaves out identical buckets.
    """

    control: int = 0
    shadow: int = 0
    identical: int = 0
    within: int = 0
    different: int = 0
    only_in_control: int = 0
    only_in_shadow: int = 0
    repeated_in_control: int = 0
    repeated_in_shadow: int = 0
    duplicates_in_control: int = 0
    duplicates_in_shadow: int = 0
    null_keys_in_control: int = 0
    null_keys_in_shadow: int = 0

    @property
    def matched(self) -> int:
        return self.identical + self.within + self.different

    @property
    def wrong(self) -> int:
        """Rows with a difference, a pair counted once."""
        return (
            self.different
            + self.only_in_control
            + self.only_in_shadow
            + self.repeated_in_control
            + self.repeated_in_shadow
        )

    @property
    def reconciles(self) -> bool:
        """True when every row of both sides is accounted for."""
        control = self.matched + self.only_in_control + self.repeated_in_control
        shadow = self.matched + self.only_in_shadow + self.repeated_in_shadow
        return (control, shadow) == (self.control, self.shadow)


@dataclass(frozen=True)
class Cells(_Summed):
    """Differences of one column in matched rows.

    `tolerated` differences lie within the tolerance; `absolute`, `signed` and `squares` are the
    sums of |b-a|, b-a and (b-a)^2 over them. `largest` is the largest |b-a| of all differences.
    """

    null_in_control: int = 0
    null_in_shadow: int = 0
    value: int = 0
    tolerated: int = 0
    absolute: float = 0.0
    signed: float = 0.0
    squares: float = 0.0
    largest: float = 0.0

    @property
    def null(self) -> int:
        """Rows in which exactly one side is NULL."""
        return self.null_in_control + self.null_in_shadow

    @property
    def wrong(self) -> int:
        return self.null + self.value


@dataclass(frozen=True)
class Example:
    """A row with a difference. `kind` is a counter's name; values are text, None is NULL."""

    column: str
    kind: str
    key: tuple[str | None, ...]
    control: str | None = None
    shadow: str | None = None
    apart: float | None = None


@dataclass(frozen=True)
class Differences:
    """All counters of a slice."""

    rows: Rows = Rows()
    columns: Mapping[str, Cells] = field(default_factory=lambda: MappingProxyType({}))
    examples: tuple[Example, ...] = ()

    def merge(self, other: Differences, /) -> Differences:
        columns = dict(self.columns)
        for name, cells in other.columns.items():
            columns[name] = columns[name].merge(cells) if name in columns else cells
        return Differences(
            self.rows.merge(other.rows),
            dict(sorted(columns.items())),
            self.examples + other.examples,
        )

    def of(self, column: str) -> Cells:
        return self.columns.get(column, Cells())

    def plus_identical(self, rows: int) -> Differences:
        """With the rows of buckets that were identical, and so were not read again."""
        return self.merge(Differences(Rows(control=rows, shadow=rows, identical=rows)))
