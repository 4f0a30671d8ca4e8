"""Keys of a reference counted by kind: with or without NULL, child rows, and parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import WHOLE_ROW, Relation, Tables
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_NULLS, _CHILD, _HELD = "__sparkguard_nulls", "__sparkguard_child", "__sparkguard_held"
_KEYS, _ROWS = "__sparkguard_keys", "__sparkguard_child_rows"
_PARENTS, _JOINED = "__sparkguard_parent_rows", "__sparkguard_joined"
_MOST = sql.literal(2**63 - 1)


@dataclass(frozen=True)
class ReferenceCounts(Relation, kind="reference_counts"):
    """At most a dozen rows per slice, each for all keys of one kind.

    Sums over kinds of keys instead of sums over keys: every key then takes part in four sums and
    not in one for every number of a verdict. A join of more than 2^63 - 1 rows counts as that.
    """

    reference: ChildWithParent
    whole_apart = True
    bundled = True

    @property
    def subject(self) -> str:
        return self.reference.subject

    def tables(self) -> frozenset[str]:
        return self.reference.tables()

    @property
    def keys(self) -> Sql:
        """The number of keys."""
        return sql.name(_KEYS)

    @property
    def rows(self) -> Sql:
        """The number of child rows that hold them."""
        return sql.name(_ROWS)

    @property
    def parents(self) -> Sql:
        """The number of parent rows that hold them."""
        return sql.name(_PARENTS)

    @property
    def joined(self) -> Sql:
        """The number of rows of an inner join."""
        return sql.name(_JOINED)

    @property
    def complete(self) -> Sql:
        """True where no part of the keys is NULL."""
        return sql.template("{} = 0", sql.name(_NULLS))

    @property
    def named(self) -> Sql:
        """True where the keys name a parent; a key NULL in part does so by its other parts."""
        return sql.template("{} < {}", sql.name(_NULLS), sql.literal(1 + self.reference.partial))

    @property
    def null_in_part(self) -> Sql:
        return sql.template("{} = 1", sql.name(_NULLS))

    @property
    def null_altogether(self) -> Sql:
        return sql.template("{} = 2", sql.name(_NULLS))

    @property
    def of_child(self) -> Sql:
        """True where the child holds the keys."""
        return sql.name(_CHILD)

    @property
    def of_parent(self) -> Sql:
        """True where the parent holds the keys."""
        return sql.template("{} > 0", sql.name(_HELD))

    @property
    def repeated(self) -> Sql:
        """True where several rows of the parent hold each key."""
        return sql.template("{} > 1", sql.name(_HELD))

    @property
    def orphan(self) -> Sql:
        """True for keys of the child that name a parent and have none."""
        return sql.template("{} AND NOT ({}) AND {}", self.of_child, self.of_parent, self.named)

    def among(self, others: Sequence[Relation], /) -> Relation:
        references = [o.reference for o in others if isinstance(o, ReferenceCounts)]
        return ReferenceCounts(self.reference.among(references))

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        of, parts = self.reference, sql.literal(len(self.reference.columns))
        nulls = sql.template(
            "CASE WHEN {0} = 0 THEN 0 WHEN {0} = {1} THEN 2 ELSE 1 END", of.null_parts, parts
        )
        joined = sql.template("coalesce(try_multiply({}, {}), {})", of.rows, of.parents, _MOST)
        kind = {
            _NULLS: nulls,
            _CHILD: sql.template("{} > 0", of.rows),
            _HELD: sql.template("CAST(least({}, 2) AS INT)", of.parents),
        }
        sums = {
            _KEYS: sql.template("count(1)"),
            _ROWS: sql.template("sum({})", of.rows),
            _PARENTS: sql.template("sum({})", of.parents),
            _JOINED: sql.template("coalesce(try_sum({}), {})", joined, _MOST),
        }
        slices = [F.expr(sql.name(column).text).alias(column) for column in by]
        kinds = [F.expr(value.text).alias(name) for name, value in kind.items()]
        cells = [F.expr(value.text).alias(name) for name, value in sums.items()]
        return of.frame(tables, by).groupBy(WHOLE_ROW, *slices, *kinds).agg(*cells)
