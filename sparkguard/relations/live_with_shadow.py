"""Rows of a live table matched with those of its shadow, and how they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.datatypes import is_numeric, is_temporal
from sparkguard.relations.base import Relation, Tables
from sparkguard.relations.shadow_sides import PREFIX, SIDES, Sides
from sparkguard.shadow_rules.columns import Compared, Side
from sparkguard.shadow_rules.tolerance import agrees, signed_difference
from sparkguard.slices import Slice
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROW = -1
"""In place of a column's position: counters of whole rows."""

NULL_IN_CONTROL, NULL_IN_SHADOW, VALUE, TOLERATED = 1, 2, 3, 4
ONLY_IN_CONTROL, ONLY_IN_SHADOW, REPEATED = 5, 6, 7
_EXAMPLE_LENGTH = 200


@dataclass(frozen=True)
class LiveWithShadow(Relation, kind="live_with_shadow"):
    """Counters by slice and column, from the rows of unequal buckets alone.

    One row per slice and column with a difference, and one per slice for whole rows; its cells
    are those of `ROW_CELLS` and `COLUMN_CELLS`. `slices` and `buckets` are the unequal ones,
    None for all. Rows that are equal in every column are paired off first, as multisets; where
    one row of a key is left on each side, these are the pair that is compared by column. With
    `examples`, up to that many rows per slice and column are kept, the same in every run.
    """

    sides: Sides
    slices: tuple[Slice, ...] | None = None
    buckets: tuple[int, ...] | None = None
    examples: int = 0

    @property
    def subject(self) -> str:
        return self.sides.control

    def tables(self) -> frozenset[str]:
        return frozenset((self.sides.control, self.sides.shadow))

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        counted = self._counted(self.entries(tables, by), by)
        slices = (sql.alias(sql.name(f"{PREFIX}by{i}"), column).text for i, column in enumerate(by))
        cells = (c for c in counted.columns if c.startswith(PREFIX) and f"{PREFIX}by" not in c)
        return counted.selectExpr(*slices, f"i AS {PREFIX}i", *cells)

    def matched(self, tables: Tables, by: tuple[str, ...]) -> DataFrame:
        """One row per key: how many rows each side has, how many match no row of the other.

        `a` and `b` are the values of control and shadow where one row is left on each side.
        Without a key, one row per different row.
        """
        from pyspark.sql.functions import expr

        control, shadow = (self._one(tables, side, by) for side in SIDES)
        keys = [f"{PREFIX}by{i}" for i in range(len(by))]
        keys += [f"{PREFIX}key{i}" for i in range(len(self.sides.columns.key))]
        # One shuffle and one sort serve both groupings: the second's keys begin the first's.
        both = control.unionByName(shadow)
        both = both.repartition(*keys) if self.sides.columns.key else both
        copies = both.groupBy(*keys, "h").agg(
            expr("count_if(NOT is_shadow) AS c"),
            expr("count_if(is_shadow) AS s"),
            expr("first(v) AS v"),
        )
        if not self.sides.columns.key:
            keys = [*keys, "h"]
        return copies.groupBy(*keys).agg(
            expr("sum(c) AS rows_c"),
            expr("sum(s) AS rows_s"),
            expr("sum(greatest(c - s, 0L)) AS left_c"),
            expr("sum(greatest(s - c, 0L)) AS left_s"),
            expr("first(v) FILTER (WHERE c > s) AS a"),
            expr("first(v) FILTER (WHERE s > c) AS b"),
            expr("first(v) AS any_v"),
        )

    def entries(self, tables: Tables, by: tuple[str, ...]) -> DataFrame:
        """Matched rows with `found`, an array of their differences by column."""
        pair = Sql("(left_c = 1 AND left_s = 1)") if self.sides.columns.key else Sql("false")
        columns = [self._difference(i, c) for i, c in enumerate(self.sides.columns.values)]
        none = sql.template("CAST(array() AS ARRAY<{}>)", self._entry_type())
        if columns:
            every = sql.call("array", *columns)
            found = sql.template("if({}, filter({}, e -> e.kind > 0), {})", pair, every, none)
        else:
            found = none
        matched = self.matched(tables, by)
        return matched.selectExpr("*", sql.alias(found, "found").text, f"{pair} AS pair")

    def _one(self, tables: Tables, side: Side, by: tuple[str, ...]) -> DataFrame:
        columns = self.sides.columns
        frame = self.sides.rows(tables, side, self.slices, self.buckets)
        expressions = [
            sql.alias(sql.as_text(sql.name(c)), f"{PREFIX}by{i}") for i, c in enumerate(by)
        ]
        expressions += [
            sql.alias(c.cell(side), f"{PREFIX}key{i}") for i, c in enumerate(columns.keys)
        ]
        named = (sql.alias(c.cell(side), f"c{i}") for i, c in enumerate(columns.values))
        expressions.append(sql.alias(sql.call("struct", *named), "v"))
        expressions.append(sql.alias(columns.hashes(side, self.sides.seed)[1], "h"))
        expressions.append(sql.alias(sql.literal(side == "shadow"), "is_shadow"))
        return frame.selectExpr(*(e.text for e in expressions))

    def _difference(self, at: int, column: Compared) -> Sql:
        """The entry of one column: which kind of difference, how far apart, and both as text."""
        a, b = (sql.template("{}.{}", Sql(side), sql.name(f"c{at}")) for side in ("a", "b"))
        kind = sql.template(
            "CASE WHEN {0} <=> {1} THEN 0 WHEN {0} IS NULL THEN 1 WHEN {1} IS NULL THEN 2"
            " WHEN {2} THEN 4 ELSE 3 END",
            a,
            b,
            agrees(a, b, column.common, column.tolerance)
            if column.tolerance.is_tolerant
            else sql.literal(False),
        )
        measurable = column.is_plain and (is_numeric(column.common) or is_temporal(column.common))
        apart = signed_difference(a, b, column.common) if measurable else sql.literal(None)
        cells = [
            sql.alias(sql.literal(at), "i"),
            sql.alias(kind, "kind"),
            sql.alias(sql.template("CAST({} AS DOUBLE)", apart), "d"),
        ]
        if self.examples:
            cells += [sql.alias(_text(value), name) for value, name in ((a, "a"), (b, "b"))]
        return sql.call("struct", *cells)

    def _entry_type(self) -> Sql:
        text = ", a: STRING, b: STRING" if self.examples else ""
        return Sql(f"STRUCT<i: INT, kind: INT, d: DOUBLE{text}>")

    def _row_kind(self) -> Sql:
        """What is wrong with a key as a whole; without a key, which side has surplus copies."""
        lacks_s, lacks_c = ("rows_s = 0", "rows_c = 0") if self.sides.columns.key else ("true",) * 2
        return Sql(
            f"CASE WHEN left_c > 0 AND {lacks_s} THEN 5 WHEN left_s > 0 AND {lacks_c} THEN 6"
            " WHEN left_c + left_s > 0 AND NOT pair THEN 7 ELSE 0 END"
        )

    def _counted(self, entries: DataFrame, by: tuple[str, ...]) -> DataFrame:
        from pyspark.sql.functions import expr

        slices = [f"{PREFIX}by{i}" for i in range(len(by))]
        lone = [sql.literal(ROW), self._row_kind(), Sql("CAST(NULL AS DOUBLE)")]
        lone += [Sql("CAST(NULL AS STRING)")] * 2 if self.examples else []
        names = ("i", "kind", "d", "a", "b")
        row = sql.call("struct", *(sql.alias(e, n) for e, n in zip(lone, names, strict=False)))
        keys = [sql.name(f"{PREFIX}key{i}") for i in range(len(self.sides.columns.key))]
        kept = [
            *slices,
            *("rows_c", "rows_s", "left_c", "left_s", "pair"),
            "exists(found, e -> e.kind < 4) AS bad",
            sql.alias(_any_null(keys), "null_key").text,
            sql.template("inline(concat(array({}), found))", row).text,
        ]
        cells = [expr(sql.alias(Sql(c), f"{PREFIX}{n}").text) for n, c in CELLS.items()]
        if not self.examples:
            return entries.selectExpr(*kept).groupBy(*slices, "i").agg(*cells)
        order = sql.call("xxhash64", *(keys or [sql.name("h")]))
        texts = sql.call("array", *(_text(key) for key in keys)) if keys else Sql("array()")
        kept[-1:-1] = [sql.alias(order, "o").text, sql.alias(texts, "k").text]
        slot = sql.template("pmod(o, {})", sql.literal(self.examples))
        spread = entries.selectExpr(*kept).groupBy(*slices, "i", expr(slot.text).alias("slot"))
        first = expr(
            "min(struct(o, kind, k, a, b, d)) FILTER (WHERE kind IN (1, 2, 3, 5, 6, 7)) AS e"
        )
        largest = expr("max(struct(abs(d) AS far, o, kind, k, a, b, d)) FILTER (WHERE d != 0) AS l")
        again = [
            expr(
                sql.alias(
                    sql.call(_MERGED.get(n, "sum"), sql.name(f"{PREFIX}{n}")), f"{PREFIX}{n}"
                ).text
            )
            for n in CELLS
        ]
        found = spread.agg(*cells, first, largest).groupBy(*slices, "i")
        return found.agg(
            *again,
            expr(f"array_sort(collect_list(e)) AS {PREFIX}first"),
            expr(f"max(l) AS {PREFIX}furthest"),
        )


