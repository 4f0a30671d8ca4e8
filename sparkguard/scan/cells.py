"""Collected rows of a chunk as states by slice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sparkguard.layout import Chunk, Scan
from sparkguard.measures.base import Grouped, Sampled
from sparkguard.profile import Need, Profile
from sparkguard.slices import WHOLE, Slice

Cells = tuple[Any, ...]
States = dict[tuple[Need[Any], Slice], Any]


def of_aggregates(scan: Scan, chunk: Chunk, rows: Iterable[Cells]) -> Profile:
    """One row per slice: each measure takes as many cells as it has aggregates.

    Values that have one text are one slice, so their states are merged.
    """
    states: States = {}
    for row in rows:
        where, at = slice_of(scan, row), key_width(scan)
        for measure in chunk.measures:
            width = len(measure.aggregates())
            key = (Need(scan.relation, measure), where)
            state = measure.state(row[at : at + width])
            states[key] = states[key].merge(state) if key in states else state
            at += width
    return Profile(states)


def of_groups(scan: Scan, chunk: Chunk, rows: Iterable[Cells]) -> Profile:
    """Each measure's own groups, added up over the keys of the measures counted with it."""
    width = key_width(scan)
    by_slice: dict[Cells, list[Cells]] = {}
    for row in rows:
        by_slice.setdefault(row[:width], []).append(row)
    states: States = {}
    for key, found in by_slice.items():
        where, at = slice_of(scan, key), width
        for measure in chunk.measures:
            need = Need(scan.relation, measure)
            if not isinstance(measure, Grouped):
                states[need, where] = measure.state((sum(row[-1] for row in found),))
                continue
            end = at + len(measure.group_by())
            counts: dict[Cells, int] = {}
            for row in found:
                counts[row[at:end]] = counts.get(row[at:end], 0) + row[-1]
            states[need, where] = measure.of_groups(counts.items())
            at = end
    return Profile(states)


def of_sample(scan: Scan, chunk: Chunk, rows: Sequence[Cells]) -> Profile:
    """One state per measure, of all rows together."""
    states: States = {}
    at = width = key_width(scan)
    for measure in chunk.measures:
        assert isinstance(measure, Sampled)
        end = at + len(measure.cells())
        taken = [(row[:width], row[at:end]) for row in rows]
        states[Need(scan.relation, measure), WHOLE] = measure.of_rows(taken)
        at = end
    return Profile(states)


def key_width(scan: Scan) -> int:
    """How many cells of a row say which slice it is."""
    return len(scan.by) + scan.relation.whole_apart


def slice_of(scan: Scan, row: Sequence[Any]) -> Slice:
    """The slice that the first cells of a row name."""
    if scan.relation.whole_apart and row[0]:
        return WHOLE
    first = int(scan.relation.whole_apart)
    return Slice.of(dict(zip(scan.by, row[first : key_width(scan)], strict=True)))
