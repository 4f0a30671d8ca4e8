"""A table with one more column: which of two halves a row falls into, by a hash of its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import Relation, Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

HALF = "__sparkguard_half"


@dataclass(frozen=True)
class Halves(Relation, kind="halves"):
    """All rows of one table; `HALF` is 0 or 1, the same for the same key in every run."""

    name: str
    keys: tuple[str, ...]
    chunked = True

    @property
    def subject(self) -> str:
        return self.name

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        hashed = sql.call("xxhash64", *map(sql.name, self.keys))
        half = sql.alias(sql.template("pmod({}, 2)", hashed), HALF)
        return tables.frame(self.name).selectExpr("*", half.text)
