"""Predictions beside the label that counts at a moment; every row of both tables in one bucket."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import Relation, Tables, in_full
from sparkguard.relations.daily import KIND, LEDGER_KEYS, VALUE
from sparkguard.relations.effective_label import (
    ARRIVAL,
    BACKFILLED,
    EVENT,
    ID,
    LABEL,
    LABEL_ID,
    LOWER,
    PREDICTION,
    PROBABILITIES,
    RANK,
    SCORE,
    TIME,
    UPPER,
    VERSION,
    Labels,
    Predicted,
    PredictionBucket,
    prediction_bucket,
    restated,
    with_label,
    with_repeats,
)
from sparkguard.relations.ranked import QUERY, ranked
from sparkguard.relations.truth_sums import (
    ENTITY,
    OF_LEDGER,
    Step,
    TruthSums,
    cell,
    columns,
    dimension,
    total,
)
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BUCKETS = 256
BEFORE = "$before"
"""A table's name with this suffix names its rows as they were at `since`."""


@dataclass(frozen=True)
class PredictionWithTruth(Relation, kind="prediction_with_truth"):
    """Sums over predictions and their labels, grouped already; see `Kind` for what of.

    A prediction's label is, among the rows known at `as_of` whose event lies from the prediction
    to `horizon` microseconds later, that of the highest rank; where rows of that rank disagree
    there is none. Of the rows above the last that says otherwise the one known first is used. Of
    repeated predictions the first in time counts. In a run that judges one slice, its predictions
    meet all labels. `as_of` is no part of what the relation is: states of two moments compare.

    Ledger rows: prediction day, prediction bucket (NULL where the row is no prediction), arrival
    day and label bucket (NULL without a label row); sums of predictions, label rows, backfilled
    label rows, `positive` labels that are used. Rows of `Daily` have the same sums, by the value
    of a slice and the key that their name says. Rows of slices and entities: the keys `cells`;
    sums of predictions, then `sums`, expressions over `SCORE`, `TRUTH` and what `steps` name.
    Rows of classes, with `class_cell`, an expression over `CLASS`, an entry of `PROBABILITIES`:
    the class and the cell; sums of predictions, then of those with a label and of those whose
    label is the class.

    With `since`, an earlier moment in microseconds, the sums are what is to be added to those of
    that moment: those of now, less those of then over the tables named with `BEFORE`.
    """

    predicted: Predicted
    labels: Labels
    horizon: int
    steps: tuple[Step, ...]
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
        return tuple(sql.name(total(i)) for i in range(self.width))

    @property
    def width(self) -> int:
        return max(OF_LEDGER, 1 + len(self.sums))

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        sums = TruthSums(self, by)
        now = sums.of_rows(self._rows(tables, by))
        if self.since is None:
            return now
        then = sums.of_rows(self._then(tables, by))
        return now.unionByName(
            then.withColumns({total(i): -F.col(total(i)) for i in range(self.width)})
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
        known = with_label(self._labels(tables), with_repeats(every.where(usable)), self.horizon)
        aside = every.where(~usable).select(
            *columns(by),
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
            key = sql.call("coalesce", of.entity, sql.as_text(values[ID]))
            hashed = sql.template("CAST(pmod(xxhash64({}), {}) AS INT)", key, sql.literal(BUCKETS))
            values[ENTITY] = hashed
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
            RANK: of.rank, BACKFILLED: of.backfilled,
        }  # fmt: skip
        rows = in_full(tables, of.table).selectExpr(
            *(sql.alias(value, name).text for name, value in values.items())
        )
        moment = sql.literal(self.as_of)
        known = sql.template("{} <= {}", sql.name(ARRIVAL), moment)
        return rows.where(sql.template("{} IS NOT NULL AND {}", sql.name(LABEL_ID), known).text)


@dataclass(frozen=True)
class Before:
    """The tables as they were at the earlier moment."""

    tables: Tables

    def frame(self, name: str, /) -> DataFrame:
        return self.tables.frame(f"{name}{BEFORE}")
