"""Which rows of a relation a state or a verdict speaks of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote, unquote

_NUMBER = re.compile(r"-?\d+(\.\d+(E-?\d{1,3})?)?", re.ASCII)


@dataclass(frozen=True)
class Slice:
    """A conjunction of `column = value`; `Slice()` is the whole relation.

    Values are Spark's text of the value (`cast(x as string)`); `None` is SQL NULL.
    `values` is kept sorted by column name, so equal slices compare equal.
    """

    values: tuple[tuple[str, str | None], ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, str | None]) -> Slice:
        return cls(tuple(sorted(values.items())))

    @property
    def is_whole(self) -> bool:
        return not self.values

    @property
    def key(self) -> str:
        """Text that identifies the slice in result tables: `month=5/origin=JFK`, `""` when whole.

        Names and values are percent-encoded; a NULL value is the bare name.
        """
        return "/".join(
            _encode(name) if value is None else f"{_encode(name)}={_encode(value)}"
            for name, value in self.values
        )

    @classmethod
    def parse(cls, key: str) -> Slice:
        """The inverse of `key`."""
        values: dict[str, str | None] = {}
        for part in filter(None, key.split("/")):
            name, equals, value = part.partition("=")
            values[unquote(name)] = unquote(value) if equals else None
        return cls.of(values)

    def contains(self, other: Slice) -> bool:
        """True when every row of `other` is a row of this slice."""
        return set(self.values) <= set(other.values)

    def overlaps(self, other: Slice) -> bool:
        """True unless a column tells the rows of the two apart."""
        mine = dict(self.values)
        return all(mine.get(column, value) == value for column, value in other.values)

    def __str__(self) -> str:
        if self.is_whole:
            return "whole table"
        return ", ".join(f"{n}={'NULL' if v is None else v}" for n, v in self.values)


WHOLE = Slice()


def _encode(text: str) -> str:
    return quote(text, safe=" :+.,-_@")


def value_order(text: str | None, *, nulls_last: bool = False) -> tuple[int, Decimal, str]:
    """Sorts values by what they are: numbers by value, then other texts; NULL before them all."""
    if text is None:
        return (3 if nulls_last else 0, Decimal(0), "")
    return (1, Decimal(text), text) if _NUMBER.fullmatch(text) else (2, Decimal(0), text)


def partition_order(
    where: Slice, by: Sequence[str] = (), *, nulls_last: bool = False
) -> tuple[object, ...]:
    """Sorts partitions by the values of the columns `by`, in that order; by name without it."""
    values = dict(where.values)
    ordered = (value_order(values.get(column), nulls_last=nulls_last) for column in by or values)
    return (*ordered, where.key)
