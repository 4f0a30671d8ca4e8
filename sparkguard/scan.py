"""Runs scans: one aggregate query per chunk, states by slice, failures isolated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.conditions import condition_of, is_storage
from sparkguard.errors import EvaluationError, listed
from sparkguard.layout import Chunk, Scan
from sparkguard.measures.base import Measure
from sparkguard.measures.rows import Rows
from sparkguard.profile import Failure, Need, Profile, Scanned
from sparkguard.relations.base import WHOLE_ROW, Tables
from sparkguard.slices import WHOLE, Slice

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

MOST_SLICES = 10_000
"""Slices of one relation whose states the driver holds at a time."""


def run_scan(
    scan: Scan, tables: Tables, progress: Callable[[Chunk], None] = lambda _: None
) -> Scanned:
    """The states of all needs of `scan`, by slice. A failing measure fails alone."""
    states: dict[tuple[Need[Any], Slice], Any] = {}
    failures: dict[Need[Any], Failure] = {}
    for chunk in scan.chunks:
        for measures, outcome in _attempt(scan, chunk.measures, tables):
            if isinstance(outcome, Profile) and _rows_differ(states, outcome):
                outcome = Failure("SPARKGUARD_COVERAGE", "two passes saw different numbers of rows")
            if isinstance(outcome, Failure):
                failures.update({Need(scan.relation, m): outcome for m in measures})
            else:
                states.update(outcome.states)
        progress(chunk)
    rows = Need(scan.relation, Rows())
    if any(need == rows for need, _ in states):
        failures.pop(rows, None)
    return Scanned(Profile(states), failures)


def chunk_frame(scan: Scan, measures: Sequence[Measure[Any]], tables: Tables) -> DataFrame:
    """One row per slice: slice values as text, then all aggregate cells; lazy.

    Where the whole has rows of its own, a first boolean column tells them from the slices'.
    """
    from pyspark.sql.functions import col, expr

    cells = [
        expr(aggregate.text).alias(f"{_CELL}{i}")
        for i, aggregate in enumerate(a for measure in measures for a in measure.aggregates())
    ]
    keys = [
        expr(f"CAST({sql.name(column)} AS STRING)").alias(f"{_SLICE}{i}")
        for i, column in enumerate(scan.by)
    ]
    if scan.relation.whole_apart:
        keys.insert(0, col(WHOLE_ROW))
    return scan.relation.frame(tables, scan.by).groupBy(*keys).agg(*cells)


_CELL = "__sparkguard_cell"
_SLICE = "__sparkguard_slice"


def _attempt(
    scan: Scan, measures: Sequence[Measure[Any]], tables: Tables
) -> Iterator[tuple[Sequence[Measure[Any]], Profile | Failure]]:
    """All measures at once; where that fails, halves, until the culprits stand alone."""
    try:
        yield measures, _aggregate(scan, measures, tables)
    except Exception as error:
        condition = condition_of(error)
        suspects = [m for m in measures if m != Rows()]
        if len(suspects) < 2 or is_storage(condition):
            yield measures, Failure(condition, f"Spark stopped with {condition}")
            return
        middle = len(suspects) // 2
        for half in (suspects[:middle], suspects[middle:]):
            yield from _attempt(scan, [Rows(), *half], tables)


def _aggregate(scan: Scan, measures: Sequence[Measure[Any]], tables: Tables) -> Profile:
    rows = chunk_frame(scan, measures, tables).limit(MOST_SLICES + 1).collect()
    if len(rows) > MOST_SLICES:
        raise EvaluationError(
            f"more than {MOST_SLICES} slices by {listed(scan.by)}", "SPARKGUARD_TOO_MANY_SLICES"
        )
    states: dict[tuple[Need[Any], Slice], Any] = {}
    for row in rows:
        where, at = _slice_of(scan, row)
        for measure in measures:
            width = len(measure.aggregates())
            state = measure.state(row[at : at + width])
            states[Need(scan.relation, measure), where] = state
            at += width
    return Profile(states)


def _slice_of(scan: Scan, row: Row) -> tuple[Slice, int]:
    """The slice of a result row, and where its cells begin."""
    at = 1 if scan.relation.whole_apart else 0
    end = at + len(scan.by)
    if scan.relation.whole_apart and row[0]:
        return WHOLE, end
    return Slice.of(dict(zip(scan.by, row[at:end], strict=True))), end


def _rows_differ(known: Mapping[tuple[Need[Any], Slice], Any], seen: Profile) -> bool:
    """True when this pass counted other rows than an earlier one of the same relation."""
    counted = {key: state for key, state in seen.states.items() if key[0].measure == Rows()}
    earlier = {key: state for key, state in known.items() if key[0].measure == Rows()}
    return bool(earlier) and counted != earlier
