"""Wrong and equal rows of a shadow comparison, by what they could have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.datatypes import Atomic, is_numeric
from sparkguard.relations.base import Relation, Tables
from sparkguard.relations.live_with_shadow import LiveWithShadow
from sparkguard.relations.shadow_sides import PREFIX
from sparkguard.shadow_rules.columns import Compared
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_TEXT_BINS = 256
_LONGEST = 100


@dataclass(frozen=True)
class Attribute:
    """A column of the rows, or (`population`) how many control rows share these columns."""

    name: str
    numeric: bool
    expression: Sql
    population: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShadowBreakdown(Relation, kind="shadow_breakdown"):
    """One row per slice, attribute and bin: wrong and equal keys in it, and their ranges.

    `matched` says which buckets are read. They should hold equal rows as well as wrong ones:
    bucket numbers are hashes, so some buckets more are a sample of all rows. Each of
    `populations` is a set of key columns: the attribute is the number of control rows that
    share them.
    """

    matched: LiveWithShadow
    populations: tuple[tuple[str, ...], ...] = ()

    @property
    def subject(self) -> str:
        return self.matched.subject

    def tables(self) -> frozenset[str]:
        return self.matched.tables()

    def attributes(self, by: tuple[str, ...]) -> tuple[Attribute, ...]:
        columns = self.matched.sides.columns
        found = [
            Attribute(f"rows per {', '.join(key)}", True, sql.name(f"n{i}"), key)
            for i, key in enumerate(self.populations)
        ]
        found += [Attribute(c, False, sql.name(f"{PREFIX}by{i}")) for i, c in enumerate(by)]
        found += [
            _attribute(c, sql.name(f"{PREFIX}key{i}"))
            for i, c in enumerate(columns.keys)
            if c.is_plain and c.name not in by
        ]
        found += [
            _attribute(c, sql.template("v.{}", sql.name(f"c{i}")))
            for i, c in enumerate(columns.values)
            if c.is_plain and c.name not in by
        ]
        return tuple(found)

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql.functions import expr

        rows = self.matched.entries(tables, by).selectExpr(
            "*",
            "coalesce(a, b, any_v) AS v",
            "(left_c + left_s > 0 AND (NOT pair OR exists(found, e -> e.kind < 4))) AS wrong",
        )
        attributes = self.attributes(by)
        rows = self._with_populations(rows, tables)
        entries = (
            sql.call(
                "struct",
                sql.alias(sql.literal(i), "i"),
                sql.alias(_bin(attribute), "bin"),
                sql.alias(_as_number(attribute), "x"),
                sql.alias(_as_text(attribute), "t"),
            )
            for i, attribute in enumerate(attributes)
        )
        slices = [f"{PREFIX}by{i}" for i in range(len(by))]
        exploded = rows.selectExpr(
            *slices, "wrong", sql.template("inline({})", sql.call("array", *entries)).text
        )
        binned = exploded.groupBy(*slices, "i", "bin").agg(
            *(expr(f"{cell} AS {PREFIX}{name}") for name, cell in BIN_CELLS.items())
        )
        named = (sql.alias(sql.name(f"{PREFIX}by{i}"), column).text for i, column in enumerate(by))
        places = (f"{name} AS {PREFIX}{name}" for name in ("i", "bin"))
        return binned.selectExpr(*named, *places, *(f"{PREFIX}{name}" for name in BIN_CELLS))

    def _with_populations(self, rows: DataFrame, tables: Tables) -> DataFrame:
        sides = self.matched.sides
        for i, key in enumerate(self.populations):
            at = [sides.columns.key.index(column) for column in key]
            cells = [sides.columns.keys[k].cell("control") for k in at]
            names = [f"p{i}_{k}" for k in at]
            named = (sql.alias(c, n).text for c, n in zip(cells, names, strict=True))
            counted = sides.rows(tables, "control").selectExpr(*named).groupBy(*names).count()
            counted = counted.withColumnRenamed("count", f"n{i}")
            same = None
            for k, name in zip(at, names, strict=True):
                equal = rows[f"{PREFIX}key{k}"].eqNullSafe(counted[name])
                same = equal if same is None else same & equal
            rows = rows.join(counted, same, "left").drop(*names)
        return rows


BIN_CELLS = {
    "wrong": "count_if(wrong)",
    "equal": "count_if(NOT wrong)",
    "wrong_low": "min(if(wrong, x, NULL))",
    "wrong_high": "max(if(wrong, x, NULL))",
    "equal_low": "min(if(wrong, NULL, x))",
    "equal_high": "max(if(wrong, NULL, x))",
    "text_low": "min(if(wrong, t, NULL))",
    "text_high": "max(if(wrong, t, NULL))",
}


def _attribute(column: Compared, at: Sql) -> Attribute:
    return Attribute(column.name, is_numeric(column.common), _readable(column, at))


def _readable(column: Compared, at: Sql) -> Sql:
    if column.common == Atomic("binary"):
        return sql.call("hex", at)
    return at


def _bin(attribute: Attribute) -> Sql:
    at = attribute.expression
    if attribute.numeric:
        x = _as_number(attribute)
        number = sql.template("CAST(sign({0}) * (1 + floor(log2(abs({0}) + 1))) AS INT)", x)
    else:
        number = sql.template(
            "CAST(pmod(xxhash64({}), {}) AS INT)", _as_text(attribute), sql.literal(_TEXT_BINS)
        )
    return sql.template("CASE WHEN {} IS NULL THEN 10000 ELSE coalesce({}, 9999) END", at, number)


def _as_number(attribute: Attribute) -> Sql:
    if not attribute.numeric:
        return Sql("CAST(NULL AS DOUBLE)")
    value = sql.template("CAST({} AS DOUBLE)", attribute.expression)
    # NaN and infinities have no place on the line: they go to a bin without a range.
    return sql.template("if(abs({0}) < {1}, {0}, NULL)", value, sql.literal(float("inf")))


def _as_text(attribute: Attribute) -> Sql:
    if attribute.numeric:
        return Sql("CAST(NULL AS STRING)")
    return sql.call("left", sql.as_text(attribute.expression), sql.literal(_LONGEST))
