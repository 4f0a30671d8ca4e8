"""Predictions beside the label that counts at a moment; every row of both tables in one bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import Relation, Tables, in_full
from sparkguard.relations.daily import KIND, Daily, is_daily, of_kinds
from sparkguard.relations.effective_label import (
    ARRIVAL,
    BACKFILLED,
    DELETED,
    EVENT,
    ID,
    LABEL,
    LABEL_BUCKET,
    LABEL_ID,
    LOWER,
    PREDICTION,
    PROBABILITIES,
    RANK,
    SCORE,
    TIME,
    TRUTH,
    UPPER,
    VERSION,
    Labels,
    Predicted,
    PredictionBucket,
    numbered,
    prediction_bucket,
    restated,
    with_label,
)
from sparkguard.relations.ranked import QUERY, ranked
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

DAY = 86_400_000_000
BUCKETS = 256


class Kind(IntEnum):
    """What a row of the relation sums; numbers from 0 on are the declared slices, in order."""

    LEDGER = -1
    ENTITIES = -2
    CLASSES = -3


BEFORE = "$before"
"""A table's name with this suffix names its rows as they were at `since`."""

VALUE = "__sparkguard_value"
LEDGER_KEYS = tuple(f"__sparkguard_l{i}" for i in range(4))
_SUMS_OF_LEDGER = 4
_ENTITY, CLASS = "__sparkguard_entity", "__sparkguard_class"


def cell(i: int) -> str:
    return f"__sparkguard_c{i}"


def total(i: int) -> str:
    return f"__sparkguard_s{i}"


def dimension(i: int) -> str:
    return f"__sparkguard_d{i}"


