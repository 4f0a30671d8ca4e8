"""A feature column and the aggregate it claims to be."""

from __future__ import annotations

from dataclasses import dataclass

from sparkguard.windows.spec import TOTALS, Aggregate
from sparkguard.windows.values import EXACT, Tolerance

LOOSE = frozenset({"count_distinct", "quantile", "stddev"})
"""Functions whose value may be off by the tolerance whatever the type it is stored in."""


@dataclass(frozen=True)
class Feature:
    """`output` is the column, or the path to a field, that should hold `aggregate`."""

    output: tuple[str, ...]
    aggregate: Aggregate
    tolerance: Tolerance = EXACT

    @property
    def name(self) -> str:
        return ".".join(self.output)

    @property
    def adds(self) -> bool:
        return adds(self.aggregate)


def adds(aggregate: Aggregate) -> bool:
    """True when the values are added up as whole numbers."""
    return aggregate.function in TOTALS - {"count"}
