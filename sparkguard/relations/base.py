"""What a relation is: a shape of input rows, named before any data is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from sparkguard.kinds import Registry
from sparkguard.slices import WHOLE, Slice

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Tables(Protocol):
    """The run's tables, each pinned to one version."""

    def frame(self, name: str, /) -> DataFrame: ...


@runtime_checkable
class Sliced(Tables, Protocol):
    """Tables of a run that judges one slice: `frame` gives that slice, `in_full` all rows."""

    def in_full(self, name: str, /) -> DataFrame: ...

    def slice_of(self, name: str, /) -> Slice:
        """What `frame` restricts a table to; the whole where it lacks the slice's columns."""


def in_full(tables: Tables, name: str) -> DataFrame:
    """All rows of a table that others are compared with, as the parents of one slice's rows."""
    return tables.in_full(name) if isinstance(tables, Sliced) else tables.frame(name)


@runtime_checkable
class Counted(Tables, Protocol):
    """Tables whose rows were counted when they were pinned."""

    def row_count(self, name: str, /) -> int | None:
        """The rows of the whole table; None where its log doesn't say."""


def row_count_of(tables: Tables, name: str) -> int | None:
    """The rows of a whole table, where they are known without reading it."""
    return tables.row_count(name) if isinstance(tables, Counted) else None


def slice_of(tables: Tables, name: str) -> Slice:
    """The slice of a table that is judged, for rows that were made of `in_full`."""
    return tables.slice_of(name) if isinstance(tables, Sliced) else WHOLE


RELATIONS: Registry[Relation] = Registry("relation")


class Relation(ABC):
    """Rows to measure. Subclasses are frozen dataclasses; equal ones share their scans.

    `whole_apart` is False when the rows of the slices together are the rows of the whole, so
    that the whole is the merge of the slices. It is True when they are not (distinct keys of a
    slice do not add up): then `frame` repeats what the whole table needs in rows of its own,
    marked by the boolean column `WHOLE_ROW`.

    `chunked` says that `frame` may be read several times, each time other columns only;
    `bundled` that relations of this kind are measured in one query, where they share what `among`
    lets them share.
    """

    kind: ClassVar[str]
    whole_apart: ClassVar[bool] = False
    chunked: ClassVar[bool] = False
    bundled: ClassVar[bool] = False

    def __init_subclass__(cls, kind: str | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if kind is not None:
            cls.kind = kind
            RELATIONS.add(kind, cls)

    @property
    @abstractmethod
    def subject(self) -> str:
        """The table whose rows are judged: its slice columns and row count apply."""

    def tables(self) -> frozenset[str]:
        """Every table that is read, by default the subject alone."""
        return frozenset((self.subject,))

    @abstractmethod
    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        """The rows, lazily, with the subject's slice columns `by` among the columns."""

    def among(self, others: Sequence[Relation], /) -> Relation:
        """A relation with the same rows that shares reads with `others` in one query."""
        return self


WHOLE_ROW = "__sparkguard_whole"
