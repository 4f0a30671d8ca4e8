"""Where the result tables are: Delta folders side by side, or tables of one catalog schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sparkguard.tables import TableRef

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class Location:
    """A folder (`path`) or a catalog schema (`schema`); exactly one of the two is given."""

    path: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        if (self.path is None) == (self.schema is None):
            raise ValueError("a result store is a folder or a catalog schema, one of them only")

    @classmethod
    def parse(cls, text: str) -> Location:
        """A folder when `text` has a slash or a scheme such as `s3a:`, else a catalog schema.

        Relative folders are resolved here, since Spark's server may run elsewhere.
        """
        if _SCHEME.match(text):
            return cls(path=text.rstrip("/"))
        if "/" in text:
            return cls(path=str(Path(text).expanduser().resolve()))
        return cls(schema=text)

    def table(self, name: str) -> TableRef:
        """Raises ValueError when the schema's name has more than two parts."""
        if self.path is not None:
            return TableRef(path=f"{self.path}/{name}")
        return TableRef(name=f"{self.schema}.{name}")

    def __str__(self) -> str:
        return self.path or self.schema or ""