def _any_null(keys: list[Sql]) -> Sql:
    return sql.any_of(sql.template("{} IS NULL", key) for key in keys)


def _text(value: Sql) -> Sql:
    return sql.call("left", sql.as_text(value), sql.literal(_EXAMPLE_LENGTH))


_ONCE = "CASE WHEN i = -1 THEN {} ELSE 0L END"
ROW_CELLS = {
    "control": "rows_c",
    "shadow": "rows_s",
    "identical": "rows_c - left_c",
    "within": "if(pair AND NOT bad, 1L, 0L)",
    "different": "if(pair AND bad, 1L, 0L)",
    "only_in_control": "if(kind = 5, left_c, 0L)",
    "only_in_shadow": "if(kind = 6, left_s, 0L)",
    "repeated_in_control": "if(kind = 7, left_c, 0L)",
    "repeated_in_shadow": "if(kind = 7, left_s, 0L)",
    "duplicates_in_control": "greatest(rows_c - 1, 0L)",
    "duplicates_in_shadow": "greatest(rows_s - 1, 0L)",
    "null_keys_in_control": "if(null_key, rows_c, 0L)",
    "null_keys_in_shadow": "if(null_key, rows_s, 0L)",
}
COLUMN_CELLS = {
    "null_in_control": "count_if(kind = 1)",
    "null_in_shadow": "count_if(kind = 2)",
    "value": "count_if(kind = 3)",
    "tolerated": "count_if(kind = 4)",
    "absolute": "coalesce(sum(if(kind = 4, abs(d), 0D)), 0D)",
    "signed": "coalesce(sum(if(kind = 4, d, 0D)), 0D)",
    "squares": "coalesce(sum(if(kind = 4, d * d, 0D)), 0D)",
    "largest": "coalesce(max(abs(d)), 0D)",
}
CELLS = {
    **{name: f"sum({_ONCE.format(cell)})" for name, cell in ROW_CELLS.items()},
    **COLUMN_CELLS,
}
_MERGED = {"largest": "max"}
