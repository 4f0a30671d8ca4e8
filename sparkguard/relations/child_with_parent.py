"""The keys of a child table beside those of the parent table that they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations import keys
from sparkguard.relations.base import Relation, Tables, in_full
from sparkguard.sql import Path, Sql
from sparkguard.sql.normalising import Rule, normalised

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
    def named(self) -> Sql:
        """True for keys that name a parent: without NULL parts or, if `partial`, not all NULL."""
        if not self.partial:
            return sql.template("{} = 0", self.null_parts)
        return sql.template("{} < {}", self.null_parts, sql.literal(len(self.columns)))

    @property
    def orphan(self) -> Sql:
        """True for keys of the child that name a parent and have none."""
        return sql.template("{} > 0 AND {} = 0 AND {}", self.rows, self.parents, self.named)

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        names = keys.key_names(len(self.columns))
        child, parent = self._child_keys(tables, by), self.parent_keys(tables)
        return keys.levelled(child, parent, by, names, (keys.ROWS,), (PARENTS,))

    def parent_keys(self, tables: Tables) -> DataFrame:
        """The keys that a child may hold and find a parent, with repetitions."""
        names = keys.key_names(len(self.columns))
        parent = self._parent_keys(tables)
        return _with_every_null(parent, names) if self.partial and len(names) > 1 else parent

    def among(self, others: Sequence[Relation], /) -> ChildWithParent:
        """Counts the child by the finest key of `others` first, and a common parent once."""
        alike = [o for o in others if isinstance(o, ChildWithParent) and o.child == self.child]
        alike = [o for o in alike if o != self and o.normalise == self.normalise]
        finest = self._finest(alike)
        counted = any(other._finest([*alike, self]) == finest for other in alike)
        parents = any(self._parent == other._parent for other in alike)
        through = finest if counted else ()
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return _Sharing(**values, through=through, parent_once=parents)

    def _finest(self, others: Iterable[ChildWithParent]) -> tuple[Path, ...]:
        """The largest key among `others` and this that holds all columns of this."""
        held = [o.columns for o in (self, *others) if set(self.columns) <= set(o.columns)]
        return max(held, key=lambda columns: (len(set(columns)), columns))

    @property
    def _parent(self) -> tuple[str, tuple[Path, ...], bool]:
        return (self.parent, self.parent_columns, self.partial)

    def _child_keys(self, tables: Tables, by: tuple[str, ...]) -> DataFrame:
        return self._keys(tables.frame(self.child), by, self.columns, keys.ROWS)

    def _parent_keys(self, tables: Tables) -> DataFrame:
        rows = self._keys(in_full(tables, self.parent), (), self.parent_columns, PARENTS)
        return rows.where(sql.template("{} = 0", self.null_parts).text)

    def _keys(
        self, frame: DataFrame, by: tuple[str, ...], columns: tuple[Path, ...], counted: str
    ) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        parts = [normalised(sql.path(column), self.normalise) for column in columns]
        return keys.select(frame, by, parts, **{counted: F.lit(1)})


@dataclass(frozen=True)
class _Sharing(ChildWithParent):
    """A reference whose plan begins as that of its siblings does, for Spark to run it once."""

    through: tuple[Path, ...] = ()
    parent_once: bool = False

    def _child_keys(self, tables: Tables, by: tuple[str, ...]) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        if not self.through:
            return super()._child_keys(tables, by)
        rows = self._keys(tables.frame(self.child), by, self.through, keys.ROWS)
        finest = keys.grouped(rows, by, keys.key_names(len(self.through)), (keys.ROWS,))
        parts = [keys.key(self.through.index(column)) for column in self.columns]
        mine = [F.col(part).alias(keys.key(i)) for i, part in enumerate(parts)]
        slices = [F.expr(sql.name(column).text).alias(column) for column in by]
        return finest.select(*slices, *mine, keys.ROWS)

    def _parent_keys(self, tables: Tables) -> DataFrame:
        rows = super()._parent_keys(tables)
        if not self.parent_once:
            return rows
        return keys.grouped(rows, (), keys.key_names(len(self.columns)), (PARENTS,))


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
