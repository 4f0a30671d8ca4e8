"""A contract as frozen data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkguard.columns import Column, ColumnPath, struct_of
from sparkguard.contracts.compatibility.grades import Mode
from sparkguard.contracts.spec import CheckSpec
from sparkguard.datatypes import Struct
from sparkguard.errors import Location


@dataclass(frozen=True)
class TableContract:
    """What the contract promises of one table.

    `name` is how the contract and the audit call it. `primary_key` and `grain` name top-level
    columns in the table; `grain` is the primary key unless the contract says otherwise.
    `partitioned_by` is empty when the contract does not promise a partitioning. `quarantine`
    says that a write may leave out rows that break rules, as long as they are kept elsewhere.
    """

    name: str
    physical_name: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    partitioned_by: tuple[str, ...] = ()
    grain: tuple[str, ...] = ()
    quarantine: bool = False
    rules: tuple[CheckSpec, ...] = ()
    tags: tuple[str, ...] = ()
    id: str | None = None
    where: Location = field(default=Location(""), compare=False)

    @property
    def struct(self) -> Struct:
        """The declared columns; a column of which only the family is known gets one such type."""
        return struct_of(self.columns)

    def column(self, path: ColumnPath) -> Column | None:
        """The column at a path of names in the table, or None."""
        return next((c for c in self.walk() if c.path == path), None)

    def walk(self) -> Iterator[Column]:
        """Every column and everything nested in it."""
        for column in self.columns:
            yield from column.walk()


@dataclass(frozen=True)
class Contract:
    """One version of a contract.

    `source_hash` is the SHA-256 of what the file says, whatever its layout and comments.
    `listed` are service levels that no check evaluates, each with the reason. `data` is the file
    as read, for comparing versions path by path.
    """

    id: str
    name: str
    version: str
    status: str
    file: str
    source_hash: str
    compatibility: Mode
    tables: tuple[TableContract, ...]
    description: str = ""
    listed: tuple[CheckSpec, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False, hash=False)

    def table(self, name: str) -> TableContract | None:
        return next((table for table in self.tables if table.name == name), None)

    @property
    def rules(self) -> tuple[CheckSpec, ...]:
        """All rules: of every table, then those that are only listed."""
        return tuple(rule for table in self.tables for rule in table.rules) + self.listed
