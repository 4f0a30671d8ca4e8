"""Runs scans: one query per chunk, states by slice, failures isolated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from sparkguard.conditions import condition_of, is_storage
from sparkguard.errors import EvaluationError, listed
from sparkguard.layout import Chunk, Scan
from sparkguard.measures.base import Measure, Pass
from sparkguard.measures.rows import Rows
from sparkguard.profile import Failure, Need, Profile, Scanned
from sparkguard.relations.base import Tables
from sparkguard.scan import cells
from sparkguard.scan.batches import TOO_MANY_SLICES, by_slices
from sparkguard.scan.bundles import bundle_profiles, bundled
from sparkguard.scan.queries import chunk_frame
from sparkguard.slices import Slice

__all__ = ["THREADS", "bundled", "chunk_frame", "run_bundle", "run_scan"]

MOST_SLICES = 10_000
"""Slices of one relation whose states the driver holds at a time."""

MOST_GROUPS = 100_000
"""Combinations of slices and values that one query may bring to the driver."""

THREADS = 2
"""Chunks of a scan, and scans of a run, at a time: Spark's fixed cost of a query overlaps with the
work of others."""

TOO_MANY_GROUPS = "SPARKGUARD_TOO_MANY_GROUPS"
_DIFFERENT_ROWS = Failure("SPARKGUARD_COVERAGE", "two passes saw different numbers of rows")


def run_scan(
    scan: Scan,
    tables: Tables,
    progress: Callable[[Chunk], None] = lambda _: None,
    threads: int = THREADS,
) -> Scanned:
    """The states of all needs of `scan`, by slice. A failing measure fails alone.

    `threads` chunks run at a time: Spark's fixed cost per query then overlaps with work.
    `progress` is called in the caller's thread, in the order of the chunks.
    """
    states: dict[tuple[Need[Any], Slice], Any] = {}
    failures: dict[Need[Any], Failure] = {}

    def attempt(chunk: Chunk) -> list[tuple[Sequence[Measure[Any]], Profile | Failure]]:
        return list(_attempt(scan, chunk, tables))

    with ThreadPoolExecutor(threads) as pool:
        for chunk, outcomes in zip(scan.chunks, pool.map(attempt, scan.chunks), strict=True):
            for measures, outcome in outcomes:
                if isinstance(outcome, Profile) and _rows_differ(states, outcome):
                    outcome = _DIFFERENT_ROWS
                if isinstance(outcome, Failure):
                    failures.update({Need(scan.relation, m): outcome for m in measures})
                else:
                    states.update(outcome.states)
            progress(chunk)
    rows = Need(scan.relation, Rows())
    if any(need == rows for need, _ in states):
        failures.pop(rows, None)
    return Scanned(Profile(states), failures)


def run_bundle(
    scans: Sequence[Scan],
    tables: Tables,
    progress: Callable[[Scan, Chunk], None] = lambda _, __: None,
) -> list[Scanned]:
    """What each of `scans`, one of the groups of `bundled`, brings.

    They are one query; where it fails each scan is run by itself, so that a failure stays where
    it belongs.
    """
    if len(scans) > 1:
        with suppress(Exception):  # run alone, the culprit names itself
            found = bundle_profiles(scans, tables, MOST_SLICES)
            for scan in scans:
                progress(scan, scan.chunks[0])
            return [Scanned(profile) for profile in found]
    return [run_scan(scan, tables, partial(progress, scan)) for scan in scans]


def _attempt(
    scan: Scan, chunk: Chunk, tables: Tables
) -> Iterator[tuple[Sequence[Measure[Any]], Profile | Failure]]:
    """All measures at once; where that fails, halves, until the culprits stand alone."""
    measures = chunk.measures
    try:
        yield measures, _profile(scan, chunk, tables)
    except Exception as error:
        condition = _condition(error)
        suspects = [m for m in measures if m != Rows()]
        if len(suspects) < 2 or is_storage(condition):
            yield _alone(scan, chunk, tables, condition)
            return
        proof = [m for m in measures if m == Rows()]
        middle = len(suspects) // 2
        for half in (suspects[:middle], suspects[middle:]):
            part = Chunk((*proof, *half), chunk.columns, chunk.pass_)
            yield from _attempt(scan, part, tables)


def _alone(
    scan: Scan, chunk: Chunk, tables: Tables, condition: str
) -> tuple[Sequence[Measure[Any]], Profile | Failure]:
    """The outcome of a measure that fails by itself: too many groups are taken slice by slice."""
    if condition == TOO_MANY_GROUPS:
        try:
            return chunk.measures, by_slices(scan, chunk, tables, MOST_GROUPS, MOST_SLICES)
        except OverflowError as error:
            return chunk.measures, Failure(condition, str(error))
        except Exception as error:
            condition = _condition(error)
    return chunk.measures, Failure(condition, f"Spark stopped with {condition}")


def _condition(error: Exception) -> str:
    if isinstance(error, EvaluationError) and error.condition:
        return error.condition
    return condition_of(error)


def _profile(scan: Scan, chunk: Chunk, tables: Tables) -> Profile:
    frame = chunk_frame(scan, chunk, tables)
    if chunk.pass_ is Pass.SAMPLE:
        return cells.of_sample(scan, chunk, frame.collect())
    if chunk.pass_ is Pass.GROUPS:
        rows = frame.limit(MOST_GROUPS + 1).collect()
        if len(rows) > MOST_GROUPS:
            raise EvaluationError(f"more than {MOST_GROUPS} groups", TOO_MANY_GROUPS)
        return cells.of_groups(scan, chunk, rows)
    rows = frame.limit(MOST_SLICES + 1).collect()
    if len(rows) > MOST_SLICES:
        by = listed(scan.by)
        raise EvaluationError(f"more than {MOST_SLICES} slices by {by}", TOO_MANY_SLICES)
    return cells.of_aggregates(scan, chunk, rows)


def _rows_differ(known: Mapping[tuple[Need[Any], Slice], Any], seen: Profile) -> bool:
    """True when this pass counted other rows than an earlier one of the same relation.

    A sample and an overflow have states that count no rows; a pass that saw none has no states.
    """
    counted = {key: state for key, state in seen.states.items() if key[0].measure == Rows()}
    earlier = {key: state for key, state in known.items() if key[0].measure == Rows()}
    if seen.states and not counted:
        return False
    return bool(earlier) and counted != earlier
