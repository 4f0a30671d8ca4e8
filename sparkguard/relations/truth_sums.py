"""Predictions beside their labels as sums: each row counted once for every kind that it adds to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.daily import (
    KIND,
    LEDGER_KEYS,
    VALUE,
    Daily,
    Kind,
    by_day_of,
    day,
    of_row,
    told_apart,
)
from sparkguard.relations.effective_label import (
    ARRIVAL,
    BACKFILLED,
    LABEL_BUCKET,
    PREDICTION,
    PROBABILITIES,
    TIME,
    TRUTH,
    VERSION,
)
from sparkguard.windows.durations import DAY

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from sparkguard.relations.prediction_with_truth import PredictionWithTruth


Step = tuple[tuple[str, sql.Sql], ...]
"""Values by name, each of which may take those of the steps before."""

OF_LEDGER = 4
"""Sums of the ledger: predictions, label rows, backfilled ones, positive labels that are used."""

ENTITY, CLASS = "__sparkguard_entity", "__sparkguard_class"
_MADE, _ARRIVED = "__sparkguard_made", "__sparkguard_arrived"
_COARSE, _OF_CLASS = "__sparkguard_coarse", "__sparkguard_of_class"
_CLASS_NAME = "__sparkguard_class_name"


def cell(i: int) -> str:
    return f"__sparkguard_c{i}"


def total(i: int) -> str:
    return f"__sparkguard_s{i}"


def dimension(i: int) -> str:
    return f"__sparkguard_d{i}"


def _term(i: int) -> str:
    return f"__sparkguard_t{i}"


class TruthSums:
    """The sums of `of` from its rows; `by` are the columns that slices are told apart by.

    Spark compiles a row's way from join to sums into few methods, and Java runs those above 8,000
    bytes many times slower. So each value is computed once, in steps, before rows are repeated by
    kind, and every kind sums all terms; which of them are its own is chosen from the few sums.
    """

    def __init__(self, of: PredictionWithTruth, by: tuple[str, ...]) -> None:
        self._of, self._by = of, by

    @cached_property
    def _keys(self) -> dict[int, dict[str, str]]:
        """What the rows of each kind are counted by: the column of each key that they have."""
        of = self._of
        cells = {name: name for name in map(cell, range(len(of.cells)))}
        version = {VERSION: VERSION}
        by_day = version | dict(
            zip(LEDGER_KEYS, (_MADE, PREDICTION, _ARRIVED, LABEL_BUCKET), strict=True)
        )
        found = {0: version | cells, by_day_of(0): by_day}
        for i in range(len(of.predicted.slices)):
            value = {VALUE: dimension(i)}
            found |= {i: version | value | cells, by_day_of(i): by_day | value}
        first, second, *_ = LEDGER_KEYS
        if of.predicted.entity is not None:
            found[Kind.ENTITIES] = version | {first: ENTITY, second: _COARSE}
        if of.class_cell is not None:
            found[Kind.CLASSES] = version | {VALUE: _CLASS_NAME, second: _OF_CLASS}
        return found

    def of_rows(self, rows: DataFrame) -> DataFrame:
        """Sums by kind and key, of the predictions beside each of their labels in `rows`."""
        from pyspark.sql import functions as F  # noqa: N812

        for step in self._of.steps:
            rows = rows.selectExpr("*", *(sql.alias(value, name).text for name, value in step))
        kinds = of_row(self._keys)
        rows = rows.select("*", *self._values()).withColumn(KIND, F.explode(kinds))
        terms = OF_LEDGER + len(self._of.sums)
        if self._of.class_cell is not None:
            rows, terms = self._by_class(rows, terms), terms + 2
        names = (VERSION, VALUE, *LEDGER_KEYS, *map(cell, range(len(self._of.cells))))
        keys = [*columns((*self._by, KIND)), *(self._key(name).alias(name) for name in names)]
        sums = [f"try_sum({_term(i)})" for i in range(terms)]
        # The first terms are 0 or 1: Spark counts these faster than it sums them.
        first = [*(f"count_if({_term(i)} = 1)" for i in range(OF_LEDGER)), *sums[OF_LEDGER:]]
        grouped = self._summed(rows.select(*keys, *map(_term, range(terms))), names, first)
        daily = told_apart(grouped, self._of.horizon // DAY, bool(self._of.predicted.slices))
        kept = columns((*self._by, KIND, *names))
        return self._summed(daily, names, sums).select(
            *kept, *(self._total(i, terms) for i in range(self._of.width))
        )

    def _summed(self, rows: DataFrame, names: Iterable[str], sums: Iterable[str]) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        terms = (F.expr(each).alias(_term(i)) for i, each in enumerate(sums))
        return rows.groupBy(*columns((*self._by, KIND, *names))).agg(*terms)

    def _values(self) -> Iterator[Column]:
        """Keys and terms that take more than a column."""
        from pyspark.sql import functions as F  # noqa: N812

        of, whole = self._of, "bigint"
        made, arrived = (F.expr(day(sql.name(name)).text) for name in (TIME, ARRIVAL))
        yield made.alias(_MADE)
        yield F.when(F.col(LABEL_BUCKET).isNotNull(), arrived).alias(_ARRIVED)
        yield F.expr(of.entity_cell.text).alias(_COARSE)
        for i, key in enumerate(of.cells):
            yield F.expr(key.text).alias(cell(i))
        terms = [F.col(PREDICTION).isNotNull(), F.col(LABEL_BUCKET).isNotNull(),
                 F.col(BACKFILLED), F.expr(of.positive.text)]  # fmt: skip
        terms = [F.coalesce(each.cast(whole), F.lit(0).cast(whole)) for each in terms]
        nothing = F.lit(0).cast(of.sum_type)
        terms += [F.coalesce(F.expr(x.text).cast(of.sum_type), nothing) for x in of.sums]
        for i, each in enumerate(terms):
            yield each.alias(_term(i))

    def _by_class(self, rows: DataFrame, terms: int) -> DataFrame:
        """Rows of classes once for each class that has a probability."""
        from pyspark.sql import functions as F  # noqa: N812

        assert self._of.class_cell is not None
        entries = F.when(F.col(KIND) == int(Kind.CLASSES), F.map_entries(PROBABILITIES))
        is_class = F.coalesce(F.col(TRUTH) == F.col(CLASS)["key"], F.lit(False))
        return rows.withColumn(CLASS, F.explode_outer(entries)).select(
            "*",
            F.col(CLASS)["key"].alias(_CLASS_NAME),
            F.expr(self._of.class_cell.text).alias(_OF_CLASS),
            F.col(TRUTH).isNotNull().cast("bigint").alias(_term(terms)),
            is_class.cast("bigint").alias(_term(terms + 1)),
        )

    def _key(self, name: str) -> Column:
        """The key of that name for each kind that has it."""
        from pyspark.sql import functions as F  # noqa: N812

        kinds: dict[str, list[int]] = {}
        for kind, keys in self._keys.items():
            if name in keys:
                kinds.setdefault(keys[name], []).append(int(kind))
        key = F.lit(None)
        for column, among in kinds.items():
            key = F.when(F.col(KIND).isin(among), F.col(column)).otherwise(key)
        return key if kinds else key.cast("string")

    def _total(self, i: int, terms: int) -> Column:
        """The i-th sum of each kind."""
        from pyspark.sql import functions as F  # noqa: N812

        def of(first: int, end: int) -> Column:
            """The sum of predictions, then those of the terms from `first`."""
            at = i if i == 0 else first + i - 1
            return (F.col(_term(at)) if at < end else F.lit(0)).cast(self._of.sum_type)

        ledger = (F.col(KIND) == int(Kind.LEDGER)) | (F.col(KIND) <= Daily.MADE.of(0))
        own = OF_LEDGER + len(self._of.sums)
        return (
            F.when(ledger, of(1, OF_LEDGER))
            .when(F.col(KIND) == int(Kind.CLASSES), of(own, terms))
            .otherwise(of(OF_LEDGER, own))
            .alias(total(i))
        )


def columns(names: Iterable[str]) -> list[Column]:
    from pyspark.sql import functions as F  # noqa: N812

    return [F.expr(sql.name(name).text).alias(name) for name in names]
