"""A table that others are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard.relations.base import Relation, Tables, in_full

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Source(Relation, kind="source"):
    """All rows of a table, also in a run that judges one slice: what is computed needs them."""

    name: str
    chunked = True

    @property
    def subject(self) -> str:
        return self.name

    def tables(self) -> frozenset[str]:
        return frozenset((self.name,))

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        return in_full(tables, self.name)
