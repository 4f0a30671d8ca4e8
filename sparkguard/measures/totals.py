"""Named sums of whole or decimal numbers, for relations whose rows already carry counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql

EXACT = Context(prec=100)
"""Room for any sum of Spark's decimals, which Python's own context of 28 digits lacks."""


@dataclass(frozen=True)
class TotalsState:
    """(name, sum) pairs in the measure's order; sums are exact."""

    sums: tuple[tuple[str, int | Decimal], ...]

    def __getitem__(self, name: str) -> int | Decimal:
        return dict(self.sums)[name]

    def count(self, name: str) -> int:
        """The sum of this name, as a whole number."""
        return int(self[name])

    def merge(self, other: TotalsState, /) -> TotalsState:
        theirs = dict(other.sums)
        return TotalsState(tuple((name, _add(mine, theirs[name])) for name, mine in self.sums))


def _add(one: int | Decimal, other: int | Decimal) -> int | Decimal:
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    # Python's own context would round to 28 digits.
    return EXACT.add(Decimal(one), Decimal(other))


@dataclass(frozen=True)
class Totals(Measure[TotalsState], kind="totals"):
    """Sums each of `terms`, (name, expression) pairs; NULL counts as 0.

    An expression is a bigint or a decimal. A decimal sum beyond 38 digits gives no number: then
    `state` raises OverflowError, so that an overflow is an error and never a smaller sum.
    """

    terms: tuple[tuple[str, Sql], ...]
    reads: frozenset[str]

    def columns(self) -> frozenset[str]:
        return self.reads

    def aggregates(self) -> tuple[Sql, ...]:
        return tuple(
            sql.template("try_sum(coalesce({}, 0))", expression) for _, expression in self.terms
        ) + (sql.template("count(1)"),)

    def state(self, cells: Sequence[Any], /) -> TotalsState:
        *sums, rows = cells
        if rows and None in sums:
            name = self.terms[sums.index(None)][0]
            raise OverflowError(f"the sum of {name} has more than 38 digits")
        pairs = zip(self.terms, sums, strict=True)
        return TotalsState(tuple((name, 0 if sum_ is None else sum_) for (name, _), sum_ in pairs))

    def metrics(self, state: TotalsState, /) -> Metrics:
        return {
            name: int(value) if value == int(value) else float(value) for name, value in state.sums
        }

    def payload(self, state: TotalsState, /) -> bytes:
        return to_json([[name, str(value)] for name, value in state.sums])

    def restore(self, payload: bytes, version: int, /) -> TotalsState:
        return TotalsState(
            tuple(
                (name, int(text) if text.lstrip("-").isdigit() else Decimal(text))
                for name, text in from_json(payload)
            )
        )
