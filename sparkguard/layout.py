"""Groups needs into scans, so that each column's bytes are read once per relation and pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import prod
from typing import Any, cast

from sparkguard.errors import listed
from sparkguard.measures.base import Grouped, Measure, Pass, Sampled
from sparkguard.measures.rows import Rows
from sparkguard.profile import Need
from sparkguard.relations.base import Relation

COLUMNS_PER_CHUNK = 10
"""Above about ten columns of aggregates the JVM no longer compiles Spark's generated code, and
a cell costs ten times as much."""

GROUPS_PER_CHUNK = 2_048
"""Combinations of values per slice up to which measures are counted jointly: with a dozen slices
they still fit Spark's fast hash map of 65,536 groups."""

MEASURES_PER_GROUPING = 5


@dataclass(frozen=True)
class Chunk:
    """Measures that one query computes. `columns` are what it reads besides the slices."""

    measures: tuple[Measure[Any], ...]
    columns: frozenset[str]
    pass_: Pass = Pass.AGGREGATES

    def __str__(self) -> str:
        return f"{self.pass_.value} of {listed(sorted(self.columns)) or 'all rows'}"


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

    `by` gives the slice columns of each subject table. Every chunk but a sample counts rows as
    well, as the proof of its coverage. Within a pass, measures that share a column share a
    chunk. Passes over different columns are independent of each other.
    """
    measures: dict[Relation, dict[Measure[Any], None]] = {}
    for need in needs:
        measures.setdefault(need.relation, {})[need.measure] = None
    return tuple(
        Scan(
            relation,
            by.get(relation.subject, ()),
            tuple(_chunks(relation, list(wanted), columns_per_chunk)),
        )
        for relation, wanted in measures.items()
    )


def _chunks(
    relation: Relation, wanted: Sequence[Measure[Any]], columns_per_chunk: int
) -> Iterator[Chunk]:
    by_pass = {each: [m for m in wanted if m.pass_ is each] for each in Pass}
    sampled = sorted(cast("list[Sampled[Any]]", by_pass[Pass.SAMPLE]), key=lambda m: m.rows)
    for _, alike in groupby(sampled, key=lambda m: m.rows):
        yield _chunk(list(alike), Pass.SAMPLE)
    if relation.chunked:
        for each in (Pass.AGGREGATES, Pass.SKETCHES):
            yield from _by_columns(by_pass[each], each, columns_per_chunk)
    elif together := [m for m in wanted if m.pass_ in (Pass.AGGREGATES, Pass.SKETCHES)]:
        yield _chunk(together, Pass.AGGREGATES)
    yield from _by_groups(cast("list[Grouped[Any]]", by_pass[Pass.GROUPS]))


def _by_columns(
    measures: Sequence[Measure[Any]], pass_: Pass, columns_per_chunk: int
) -> Iterator[Chunk]:
    current: list[Measure[Any]] = []
    columns: frozenset[str] = frozenset()
    for group in _connected(measures):
        more = frozenset[str]().union(*(measure.columns() for measure in group))
        if current and len(columns | more) > columns_per_chunk:
            yield _chunk(current, pass_)
            current, columns = [], frozenset()
        current, columns = current + group, columns | more
    if current:
        yield _chunk(current, pass_)


def _by_groups(measures: Sequence[Grouped[Any]]) -> Iterator[Chunk]:
    """First fit, those of fewest groups first, so that the cheap ones share queries.

    Measures of a column in common are counted apart: jointly they would not be cheaper.
    """
    packs: list[list[Grouped[Any]]] = []
    for measure in sorted(measures, key=lambda m: m.expected):
        pack = next((p for p in packs if _fits(measure, p)), None)
        if pack is None:
            packs.append([measure])
        else:
            pack.append(measure)
    return (_chunk(pack, Pass.GROUPS) for pack in packs)


def _fits(measure: Grouped[Any], pack: Sequence[Grouped[Any]]) -> bool:
    if len(pack) >= MEASURES_PER_GROUPING:
        return False
    if any(m.alone or m.spread for m in (measure, *pack)):
        return False
    return prod(m.expected for m in (measure, *pack)) <= GROUPS_PER_CHUNK


def _chunk(measures: Sequence[Measure[Any]], pass_: Pass) -> Chunk:
    columns = frozenset[str]().union(*(measure.columns() for measure in measures))
    proof = () if pass_ is Pass.SAMPLE else (Rows(),)
    return Chunk(tuple(dict.fromkeys([*proof, *measures])), columns, pass_)


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
