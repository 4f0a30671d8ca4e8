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

_LOW = sql.literal(2**32 - 1)


@dataclass(frozen=True)
class ShadowBuckets(Relation, kind="shadow_buckets"):
    """One row per slice and bucket that either side has rows in.

    For each side `s`: `rows_s`, `total_s` (sum of the row hashes, decimal) and `xor_s`; and
    `strict_s`, the sum of the hashes without tolerant columns.
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
        cells = [f"{PREFIX}{what}_{side}" for side in SIDES for what in ("rows", *_SUMS)]
        sums = [_sum(c, "bit_xor" if "xor" in c else "sum") for c in cells]
        return control.unionByName(shadow).groupBy(*keys).agg(*(expr(s.text) for s in sums))

    def _one(self, tables: Tables, side: Side, by: tuple[str, ...]) -> DataFrame:
        from pyspark.sql.functions import expr

        strict, full = self.sides.columns.hashes(side, self.sides.seed)
        hashes = {"strict": strict} if self.sides.columns.tolerant else {}
        slices = [sql.alias(sql.name(c), f"{PREFIX}by{i}") for i, c in enumerate(by)]
        bucket = sql.alias(self.sides.bucket(side), f"{PREFIX}bucket")
        own = [sql.alias(full, "h")] + [sql.alias(h, name) for name, h in hashes.items()]
        frame = self.sides.rows(tables, side).selectExpr(*(e.text for e in (*slices, bucket, *own)))
        sums = [
            sql.alias(Sql("count(1)"), "rows"),
            *_halves(sql.name("h"), "total"),
            sql.alias(Sql("bit_xor(h)"), "xor"),
            *(s for name in hashes for s in _halves(sql.name(name), name)),
        ]
        keys = [f"{PREFIX}by{i}" for i in range(len(by))] + [f"{PREFIX}bucket"]
        grouped = frame.groupBy(*keys).agg(*(expr(s.text) for s in sums))
        return grouped.selectExpr(*self._cells(side, by, bool(hashes)))

    def _cells(self, side: Side, by: tuple[str, ...], strict: bool) -> list[str]:
        """This side's sums in its own columns, and nothing in those of the other side."""
        values = {
            "rows": sql.name("rows"),
            "total": _joined("total"),
            "xor": sql.name("xor"),
            "strict": _joined("strict") if strict else _joined("total"),
        }
        cells = [
            sql.alias(sql.template("CAST({} AS STRING)", sql.name(f"{PREFIX}by{i}")), column)
            for i, column in enumerate(by)
        ]
        cells.append(sql.name(f"{PREFIX}bucket"))
        for other in SIDES:
            for what, value in values.items():
                zero = sql.template("CAST(0 AS {})", Sql(_TYPES[what]))
                cells.append(sql.alias(value if other == side else zero, f"{PREFIX}{what}_{other}"))
        return [cell.text for cell in cells]


_SUMS = ("total", "xor", "strict")
_TYPES = {"rows": "BIGINT", "total": "DECIMAL(38,0)", "xor": "BIGINT", "strict": "DECIMAL(38,0)"}


def _halves(value: Sql, name: str) -> tuple[Sql, Sql]:
    """A sum of bigints in two bigints: a decimal one costs several times as much per row."""
    high = sql.template("sum(shiftright({}, 32))", value)
    low = sql.template("sum({} & {})", value, _LOW)
    return sql.alias(high, f"{name}_high"), sql.alias(low, f"{name}_low")


def _joined(name: str) -> Sql:
    return sql.template(
        "CAST(CAST({} AS DECIMAL(27, 0)) * {} + {} AS DECIMAL(38, 0))",
        sql.name(f"{name}_high"),
        sql.template("CAST({} AS DECIMAL(10, 0))", sql.literal(2**32)),
        sql.name(f"{name}_low"),
    )


def _sum(cell: str, function: str) -> Sql:
    return sql.alias(sql.call(function, sql.name(cell)), cell)
