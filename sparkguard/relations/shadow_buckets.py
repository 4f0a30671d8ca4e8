"""Fingerprints of two tables, by bucket of the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import Relation, Tables
from sparkguard.relations.shadow_sides import PREFIX, SIDES, Sides
from sparkguard.shadow_rules.columns import Side
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SUMS = {
    "rows": "count(1)",
    "high": "sum(shiftright(h, 32))",
    "low": f"sum(h & {2**32 - 1}L)",
    "xor": "bit_xor(h)",
}
_STRICT_SUMS = {
    "strict_high": "sum(shiftright(strict, 32))",
    "strict_low": f"sum(strict & {2**32 - 1}L)",
}


@dataclass(frozen=True)
class ShadowBuckets(Relation, kind="shadow_buckets"):
    """One row per slice and bucket that either side has rows in.

    For each side `s` and its 64-bit row hashes: `rows_s`; `high_s` and `low_s`, the sums of
    their upper and lower 32 bits, which fit into bigints where a sum of the hashes would not;
    and `xor_s`. With tolerant columns, `strict_high_s` and `strict_low_s` are the sums of the
    hashes without these.
    """

    sides: Sides

    @property
    def subject(self) -> str:
        return self.sides.control

    def tables(self) -> frozenset[str]:
        return frozenset((self.sides.control, self.sides.shadow))

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql.functions import expr

        control, shadow = (self._one(tables, side, by) for side in SIDES)
        keys = [sql.name(column).text for column in by] + [f"{PREFIX}bucket"]
        cells = [f"{PREFIX}{what}_{side}" for side in SIDES for what in self._sums]
        sums = (
            sql.alias(sql.call("bit_xor" if "xor" in cell else "sum", sql.name(cell)), cell)
            for cell in cells
        )
        return control.unionByName(shadow).groupBy(*keys).agg(*(expr(s.text) for s in sums))

    @property
    def _sums(self) -> dict[str, str]:
        return {**_SUMS, **(_STRICT_SUMS if self.sides.columns.tolerant else {})}

    def _one(self, tables: Tables, side: Side, by: tuple[str, ...]) -> DataFrame:
        from pyspark.sql.functions import expr

        strict, full = self.sides.columns.hashes(side, self.sides.seed)
        cells = {f"{PREFIX}by{i}": sql.name(column) for i, column in enumerate(by)}
        cells |= {f"{PREFIX}bucket": self.sides.bucket(side), "h": full}
        if self.sides.columns.tolerant:
            cells["strict"] = strict
        rows = self.sides.rows(tables, side)
        hashed = rows.selectExpr(*(sql.alias(cell, name).text for name, cell in cells.items()))
        keys = [f"{PREFIX}by{i}" for i in range(len(by))] + [f"{PREFIX}bucket"]
        grouped = hashed.groupBy(*keys).agg(*(expr(s).alias(n) for n, s in self._sums.items()))
        return grouped.selectExpr(*(cell.text for cell in self._cells(side, by)))

    def _cells(self, side: Side, by: tuple[str, ...]) -> list[Sql]:
        """This side's sums in its own columns, and nothing in those of the other side."""
        cells = [
            sql.alias(sql.as_text(sql.name(f"{PREFIX}by{i}")), column)
            for i, column in enumerate(by)
        ]
        cells.append(sql.name(f"{PREFIX}bucket"))
        for other in SIDES:
            for what in self._sums:
                value = sql.name(what) if other == side else Sql("0L")
                cells.append(sql.alias(value, f"{PREFIX}{what}_{other}"))
        return cells
