"""What pinning the tables of an audit brought: facts, slices, row counts, broken promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sparkguard.checks.base import TableFacts
from sparkguard.columns import ColumnPath, departure
from sparkguard.contracts.audit_config import AuditConfig, Dataset
from sparkguard.contracts.model import TableContract
from sparkguard.datatypes import Struct
from sparkguard.errors import ConfigurationError, SparkGuardError, listed
from sparkguard.plan import Situation
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.sql.slices import is_in

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Counting(Protocol):
    """Knows the slices of a dataset by the columns `by`, and how many rows each has."""

    def slice_values(self, name: str, by: tuple[str, ...], /) -> Mapping[Slice, int]: ...


def sliced_by(settings: AuditConfig, snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """The slice columns of each dataset that can be read."""
    return {d.name: d.slices.by for d in settings.datasets if d.name in snapshot.pinned}


def situation(
    settings: AuditConfig,
    snapshot: Snapshot,
    only: Slice = WHOLE,
    counting: Counting | None = None,
) -> Situation:
    """What is known before planning, from the tables' metadata and their slice columns.

    With `only`, the datasets that are sliced by its columns are judged on that slice alone. Slices
    are counted by the snapshot, unless something else can be `counting` them. Raises
    ConfigurationError when no dataset is sliced by the columns of `only`, or one by further ones.
    """
    by, counting = sliced_by(settings, snapshot), counting or snapshot
    _refuse_other_slices(only, by)
    facts: dict[str, TableFacts] = {}
    unreadable = {name: str(error) for name, error in snapshot.failures.items()}
    rows: dict[tuple[str, Slice], int] = {}
    slices: dict[str, tuple[Slice, ...]] = {}
    broken: dict[tuple[str, ColumnPath], str] = {}
    for dataset in settings.datasets:
        if dataset.name in unreadable:
            continue
        pinned, columns = snapshot[dataset.name], dataset.slices.by
        facts[dataset.name] = TableFacts(
            dataset.name,
            pinned.schema,
            pinned.partition_columns,
            pinned.version,
            dataset.promise.primary_key,
            dataset.promise.grain,
        )
        broken.update(_broken(dataset.name, dataset.promise, pinned.schema))
        _refuse_unknown_slices(dataset, pinned.schema)
        if pinned.rows is not None:
            rows[dataset.name, WHOLE] = pinned.rows
        try:
            counted = counting.slice_values(dataset.name, columns) if columns else {}
        except SparkGuardError as error:
            unreadable[dataset.name] = str(error)
            del facts[dataset.name]
            continue
        rows.update({(dataset.name, slice_): n for slice_, n in counted.items()})
        slices[dataset.name] = _judged(dataset, tuple(counted), only)
        rows.update({(dataset.name, s): 0 for s in slices[dataset.name] if not _known(s, counted)})
    return Situation(
        facts=facts,
        unreadable=unreadable,
        by=by,
        slices=slices,
        rows=rows,
        rows_proven=frozenset(n for n, pinned in snapshot.pinned.items() if pinned.rows_proven),
        broken=broken,
    )


@dataclass(frozen=True)
class Restricted:
    """The snapshot's tables, each restricted to one slice where it has that slice's columns."""

    snapshot: Snapshot
    by: Mapping[str, tuple[str, ...]]
    only: Slice = WHOLE

    def frame(self, name: str, /) -> DataFrame:
        frame, only = self.in_full(name), self.slice_of(name)
        return frame if only.is_whole else frame.where(is_in(only).text)

    def in_full(self, name: str, /) -> DataFrame:
        return self.snapshot.frame(name)

    def row_count(self, name: str, /) -> int | None:
        return self.snapshot.row_count(name)

    def slice_of(self, name: str, /) -> Slice:
        return self.only if _restricts(self.only, self.by.get(name, ())) else WHOLE


def _restricts(only: Slice, by: Sequence[str]) -> bool:
    return {column for column, _ in only.values} == set(by)


def _refuse_other_slices(only: Slice, by: Mapping[str, tuple[str, ...]]) -> None:
    """A part of the slice columns is no slice: states and row counts are those of all of them."""
    if only.is_whole:
        return
    found = {column for column, _ in only.values}
    for name, columns in by.items():
        if found < set(columns):
            raise ConfigurationError(
                f"{only} is no slice of {name}, which is sliced by {listed(columns)}; "
                f"give {listed(c for c in columns if c not in found)} as well"
            )
    if not any(_restricts(only, columns) for columns in by.values()):
        known = listed(sorted({c for columns in by.values() for c in columns}) or ["none"])
        raise ConfigurationError(f"no dataset is sliced by {only}; slice columns are: {known}")


def _judged(dataset: Dataset, found: tuple[Slice, ...], only: Slice) -> tuple[Slice, ...]:
    if not only.is_whole and _restricts(only, dataset.slices.by):
        return (only,)
    listed_ones = dataset.slices.judged
    return (WHOLE, *(found if listed_ones is None else listed_ones))


def _known(where: Slice, counted: Mapping[Slice, int]) -> bool:
    return where.is_whole or any(where.contains(found) for found in counted)


def _broken(
    name: str, table: TableContract, schema: Struct
) -> Iterator[tuple[tuple[str, ColumnPath], str]]:
    names = {column.name for column in table.columns}
    for column in table.walk():
        if reason := departure(column, schema, names):
            yield (name, column.path), f"column {column} of {name} {reason}"


def _refuse_unknown_slices(dataset: Dataset, schema: Struct) -> None:
    if missing := [column for column in dataset.slices.by if schema.get(column) is None]:
        raise ConfigurationError(
            f"dataset {dataset.name!r} is sliced by {listed(missing)}, which its table lacks; "
            f"it has {listed(schema.names)}"
        )
