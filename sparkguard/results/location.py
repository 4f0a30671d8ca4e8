"""Where the result tables are: Delta folders side by side, or tables of one catalog schema."""

from __future__ import annotations

from dataclasses import dataclass

from sparkguard.errors import ConfigurationError
from sparkguard.tables import TableRef, folder_of


@dataclass(frozen=True)
class Location:
    """A folder (`path`) or a catalog schema (`schema`); exactly one of the two is given."""

    path: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        if (self.path is None) == (self.schema is None):
            raise ValueError("a result store is a folder or a catalog schema, one of them only")
        if self.schema is not None and len(TableRef(name=self.schema).parts) > 2:
            raise ValueError(
                f"schema {self.schema!r} has more than two parts: catalog.schema, without a table"
            )

    @classmethod
    def parse(cls, text: str) -> Location:
        """A folder where `folder_of` finds one, else a catalog schema.

        Raises ConfigurationError for a schema that can't be one.
        """
        folder = folder_of(text)
        try:
            return cls(schema=text) if folder is None else cls(path=folder)
        except ValueError as error:
            raise ConfigurationError(f"result store {text[:80]!r}: {error}") from None

    def table(self, name: str) -> TableRef:
        if self.path is not None:
            return TableRef(path=f"{self.path}/{name}")
        return TableRef(name=f"{self.schema}.{name}")

    def __str__(self) -> str:
        return self.path or self.schema or ""
