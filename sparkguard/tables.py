"""Where a table is, and the one version of it that a run reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sparkguard import sql
from sparkguard.datatypes import Struct
from sparkguard.errors import ConfigurationError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PARTS = re.compile(r"(?:`((?:[^`]|``)+)`|([^`.]+))(\.|$)")


@dataclass(frozen=True)
class TableRef:
    """A Delta table by storage path, or by catalog name; exactly one of the two is given.

    `name` has one to three parts between dots; a part with a dot inside stands in backticks.
    """

    path: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if (self.path is None) == (self.name is None):
            raise ValueError("a table is given by path or by name, and by one of them only")
        if not (self.path or self.name or "").strip():
            raise ValueError("a table's path or name is empty")
        if reason := sql.unnameable(self.path or self.name or ""):
            raise ValueError(reason)
        if self.name is not None and not 1 <= len(self.parts) <= 3:
            raise ValueError("a table's name has one to three parts: catalog.schema.table")

    @classmethod
    def of(cls, given: TableRef | str) -> TableRef:
        """A folder where `folder_of` finds one, else a catalog name.

        Raises ConfigurationError for a name that is none, and for one that SQL can't name.
        """
        if isinstance(given, TableRef):
            return given
        try:
            folder = folder_of(given)
            return cls(name=given) if folder is None else cls(path=folder)
        except ValueError as error:
            raise ConfigurationError(f"table {given[:80]!r}: {error}") from error

    @property
    def own_name(self) -> str:
        """The last part of the name or path: `orders` of `lake.orders` and of `/lake/orders`."""
        return self.parts[-1] if self.parts else str(self.path).rstrip("/").rpartition("/")[2]

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the name without backticks; empty for a path."""
        text, parts, at = self.name or "", [], 0
        while at < len(text):
            match = _PARTS.match(text, at)
            if match is None or (match.group(3) == "." and match.end() == len(text)):
                raise ValueError("a table's name is parts between dots, backticks around odd ones")
            parts.append(match.group(2) or match.group(1).replace("``", "`"))
            at = match.end()
        return tuple(parts)

    @property
    def sql(self) -> sql.Sql:
        """The table in a FROM clause."""
        return sql.path(self.parts or ("delta", self.path or ""))

    def __str__(self) -> str:
        return self.name or self.path or ""


def folder_of(text: str) -> str | None:
    """The full path, where the text has a slash or a scheme such as `s3a:`, or names a folder here.

    Relative folders are resolved here, since Spark's server may run elsewhere.
    """
    if _SCHEME.match(text):
        return text.rstrip("/")
    if "/" in text or Path(text).is_dir():
        return str(Path(text).expanduser().resolve())
    return None


def refuse_relative(path: str) -> None:
    """Raises ValueError for a path that means another place for every process that reads it."""
    if not path.startswith("/") and not _SCHEME.match(path):
        raise ValueError(
            f"path {path[:200]!r} is relative; give a full one, such as /data/lake or s3://lake"
        )


@dataclass(frozen=True)
class ResultsPlace:
    """Where result tables are: in a folder (`path`), or in a catalog's `schema`."""

    path: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        if (self.path is None) == (self.schema is None):
            raise ValueError("give path or schema, and one of them only")
        if not (self.path or self.schema or "").strip():
            raise ValueError("path or schema is empty")
        if self.path is not None:
            refuse_relative(self.path)
        named = TableRef(path=self.path, name=self.schema)  # refuses what SQL can't name
        if len(named.parts) > 2:
            raise ValueError(
                f"schema {self.schema!r} has more than two parts: catalog.schema, without a table"
            )

    @classmethod
    def parse(cls, text: str) -> ResultsPlace:
        """A folder where `folder_of` finds one, else a catalog schema.

        Raises ConfigurationError for a schema that can't be one.
        """
        try:
            folder = folder_of(text)
            return cls(schema=text) if folder is None else cls(path=folder)
        except ValueError as error:
            raise ConfigurationError(f"result store {text[:80]!r}: {error}") from None

    def table(self, name: str) -> TableRef:
        if self.path is not None:
            return TableRef(path=f"{self.path}/{name}")
        return TableRef(name=f"{self.schema}.{name}")

    def __str__(self) -> str:
        return self.path or self.schema or ""


@dataclass(frozen=True)
class Pinned:
    """A table at the version that every read of a run uses.

    `rows` is the number of rows of that version, None when it could not be counted; it is
    proven when Delta's statistics gave it, so that no data file was opened.
    """

    dataset: str
    ref: TableRef
    version: int
    schema: Struct
    rows: int | None
    rows_proven: bool
    table_id: str
    partition_columns: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
