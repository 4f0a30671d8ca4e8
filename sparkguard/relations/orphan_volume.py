"""Keys of a reference by hash unit and by their number of rows, with the orphans among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations import keys
from sparkguard.relations.base import WHOLE_ROW, Relation, Tables
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_UNIT, _SIZE = "__sparkguard_unit", "__sparkguard_size"
_KEYS, _ORPHAN_KEYS = "__sparkguard_all_keys", "__sparkguard_orphan_keys"
_ROWS, _ORPHAN_ROWS = "__sparkguard_all_rows", "__sparkguard_orphan_rows"

RUNGS: tuple[tuple[int, int], ...] = (
    (100_000, -3),
    (10_000, -2),
    (1_000, -1),
    (100, 0),
    (10, 9),
    (1, 99),
)
"""Nested subsets of keys: one key in so many, and the last hash unit in it."""

_PLACES = 100_000


@dataclass(frozen=True)
class OrphanVolume(Relation, kind="orphan_volume"):
    """One row per hash unit and size of keys of the whole: a few thousand at most.

    Units 0 to 99 hold one key in a hundred each, but units -3, -2 and -1 are cut out of unit 0.
    A key belongs to the same unit in every run. Its size is floor(log2(rows)).
    """

    reference: ChildWithParent
    whole_apart = True

    @property
    def cells(self) -> tuple[Sql, ...]:
        """Hash unit, size, keys, orphan keys, rows and orphan rows."""
        names = (_UNIT, _SIZE, _KEYS, _ORPHAN_KEYS, _ROWS, _ORPHAN_ROWS)
        return tuple(map(sql.name, names))

    @property
    def subject(self) -> str:
        return self.reference.subject

    def tables(self) -> frozenset[str]:
        return self.reference.tables()

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        of = self.reference
        child = sql.template("{} AND {} > 0", of.named, of.rows)
        rows, orphan = F.expr(of.rows.text), F.expr(of.orphan.text)
        nothing = [F.lit(None).cast("string").alias(column) for column in by]
        return (
            of.frame(tables, ())
            .where(child.text)
            .groupBy(F.expr(self._unit.text).alias(_UNIT), F.expr(self._size.text).alias(_SIZE))
            .agg(
                F.count(F.lit(1)).alias(_KEYS),
                F.count(F.when(orphan, 1)).alias(_ORPHAN_KEYS),
                F.sum(rows).alias(_ROWS),
                F.sum(F.when(orphan, rows).otherwise(0)).alias(_ORPHAN_ROWS),
            )
            .select("*", *nothing, F.lit(True).alias(WHOLE_ROW))
        )

    @property
    def _unit(self) -> Sql:
        names = [sql.name(name) for name in keys.key_names(len(self.reference.columns))]
        place = sql.template("pmod({}, {})", sql.call("xxhash64", *names), sql.literal(_PLACES))
        return sql.template(
            "CAST(CASE WHEN {0} < 1 THEN -3 WHEN {0} < 10 THEN -2 WHEN {0} < 100 THEN -1 "
            "ELSE {0} DIV 1000 END AS INT)",
            place,
        )

    @property
    def _size(self) -> Sql:
        # The digits of the binary number are exact where a logarithm would round.
        return sql.template("length(bin({})) - 1", self.reference.rows)
