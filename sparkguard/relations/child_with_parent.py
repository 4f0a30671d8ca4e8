"""The keys of a child table beside those of the parent table that they refer to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.normal import Rule, normalised
from sparkguard.relations import keys
from sparkguard.relations.base import Relation, Tables, in_full
from sparkguard.sql import Path, Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PARENTS = "__sparkguard_parents"


@dataclass(frozen=True)
class ChildWithParent(Relation, kind="child_with_parent"):
    """One row per slice and key of the child, with the numbers of child rows and parent rows.

    The whole has one row per key of either table, so parents that no child names are there too.
    A child's key with NULL parts has no parent, unless `partial`: then its parents are those
    whose other parts are equal. Parents with a NULL part are nobody's parents. Each table's key
    columns are read once.
    """

    child: str
    columns: tuple[Path, ...]
    parent: str
    parent_columns: tuple[Path, ...]
    partial: bool = False
    normalise: tuple[Rule, ...] = ()
    whole_apart = True

    @property
    def subject(self) -> str:
        return self.child

    def tables(self) -> frozenset[str]:
        return frozenset((self.child, self.parent))

    @property
    def rows(self) -> Sql:
        """The number of child rows that hold the key; 0 for a parent without children."""
        return sql.name(keys.ROWS)

    @property
    def parents(self) -> Sql:
        """The number of parent rows that hold the key; 0 for an orphan."""
        return sql.name(PARENTS)

    @property
    def null_parts(self) -> Sql:
        return keys.null_parts(len(self.columns))

    @property
    def orphan(self) -> Sql:
        """True for keys of the child that name a parent and have none."""
        checked = sql.template("{} = 0", self.null_parts)
        if self.partial:
            parts = sql.literal(len(self.columns))
            checked = sql.template("{} < {}", self.null_parts, parts)
        return sql.template("{} > 0 AND {} = 0 AND {}", self.rows, self.parents, checked)

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        names = keys.key_names(len(self.columns))
        child = keys.select(
            tables.frame(self.child),
            by,
            [normalised(sql.path(column), self.normalise) for column in self.columns],
            **{keys.ROWS: F.lit(1)},
        )
        parent = keys.select(
            in_full(tables, self.parent),
            (),
            [normalised(sql.path(column), self.normalise) for column in self.parent_columns],
            **{PARENTS: F.lit(1)},
        ).where(sql.template("{} = 0", self.null_parts).text)
        if self.partial and len(names) > 1:
            parent = _with_every_null(parent, names)
        return keys.levelled(child, parent, by, names, (keys.ROWS,), (PARENTS,))


def _with_every_null(parent: DataFrame, names: list[str]) -> DataFrame:
    """Each parent once for every choice of key parts that a child may leave NULL."""
    from pyspark.sql import functions as F  # noqa: N812

    counted = keys.grouped(parent, (), names, (PARENTS,))
    choices = [
        kept for size in range(1, len(names) + 1) for kept in combinations(range(len(names)), size)
    ]
    structs = [
        F.struct(
            *(
                (F.col(name) if i in kept else F.when(F.lit(False), F.col(name))).alias(name)
                for i, name in enumerate(names)
            )
        )
        for kept in choices
    ]
    exploded = counted.select(F.explode(F.array(*structs)).alias("key"), PARENTS)
    return exploded.select(*(F.col(f"key.{name}").alias(name) for name in names), PARENTS)