@dataclass(frozen=True)
class PredictionWithTruth(Relation, kind="prediction_with_truth"):
    """Sums over predictions and their labels, grouped already; see `Kind` for what of.

    A prediction's label is, among the rows known at `as_of` whose event lies from the prediction
    to `horizon` microseconds later, that of the highest rank; where several agree the one known
    first is used, and where they disagree there is none. Of repeated predictions the first in
    time counts. In a run that judges one slice, its predictions meet all labels. `as_of` is no
    part of what the relation is: states of two moments compare.

    Ledger rows: prediction day, prediction bucket (NULL where the row is no prediction), arrival
    day and label bucket (NULL without a label row); sums of predictions, label rows, backfilled
    label rows, `positive` labels that are used. Rows of `Daily` have the same sums, by the value
    of a slice and the key that their name says. Rows of slices and entities: the keys `cells`;
    sums of predictions, then `sums`, expressions over `SCORE` and `TRUTH`. Rows of classes, with
    `class_cell`, an expression over `CLASS`, an entry of `PROBABILITIES`: the class and the cell;
    sums of predictions, then of those with a label and of those whose label is the class.

    With `since`, an earlier moment in microseconds, the sums are what is to be added to those of
    that moment: those of now, less those of then over the tables named with `BEFORE`.
    """

    predicted: Predicted
    labels: Labels
    horizon: int
    cells: tuple[Sql, ...]
    sums: tuple[Sql, ...]
    entity_cell: Sql = field(default_factory=lambda: sql.literal(None))
    positive: Sql = field(default_factory=lambda: sql.literal(0))
    sum_type: str = "BIGINT"
    best: int = 0  # how many first places of a ranked list count
    class_cell: Sql | None = None
    as_of: int = field(default=0, compare=False)
    since: int | None = field(default=None, compare=False)

    @property
    def subject(self) -> str:
        return self.predicted.table

    def tables(self) -> frozenset[str]:
        return frozenset((self.predicted.table, self.labels.table))

    @property
    def keys(self) -> tuple[Sql, ...]:
        names = (KIND, VERSION, VALUE, *LEDGER_KEYS, *map(cell, range(len(self.cells))))
        return tuple(map(sql.name, names))

    @property
    def totals(self) -> tuple[Sql, ...]:
        return tuple(sql.name(total(i)) for i in range(self._width))

    @property
    def _width(self) -> int:
        return max(_SUMS_OF_LEDGER, 1 + len(self.sums))

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        now = self._grouped(self._rows(tables, by), by)
        if self.since is None:
            return now
        then = self._grouped(self._then(tables, by), by)
        return now.unionByName(
            then.withColumns({total(i): -F.col(total(i)) for i in range(self._width)})
        )

    def restated(self, tables: Tables, by: tuple[str, ...]) -> DataFrame:
        """Predictions that were settled at `since` and count otherwise now; see `restated`."""
        return restated(self._then(tables, by), self._rows(tables, by), by)

    def _then(self, tables: Tables, by: tuple[str, ...]) -> DataFrame:
        """The rows at `since`."""
        return replace(self, as_of=self.since or 0, since=None)._rows(Before(tables), by)

    def _rows(self, tables: Tables, by: tuple[str, ...]) -> DataFrame:
        """Every prediction beside each of its label rows; see `with_label`."""
        from pyspark.sql import functions as F  # noqa: N812

        every = self._predictions(tables, by)
        usable = F.col(ID).isNotNull() & F.col(TIME).isNotNull() & (F.col(TIME) <= self.as_of)
        known = with_label(self._labels(tables), numbered(every.where(usable)), self.horizon)
        aside = every.where(~usable).select(
            *_columns(by),
            F.when(F.col(ID).isNull(), int(PredictionBucket.NULL_ID))
            .when(F.col(TIME).isNull(), int(PredictionBucket.NO_TIME))
            .otherwise(int(PredictionBucket.NOT_YET))
            .alias(PREDICTION),
            VERSION,
        )
        rows = known.withColumn(PREDICTION, prediction_bucket(self.as_of, self.horizon))
        if self.predicted.query is not None:
            is_item = F.coalesce(F.col(PREDICTION) <= int(PredictionBucket.OVERDUE), F.lit(False))
            rows = ranked(rows, is_item, self.best)
        return rows.unionByName(aside, allowMissingColumns=True)

    def _predictions(self, tables: Tables, by: tuple[str, ...]) -> DataFrame:
        of = self.predicted
        values = {ID: sql.path(of.id), TIME: of.time, SCORE: of.score, VERSION: of.version}
        values |= {dimension(i): value for i, value in enumerate(of.slices)}
        if of.entity is not None:
            key = sql.call("coalesce", of.entity, sql.template("CAST({} AS STRING)", values[ID]))
            hashed = sql.template("CAST(pmod(xxhash64({}), {}) AS INT)", key, sql.literal(BUCKETS))
            values[_ENTITY] = hashed
        lower, upper = of.interval or (None, None)
        optional = {
            QUERY: of.query, PROBABILITIES: of.probabilities, LOWER: lower, UPPER: upper
        }  # fmt: skip
        values |= {name: value for name, value in optional.items() if value is not None}
        slices = [sql.alias(sql.name(column), column) for column in by]
        named = [sql.alias(value, name) for name, value in values.items()]
        return tables.frame(of.table).selectExpr(*(e.text for e in (*slices, *named)))

    def _labels(self, tables: Tables) -> DataFrame:
        of = self.labels
        said = sql.template("CASE WHEN NOT {} THEN {} END", of.deleted, of.label)
        values = {
            LABEL_ID: sql.path(of.id), LABEL: said, EVENT: of.event, ARRIVAL: of.arrival,
            RANK: of.rank, DELETED: of.deleted, BACKFILLED: of.backfilled,
        }  # fmt: skip
        rows = in_full(tables, of.table).selectExpr(
            *(sql.alias(value, name).text for name, value in values.items())
        )
        moment = sql.literal(self.as_of)
        known = sql.template("{} <= {}", sql.name(ARRIVAL), moment)
        return rows.where(sql.template("{} IS NOT NULL AND {}", sql.name(LABEL_ID), known).text)

    def _grouped(self, rows: DataFrame, by: tuple[str, ...]) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        kinds = [Kind.LEDGER, *range(max(1, len(self.predicted.slices)))]
        kinds += [Kind.ENTITIES] if self.predicted.entity is not None else []
        kinds += [Kind.CLASSES] if self.class_cell is not None else []
        rows = rows.withColumn(
            KIND, F.explode(of_kinds(kinds, Kind.LEDGER, len(self.predicted.slices)))
        )
        if self.class_cell is not None:
            entries = F.when(_is(Kind.CLASSES), F.map_entries(PROBABILITIES))
            rows = rows.withColumn(CLASS, F.explode_outer(entries))
        version = F.when(~is_daily(), F.col(VERSION)).alias(VERSION)
        keys = [*_columns(by), F.col(KIND), version, *self._keys()]
        added = [each.alias(total(i)) for i, each in enumerate(self._added())]
        names = [*by, KIND, VERSION, VALUE, *LEDGER_KEYS, *map(cell, range(len(self.cells)))]
        return (
            rows.select(*keys, *added)
            .groupBy(*_columns(names))
            .agg(*(F.expr(f"try_sum({total(i)})").alias(total(i)) for i in range(self._width)))
        )

    def _keys(self) -> Iterator[Column]:
        """What sums are kept apart by, besides kind and version of the model."""
        from pyspark.sql import functions as F  # noqa: N812

        ledger, entities = _is(Kind.LEDGER), _is(Kind.ENTITIES)
        made, arrived, aged = (is_daily(each) for each in Daily)
        value = F.lit(None).cast("string")
        coarse = F.when(entities, F.expr(self.entity_cell.text))
        if self.class_cell is not None:
            value = F.when(_is(Kind.CLASSES), F.col(CLASS)["key"])
            coarse = coarse.when(_is(Kind.CLASSES), F.expr(self.class_cell.text))
        for i in range(len(self.predicted.slices)):
            of_slice = F.col(KIND).isin(i, *(each.of(i) for each in Daily))
            value = F.when(of_slice, F.col(dimension(i))).otherwise(value)
        entity = F.when(entities, F.col(_ENTITY)) if self.predicted.entity is not None else F.lit(0)
        ledger_keys = (
            F.when(ledger | made, _day(TIME)).when(entities, entity).when(aged, self._age()),
            F.when(ledger, F.col(PREDICTION)).otherwise(coarse),
            F.when((ledger | arrived) & F.col(LABEL_BUCKET).isNotNull(), _day(ARRIVAL)),
            F.when(ledger | arrived, F.col(LABEL_BUCKET)),
        )
        yield value.alias(VALUE)
        yield from (key.alias(name) for key, name in zip(ledger_keys, LEDGER_KEYS, strict=True))
        for i, key in enumerate(self.cells):
            yield F.when(F.col(KIND) >= 0, F.expr(key.text)).alias(cell(i))

    def _age(self) -> Column:
        """Whole days from the day of the prediction to that of the label's arrival."""
        from pyspark.sql import functions as F  # noqa: N812

        age = F.least(_day(ARRIVAL) - _day(TIME), F.lit(self.horizon // DAY))
        return F.greatest(age, F.lit(0).cast("bigint"))

    def _added(self) -> Iterator[Column]:
        """What a row of each kind adds to the sums, in their order."""
        from pyspark.sql import functions as F  # noqa: N812

        is_label = F.col(LABEL_BUCKET).isNotNull()
        ledger = [F.col(PREDICTION).isNotNull(), is_label, F.col(BACKFILLED),
                  F.expr(self.positive.text)]  # fmt: skip
        others = [F.lit(1), *(F.expr(each.text) for each in self.sums)]
        classes = []
        if self.class_cell is not None:
            is_true = F.col(TRUTH) == F.col(CLASS)["key"]
            classes = [F.lit(1), F.col(TRUTH).isNotNull(), is_true]
        nothing = F.lit(0).cast(self.sum_type)

        def place(terms: list[Column], i: int, through: str) -> Column:
            return terms[i].cast(through).cast(self.sum_type) if i < len(terms) else nothing

        for i in range(self._width):
            added = F.when(_is(Kind.LEDGER) | is_daily(), place(ledger, i, "bigint"))
            if classes:
                added = added.when(_is(Kind.CLASSES), place(classes, i, "bigint"))
            yield F.coalesce(added.otherwise(place(others, i, self.sum_type)), nothing)


def _is(kind: Kind) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return F.col(KIND) == int(kind)


@dataclass(frozen=True)
class Before:
    """The tables as they were at the earlier moment."""

    tables: Tables

    def frame(self, name: str, /) -> DataFrame:
        return self.tables.frame(f"{name}{BEFORE}")


def _columns(names: Iterable[str]) -> list[Column]:
    from pyspark.sql import functions as F  # noqa: N812

    return [F.expr(sql.name(name).text).alias(name) for name in names]


def _day(name: str) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return F.expr(f"floor({name} / {DAY})").cast("bigint")
