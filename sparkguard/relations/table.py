"""A table as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard.relations.base import Relation, Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Table(Relation, kind="table"):
    """All rows of one table."""

    name: str
    chunked = True

    @property
    def subject(self) -> str:
        return self.name

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        return tables.frame(self.name)
