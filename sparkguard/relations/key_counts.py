"""The distinct keys of a table and how many rows hold each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations import keys
from sparkguard.relations.base import Relation, Tables
from sparkguard.sql import Path, Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class KeyCounts(Relation, kind="key_counts"):
    """One row per slice and key, and one per key of the whole table, with the count `rows`.

    NULL is a value of a key's part here. Equality is Spark's grouping: NaN equals NaN, and -0.0
    equals 0.0.
    """

    table: str
    columns: tuple[Path, ...]
    whole_apart = True

    @property
    def subject(self) -> str:
        return self.table

    @property
    def rows(self) -> Sql:
        """The number of table rows that hold the key."""
        return sql.name(keys.ROWS)

    @property
    def null_parts(self) -> Sql:
        """How many parts of the key are NULL."""
        return keys.null_parts(len(self.columns))

    @property
    def repetitions(self) -> tuple[tuple[str, Sql], ...]:
        """What to sum over keys: rows, those with a NULL in their key, keys that are held more
        than once, and the rows of these beyond the first of each."""
        repeated = sql.template("{} = 0 AND {} > 1", self.null_parts, self.rows)
        return (
            ("rows", self.rows),
            ("null_rows", sql.template("if({} > 0, {}, 0)", self.null_parts, self.rows)),
            ("duplicate_keys", sql.template("if({}, 1, 0)", repeated)),
            ("surplus_rows", sql.template("if({}, {} - 1, 0)", repeated, self.rows)),
        )

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        parts = map(sql.path, self.columns)
        rows = keys.select(tables.frame(self.table), by, parts, **{keys.ROWS: F.lit(1)})
        return keys.levelled(rows, None, by, keys.key_names(len(self.columns)), (keys.ROWS,))
