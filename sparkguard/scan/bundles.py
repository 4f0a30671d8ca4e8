"""Several relations measured in one query, so that Spark reads once what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

from sparkguard.errors import EvaluationError, listed
from sparkguard.layout import Chunk, Scan
from sparkguard.measures.base import Pass
from sparkguard.profile import Profile
from sparkguard.relations.base import Tables
from sparkguard.scan import cells
from sparkguard.scan.queries import chunk_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

T = TypeVar("T")

MOST_SCANS = 8
"""Relations in one query: Spark's time to plan grows faster than their number."""

_SCAN = "__sparkguard_scan"


def bundled(items: Iterable[T], scan_of: Callable[[T], tuple[Scan, Any]]) -> list[list[T]]:
    """`items` in groups that one query can measure, by (scan, tables) of each; in their order."""
    groups: list[list[T]] = []
    open_: dict[Any, list[T]] = {}
    for item in items:
        scan, tables = scan_of(item)
        key = (*_likeness(scan), id(tables)) if _may_be_bundled(scan) else None
        group = open_.get(key)
        if key is None or group is None or len(group) >= MOST_SCANS:
            group = []
            groups.append(group)
            if key is not None:
                open_[key] = group
        group.append(item)
    return groups


def _may_be_bundled(scan: Scan) -> bool:
    passes = [chunk.pass_ for chunk in scan.chunks]
    return scan.relation.bundled and passes == [Pass.AGGREGATES]


def _likeness(scan: Scan) -> tuple[Any, ...]:
    """Scans of one likeness give rows of one shape."""
    shape = tuple((m.kind, len(m.aggregates())) for m in scan.chunks[0].measures)
    return (scan.relation.kind, scan.relation.subject, scan.by, shape)


def bundle_frame(scans: Sequence[Scan], tables: Tables) -> DataFrame:
    """The rows of all scans' chunks, lazily, with the number of the scan last."""
    from pyspark.sql import functions as F  # noqa: N812

    relations = [scan.relation for scan in scans]
    frames = [
        chunk_frame(
            replace(scan, relation=scan.relation.among(relations)), scan.chunks[0], tables
        ).withColumn(_SCAN, F.lit(number))
        for number, scan in enumerate(scans)
    ]
    return reduce(lambda one, other: one.union(other), frames)


def bundle_profiles(scans: Sequence[Scan], tables: Tables, most_slices: int) -> list[Profile]:
    """What each scan sees. Raises EvaluationError for a relation of more than `most_slices`."""
    rows = bundle_frame(scans, tables).limit((most_slices + 1) * len(scans)).collect()
    found: list[list[tuple[Any, ...]]] = [[] for _ in scans]
    for row in rows:
        found[row[-1]].append(tuple(row)[:-1])
    if any(len(seen) > most_slices for seen in found):
        raise EvaluationError(f"more than {most_slices} slices by {listed(scans[0].by)}")
    return [
        cells.of_aggregates(scan, _only(scan), seen)
        for scan, seen in zip(scans, found, strict=True)
    ]


def _only(scan: Scan) -> Chunk:
    (chunk,) = scan.chunks
    return chunk
