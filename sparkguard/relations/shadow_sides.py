"""The two tables of a shadow comparison, with the same columns and the same buckets of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import Tables
from sparkguard.shadow_rules.columns import Columns, Side
from sparkguard.shadow_rules.encoding import row_hash
from sparkguard.slices import WHOLE, Slice
from sparkguard.sql import Sql
from sparkguard.sql.slices import is_in, is_in_any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SIDES: tuple[Side, Side] = ("control", "shadow")
PREFIX = "__sparkguard_"
"""Begins every column of our own, so that none is taken for a slice column."""
_BITS = 64


@dataclass(frozen=True)
class Sides:
    """Control and shadow, by dataset name; both are restricted to the rows of `within`."""

    control: str
    shadow: str
    columns: Columns
    within: Slice = WHOLE
    buckets: int = 65_536
    seed: int = 0

    def rows(
        self,
        tables: Tables,
        side: Side,
        slices: Sequence[Slice] | None = None,
        buckets: Sequence[int] | None = None,
    ) -> DataFrame:
        """The rows of one side, of `slices` and `buckets` alone where these are given."""
        frame = tables.frame(self.control if side == "control" else self.shadow)
        conditions = [] if self.within.is_whole else [is_in(self.within)]
        if slices is not None:
            conditions.append(is_in_any(slices))
        if buckets is not None:
            conditions.append(_holds(self.bucket(side), buckets, self.buckets))
        return frame.where(sql.all_of(conditions).text) if conditions else frame

    def key_hash(self, side: Side) -> Sql:
        """The hash of the key; of the whole row where there is no key."""
        if not self.columns.key:
            return self.columns.hashes(side, self.seed)[1]
        return row_hash((column.value(side) for column in self.columns.keys), self.seed)

    def bucket(self, side: Side) -> Sql:
        return sql.template(
            "CAST(pmod({}, {}) AS INT)", self.key_hash(side), sql.literal(self.buckets)
        )


def _holds(bucket: Sql, buckets: Sequence[int], total: int) -> Sql:
    """True for the rows of `buckets`: a bit of a constant array, however many there are."""
    words = [0] * (total // _BITS + 1)
    for number in buckets:
        words[number // _BITS] |= 1 << (number % _BITS)
    longs = (word - (1 << _BITS) if word >= 1 << (_BITS - 1) else word for word in words)
    text = " ".join(map(str, longs))
    # Spark folds this into one constant; it would evaluate a lambda again for every row.
    array = sql.template("CAST(split({}, ' ') AS ARRAY<BIGINT>)", sql.literal(text))
    return sql.template(
        "(shiftrightunsigned(get({}, {} DIV 64), {} % 64) & 1L) = 1L", array, bucket, bucket
    )
