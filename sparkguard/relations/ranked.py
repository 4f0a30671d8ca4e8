"""How well each query's predictions are ordered: its numbers beside the query's first row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.effective_label import ID, SCORE, TRUTH
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

QUERY = "__sparkguard_query"
DISCOUNT_UNIT, GAIN_UNIT, UNIT = 10**12, 1_000, 10**9
"""Discounts count 10^-12, gains thousandths, and a query's numbers billionths: whole numbers, so
that sums of them are the same in any order."""

LEAST_GAIN, MOST_GAIN = 1 / GAIN_UNIT, 1e9
"""Gains other than 0: the unit tells none below, and sums of discounted gains hold none above."""

_COMPLETE, _HAS_POSITIVE = "__sparkguard_complete", "__sparkguard_has_positive"
_NDCG, _RECIPROCAL, _PRECISION = (f"__sparkguard_{x}" for x in ("ndcg", "reciprocal", "precision"))


def discounts(k: int) -> tuple[int, ...]:
    """1 / log2(rank + 1) of the first `k` ranks, in whole `DISCOUNT_UNIT`s."""
    return tuple(round(DISCOUNT_UNIT / math.log2(rank + 1)) for rank in range(1, k + 1))


def valid() -> Sql:
    """Whether a row can have a place: a query, a number to order it by, and a gain or none yet."""
    gain = sql.template(
        "({0} IS NULL OR {0} = 0 OR {0} BETWEEN {1} AND {2})",
        *(sql.name(TRUTH), sql.literal(LEAST_GAIN), sql.literal(MOST_GAIN)),
    )
    score = sql.template("({0} IS NOT NULL AND NOT isnan({0}))", sql.name(SCORE))
    query = sql.template("{} IS NOT NULL", sql.name(QUERY))
    return sql.is_true(sql.all_of((query, score, gain)))


def sums() -> tuple[Sql, ...]:
    """What a row adds: labels; then, for the first row of a query of which all labels are known,
    queries with and without a positive, and each number with its square."""
    counted = sql.all_of((sql.is_true(sql.name(_COMPLETE)), sql.name(_HAS_POSITIVE)))
    without = sql.all_of((sql.is_true(sql.name(_COMPLETE)), _not(sql.name(_HAS_POSITIVE))))
    numbers = []
    for name in (_NDCG, _RECIPROCAL, _PRECISION):
        value = sql.template("CASE WHEN {} THEN {} ELSE 0L END", counted, sql.name(name))
        square = sql.template("({0} * {0}) DIV {1}", value, sql.literal(UNIT))
        numbers += [value, square]
    return (
        sql.template("CAST({} IS NOT NULL AS BIGINT)", sql.name(TRUTH)),
        *(sql.template("CAST({} AS BIGINT)", condition) for condition in (counted, without)),
        *numbers,
    )


def ranked(rows: DataFrame, is_item: Column, k: int) -> DataFrame:
    """`rows` with the numbers of each query on the first of its rows for which `is_item` is true.

    That is the one of the highest score, of equal ones that of the least `ID`: it decides in which
    slice the query counts. Equal scores share their places: each has the mean discount and the
    mean share of the first `k` places of its group; the reciprocal rank is that of the expected
    place of the first positive. A query counts once all its items are `valid` and have a label.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    item, fit = "__sparkguard_item", F.expr(valid().text)
    query = Window.partitionBy(QUERY, item)
    tied = Window.partitionBy(QUERY, item, SCORE)
    weights = F.array(*(F.lit(weight).cast("bigint") for weight in discounts(k)))

    def discount(place: str) -> Column:
        inside = F.col(place) <= k
        return F.when(inside, F.element_at(weights, F.col(place))).otherwise(F.lit(0))

    placed = rows.withColumn(item, is_item & F.col(QUERY).isNotNull()).select(
        "*",
        F.row_number().over(query.orderBy(F.col(SCORE).desc(), ID)).alias("__place"),
        F.row_number().over(query.orderBy(F.col(TRUTH).desc_nulls_last())).alias("__ideal"),
        F.coalesce(F.when(fit, F.rint(F.col(TRUTH) * GAIN_UNIT)).cast("bigint"), F.lit(0)).alias(
            "__gain"
        ),
    )
    positive = (F.col("__gain") > 0).cast("int")
    shared = placed.select(
        "*",
        F.count(F.lit(1)).over(tied).alias("__size"),
        F.sum(discount("__place")).over(tied).alias("__discount"),
        F.sum((F.col("__place") <= k).cast("int")).over(tied).alias("__inside"),
        F.sum(positive).over(tied).alias("__positives"),
        F.min("__place").over(tied).alias("__first"),
        discount("__ideal").alias("__ideal_discount"),
    )
    exact = "CAST({0} AS DECIMAL(19, 0)) * CAST({1} AS DECIMAL(19, 0))"
    dcg = F.expr(exact.format("__gain", "__discount") + " / __size")
    best = F.expr(exact.format("__gain", "__ideal_discount"))
    first_positive = F.min(
        F.when(F.col("__gain") > 0, F.struct("__first", "__size", "__positives"))
    ).over(query)
    seen = shared.select(
        "*",
        F.sum(dcg).over(query).alias("__dcg"),
        F.sum(best).over(query).alias("__best"),
        F.sum(F.expr("CAST((__gain > 0) AS INT) * __inside / CAST(__size AS DECIMAL(10, 0))"))
        .over(query)
        .alias("__hits"),
        F.count(F.lit(1)).over(query).alias("__items"),
        F.count(F.when(fit, F.col(TRUTH))).over(query).alias("__known"),
        first_positive.alias("__top"),
    )
    top = F.col("__top")
    wait = (top["__size"] - top["__positives"]) / (top["__positives"] + 1)
    whole = (F.col("__place") == 1) & F.col(item) & (F.col("__items") == F.col("__known"))
    ratio = F.col("__dcg").cast("double") / F.nullif(F.col("__best").cast("double"), F.lit(0.0))
    return seen.select(
        *rows.columns,
        whole.alias(_COMPLETE),
        F.coalesce(F.col("__best") > 0, F.lit(False)).alias(_HAS_POSITIVE),
        *(
            F.coalesce(F.rint(value * UNIT), F.lit(0)).cast("bigint").alias(name)
            for name, value in (
                (_NDCG, ratio),
                (_RECIPROCAL, 1 / (top["__first"] + wait)),
                (_PRECISION, F.col("__hits").cast("double") / k),
            )
        ),
    )


def _not(condition: Sql) -> Sql:
    return sql.template("NOT {}", condition)
