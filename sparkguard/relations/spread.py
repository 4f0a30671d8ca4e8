"""Rows of equal keys together, in parts that are quick to sort."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sparkguard.relations.base import Tables, row_count_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROWS_OF_A_PART = 250_000
MOST_PARTS = 2_000


def parts(tables: Tables, names: Iterable[str], share: float = 1.0) -> int | None:
    """How many parts to sort a share of all rows of some tables in; None where nobody counted."""
    counts = [row_count_of(tables, name) for name in names]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return None
    return min(MOST_PARTS, int(sum(known) * share) // ROWS_OF_A_PART + 1)


def spread(rows: DataFrame, keys: Sequence[str], into: int | None) -> DataFrame:
    """`rows` with those of equal `keys` in one part, of as many parts as given.

    Left to itself, Spark joins small parts until there is one for each core. A sort by several
    columns looks at the rows themselves, and those of a large part are in no cache.
    """
    return rows.repartition(*keys) if into is None else rows.repartition(into, *keys)
