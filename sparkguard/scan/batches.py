"""Groups of so many slices at a time that the driver can hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.errors import EvaluationError, listed
from sparkguard.layout import Chunk, Scan
from sparkguard.measures.base import Grouped
from sparkguard.profile import Need, Profile
from sparkguard.scan import cells
from sparkguard.scan.queries import COUNT, chunk_frame
from sparkguard.slices import WHOLE

if TYPE_CHECKING:
    from sparkguard.relations.base import Tables

TOO_MANY_SLICES = "SPARKGUARD_TOO_MANY_SLICES"

MOST_BATCHES = 10
"""Queries that the slices of one measure may take; what they bring is held together."""


def by_slices(
    scan: Scan, chunk: Chunk, tables: Tables, most_groups: int, most_slices: int
) -> Profile:
    """The states of a chunk's one grouped measure, of which all groups together are too many.

    A slice with more than `most_groups` by itself is an overflow of the measure; the others are
    counted. Without slices, or beyond the groups of `MOST_BATCHES`, the whole is one overflow.
    Raises OverflowError where the measure has no such state, and EvaluationError for more than
    `most_slices` slices.
    """
    from pyspark.sql.functions import count, lit
    from pyspark.sql.functions import sum as total

    (measure,) = (m for m in chunk.measures if isinstance(m, Grouped))
    need: Need[Any] = Need(scan.relation, measure)
    if not scan.by:
        return Profile({(need, WHOLE): measure.overflow()})
    frame = chunk_frame(scan, chunk, tables)
    names = frame.columns[: cells.key_width(scan)]
    sized = frame.groupBy(*names).agg(count(lit(1)), total(COUNT)).limit(most_slices + 1).collect()
    if len(sized) > most_slices:
        raise EvaluationError(
            f"more than {most_slices} slices by {listed(scan.by)}", TOO_MANY_SLICES
        )
    fitting = [(tuple(key), groups) for *key, groups, _ in sized if groups <= most_groups]
    if sum(groups for _, groups in fitting) > MOST_BATCHES * most_groups:
        return Profile({(need, WHOLE): measure.overflow()})
    states: cells.States = {}
    for *key, groups, rows in sized:
        if groups > most_groups:
            where = cells.slice_of(scan, key)
            states |= {
                (Need(scan.relation, m), where): m.overflow() if m is measure else m.state((rows,))
                for m in chunk.measures
            }
    for batch in batches(fitting, most_groups):
        found = frame.where(_is_one_of(names, batch).text).collect()
        states |= cells.of_groups(scan, chunk, found).states
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
        batch.append(key)
        held += size
    if batch:
        yield batch


def _is_one_of(names: Sequence[str], keys: Iterable[Sequence[Any]]) -> sql.Sql:
    return sql.any_of(
        sql.all_of(
            sql.template("{} <=> {}", sql.name(name), sql.literal(value))
            for name, value in zip(names, key, strict=True)
        )
        for key in keys
    )
