"""What a result table is: plain data, from which it is created, written and documented."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

GENERATION = 1
"""Raised only when an older SparkGuard could no longer use the tables; new columns don't."""

_STAMPS_BEFORE = (
    ("run_id", "STRING", "The run that wrote the row; rows of runs not in `runs` do not count."),
)
_STAMPS_AFTER = (
    ("part", "STRING", "The plan-fixed part of the run that was appended at once."),
    ("written_at", "TIMESTAMP", "When the row was written, UTC."),
    ("schema_version", "INT", "Version of the columns that the writer knew."),
    ("engine_version", "STRING", "SparkGuard version that wrote the row."),
)


@dataclass(frozen=True)
class Column:
    """A column: its name, its Spark DDL type and what it says to a reader of the table."""

    name: str
    type: str
    comment: str

    def __post_init__(self) -> None:
        # DDL takes a comment only as a bare string, which must read the same under every setting.
        if not self.comment.isprintable() or set(self.comment) & set("'\\"):
            raise ValueError(f"the comment of {self.name} has a quote, backslash or line break")


def columns(*triples: tuple[str, str, str]) -> tuple[Column, ...]:
    """Columns from (name, Spark DDL type, comment)."""
    return tuple(Column(*triple) for triple in triples)


@dataclass(frozen=True)
class Table:
    """A result table. `own` are its columns; runs' tables carry the stamps of a run besides.

    `identity` names the columns that tell the rows of one run apart (of the whole table, when not
    `by_run`); `judged` those that a replay must find unchanged besides. Both are strings and
    integers: they enter the digest of the read-back. `batch` is the most rows of one append;
    `expires` lets Delta forget the transaction identifiers of old runs.

    Raise `version` with every column added; a column's type never changes, none is removed.
    """

    name: str
    comment: str
    own: tuple[Column, ...]
    identity: tuple[str, ...]
    judged: tuple[str, ...] = ()
    version: int = 1
    by_run: bool = True
    batch: int = 5_000
    expires: bool = True

    def __post_init__(self) -> None:
        missing = {*self.identity, *self.judged} - {column.name for column in self.columns}
        if missing:
            raise ValueError(f"table {self.name} has no columns {sorted(missing)}")
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"table {self.name} names a column twice")
        for name in self.digested:
            if self.type_of(name) not in ("STRING", "BIGINT", "INT"):
                raise ValueError(f"table {self.name}: {name} can't enter a digest")

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns in the order of the table."""
        before = columns(*_STAMPS_BEFORE) if self.by_run else ()
        return (*before, *self.own, *columns(*_STAMPS_AFTER))

    @property
    def digested(self) -> tuple[str, ...]:
        return (*self.identity, *self.judged)

    @property
    def ddl(self) -> str:
        """The schema as `createDataFrame` takes it."""
        return ", ".join(f"`{column.name}` {column.type}" for column in self.columns)

    def type_of(self, name: str) -> str:
        return next(column.type for column in self.columns if column.name == name)


TABLES: dict[str, Table] = {}
"""Every result table by name, in order of registration."""


def register(table: Table) -> Table:
    """Adds `table` to the store; a name claimed twice is a TypeError."""
    if TABLES.setdefault(table.name, table) != table:
        raise TypeError(f"result table {table.name!r} is registered twice")
    return table
