"""Groups needs into scans, so that each column's bytes are read once per relation and pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sparkguard.measures.base import Measure
from sparkguard.measures.rows import Rows
from sparkguard.profile import Need
from sparkguard.relations.base import Relation

COLUMNS_PER_CHUNK = 10
"""Above about ten columns of aggregates the JVM no longer compiles Spark's generated code, and
a cell costs ten times as much."""


@dataclass(frozen=True)
class Chunk:
    """Measures that one query computes. `columns` are what it reads besides the slices."""

    measures: tuple[Measure[Any], ...]
    columns: frozenset[str]


@dataclass(frozen=True)
class Scan:
    """All passes over one relation."""

    relation: Relation
    by: tuple[str, ...]
    chunks: tuple[Chunk, ...]

    def needs(self, chunk: Chunk) -> tuple[Need[Any], ...]:
        return tuple(Need(self.relation, measure) for measure in chunk.measures)


def lay_out(
    needs: Iterable[Need[Any]],
    by: Mapping[str, tuple[str, ...]],
    columns_per_chunk: int = COLUMNS_PER_CHUNK,
) -> tuple[Scan, ...]:
    """One scan per relation, in the order in which relations are first needed.

    `by` gives the slice columns of each subject table. Every chunk counts rows as well, as the
    proof of its coverage. Measures that share a column share a chunk.
    """
    measures: dict[Relation, dict[Measure[Any], None]] = {}
    for need in needs:
        measures.setdefault(need.relation, {})[need.measure] = None
    return tuple(
        Scan(relation, by.get(relation.subject, ()), _chunks(relation, wanted, columns_per_chunk))
        for relation, wanted in measures.items()
    )


def _chunks(
    relation: Relation, wanted: Iterable[Measure[Any]], columns_per_chunk: int
) -> tuple[Chunk, ...]:
    groups = _connected(wanted) if relation.chunked else [list(wanted)]
    chunks: list[Chunk] = []
    current: list[Measure[Any]] = []
    columns: frozenset[str] = frozenset()
    for group in groups:
        more = frozenset[str]().union(*(measure.columns() for measure in group))
        if current and len(columns | more) > columns_per_chunk:
            chunks.append(_chunk(current, columns))
            current, columns = [], frozenset()
        current, columns = current + group, columns | more
    if current:
        chunks.append(_chunk(current, columns))
    return tuple(chunks)


def _chunk(measures: list[Measure[Any]], columns: frozenset[str]) -> Chunk:
    return Chunk(tuple(dict.fromkeys([Rows(), *measures])), columns)


def _connected(measures: Iterable[Measure[Any]]) -> list[list[Measure[Any]]]:
    """Groups of measures that are linked by common columns, in order of first appearance."""
    leader: dict[str, str] = {}

    def find(column: str) -> str:
        while leader.setdefault(column, column) != column:
            leader[column] = leader[leader[column]]
            column = leader[column]
        return column

    listed = list(measures)
    for measure in listed:
        first, *others = sorted(measure.columns()) or [""]
        for other in others:
            leader[find(other)] = find(first)
    groups: dict[str, list[Measure[Any]]] = {}
    for measure in listed:
        groups.setdefault(find(min(measure.columns(), default="")), []).append(measure)
    return list(groups.values())
