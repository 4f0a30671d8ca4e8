"""Groups of so many slices at a time that the driver can hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any

from sparkguard.errors import EvaluationError
from sparkguard.layout import Chunk, Scan
from sparkguard.measures.base import Grouped
from sparkguard.profile import Need, Profile
from sparkguard.scan import cells
from sparkguard.scan.queries import COUNT, chunk_frame

if TYPE_CHECKING:
    from pyspark.sql import Column

    from sparkguard.relations.base import Tables


def by_slices(scan: Scan, chunk: Chunk, tables: Tables, most: int, slices: int) -> Profile:
    """The states of a chunk of which all groups together are too many.

    A slice with more than `most` groups by itself is an overflow of the measure; the others are
    counted. Raises OverflowError where the measure has no such state, and EvaluationError for
    more than `slices` slices.
    """
    from pyspark.sql.functions import count, lit
    from pyspark.sql.functions import sum as total

    frame = chunk_frame(scan, chunk, tables)
    names = frame.columns[: cells.key_width(scan)]
    sized = frame.groupBy(*names).agg(count(lit(1)), total(COUNT)).limit(slices + 1).collect()
    if len(sized) > slices:
        raise EvaluationError(f"more than {slices} slices", "SPARKGUARD_TOO_MANY_SLICES")
    states: dict[Any, Any] = {}
    for *key, groups, rows in sized:
        where = cells.slice_of(scan, key)
        for measure in chunk.measures if groups > most else ():
            need = Need(scan.relation, measure)
            states[need, where] = (
                measure.overflow() if isinstance(measure, Grouped) else measure.state((rows,))
            )
    fitting = ((tuple(key), groups) for *key, groups, _ in sized if groups <= most)
    for batch in batches(fitting, most):
        found = frame.where(_is_one_of(names, batch)).collect()
        states.update(cells.of_groups(scan, chunk, found).states)
    return Profile(states)


def batches(
    sized: Iterable[tuple[tuple[Any, ...], int]], most: int
) -> Iterator[list[tuple[Any, ...]]]:
    """Keys in batches whose sizes add up to at most `most`; a larger one stands alone."""
    batch: list[tuple[Any, ...]] = []
    held = 0
    for key, size in sized:
        if batch and held + size > most:
            yield batch
            batch, held = [], 0
        batch, held = [*batch, key], held + size
    if batch:
        yield batch


def _is_one_of(names: list[str], keys: list[tuple[Any, ...]]) -> Column:
    from pyspark.sql.functions import col, lit

    def is_key(key: tuple[Any, ...]) -> Column:
        same = (col(n).eqNullSafe(lit(v)) for n, v in zip(names, key, strict=True))
        return reduce(lambda a, b: a & b, same, lit(True))

    return reduce(lambda a, b: a | b, map(is_key, keys))
