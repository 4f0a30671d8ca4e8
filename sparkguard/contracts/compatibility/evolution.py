"""A table's schema over its commits, held against contract versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from sparkguard.columns import fits
from sparkguard.contracts.compatibility.facts import fact_changes
from sparkguard.contracts.compatibility.grades import Change, Path
from sparkguard.contracts.compatibility.schema import schema_changes
from sparkguard.contracts.compatibility.shape import TableShape
from sparkguard.datatypes import Array, DataType, Field, Map, Struct

_ANY = "any "


@dataclass(frozen=True)
class SchemaCommit:
    """A commit that wrote the table's schema, and who made it.

    `ids` are those that column mapping gives each column; a renamed one keeps its own.
    """

    version: int
    at: datetime | None
    operation: str
    user: str
    schema: Struct
    partitioned_by: tuple[str, ...] = ()
    ids: Mapping[int, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Broken:
    """A contract version that a commit broke, and how."""

    contract: str
    version: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """What one commit changed, and which contract versions it broke that held before."""

    commit: SchemaCommit
    changes: tuple[Change, ...]
    broke: tuple[Broken, ...]


Promise = tuple[str, str, TableShape]
"""Contract id, version, and what it promises of the table."""


def steps(
    commits: Sequence[SchemaCommit], promises: Iterable[Promise] = (), since: int = 0
) -> tuple[Step, ...]:
    """Every commit after version `since` that changed the schema, oldest first."""
    found: list[Step] = []
    known = tuple(promises)
    for before, after in pairwise(commits):
        if after.version <= since:
            continue
        changes = _changes(before, after)
        broke = tuple(_broken(known, before.schema, after.schema))
        if changes or broke:
            found.append(Step(after, changes, broke))
    return tuple(found)


def _changes(before: SchemaCommit, after: SchemaCommit) -> tuple[Change, ...]:
    old = TableShape("", before.schema, partitioning=before.partitioned_by)
    new = TableShape("", after.schema, partitioning=after.partitioned_by)
    renames = {
        path: was[-1]
        for id_, path in after.ids.items()
        if (was := before.ids.get(id_, path)) != path and was[:-1] == path[:-1]
    }
    return (
        *schema_changes(old, new, renames, column_mapping=True),
        *fact_changes(old, new, renames),
    )


def _broken(promises: Sequence[Promise], before: Struct, after: Struct) -> Iterator[Broken]:
    for contract, version, promise in promises:
        was = set(departures(before, promise.schema))
        reasons = tuple(r for r in departures(after, promise.schema) if r not in was)
        if reasons:
            yield Broken(contract, version, reasons)


def departures(stored: Struct, promised: Struct, at: str = "") -> tuple[str, ...]:
    """Where a table's columns are not what a contract promises; types are held exactly."""
    found: list[str] = []
    for wanted in promised:
        name = f"{at}{wanted.name}"
        held = stored.get(wanted.name)
        if held is None:
            found.append(f"{name} is missing")
        else:
            found.extend(_types(held, wanted, name))
    return tuple(found)


def _types(held: Field, promised: Field, name: str) -> Iterator[str]:
    match held.type, promised.type:
        case Struct() as inner, Struct() as wanted:
            yield from departures(inner, wanted, f"{name}.")
        case Array() as inner, Array() as wanted:
            yield from _types(Field("", inner.element), Field("", wanted.element), f"{name}[]")
        case Map() as inner, Map() as wanted:
            yield from _types(Field("", inner.value), Field("", wanted.value), f"{name}{{value}}")
        case held_type, wanted_type if not _fits(held_type, wanted_type):
            yield f"{name} is {held_type}, promised is {wanted_type}"


def _fits(held: DataType, promised: DataType) -> bool:
    text = str(promised)
    if text.startswith(_ANY):
        family = text.removeprefix(_ANY)
        return family == "type" or fits(family, held)
    return held == promised
