"""Which label of a prediction counts, and in which bucket every row of both sides is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.sql import Path, Sql

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


class PredictionBucket(IntEnum):
    """Where each row of the predictions is counted, in exactly one of these."""

    LABELLED = 0
    DUPLICATE_LABEL = 1  # a label, delivered again unchanged
    CONFLICTING = 2  # rows of the highest version disagree
    PENDING = 3
    OVERDUE = 4
    REPEATED_SAME = 5
    REPEATED_CONFLICT = 6
    NULL_ID = 7
    NO_TIME = 8
    NOT_YET = 9  # made after the moment looked from


class LabelBucket(IntEnum):
    """Where each label row that has a prediction is counted."""

    USED = 0
    DUPLICATE = 1
    CONFLICTING = 2
    SUPERSEDED = 3
    DELETE_MARK = 4
    BEFORE_PREDICTION = 5
    LATE = 6
    NO_TIME = 7


SCORE, TRUTH = "__sparkguard_score", "__sparkguard_truth"
"""What was predicted and the label that counts, NULL without one; for the cells' expressions."""

PROBABILITIES = "__sparkguard_probabilities"
LOWER, UPPER = "__sparkguard_lower", "__sparkguard_upper"
"""The ends of the interval that was predicted beside a number."""

VERSION = "__sparkguard_version"
ID, TIME = "__sparkguard_id", "__sparkguard_time"
NTH, HASH, FIRST_HASH = "__sparkguard_nth", "__sparkguard_hash", "__sparkguard_first_hash"
LABEL_ID, LABEL, EVENT = "__sparkguard_label_id", "__sparkguard_label", "__sparkguard_event"
ARRIVAL, RANK, DELETED = "__sparkguard_arrival", "__sparkguard_rank", "__sparkguard_deleted"
BACKFILLED, _PLACE = "__sparkguard_backfilled", "__sparkguard_place"
_USABLE, PREDICTION = "__sparkguard_usable", "__sparkguard_prediction"
LABEL_BUCKET = "__sparkguard_label_bucket"
_TOP, _LEAST, _USED = "__sparkguard_top", "__sparkguard_least", "__sparkguard_used"
CHANGE = "__sparkguard_change"
_SETTLED, _GONE, _MOVED = (f"__sparkguard_{x}" for x in ("settled", "gone", "moved"))
_N, _ONE, _OTHER = "__sparkguard_n", "__sparkguard_one", "__sparkguard_other"


@dataclass(frozen=True)
class Predicted:
    """The predictions as expressions over their table: times in microseconds since 1970.

    `slices` are the values that metrics are told apart by, as text; `entity` is whose repeated
    predictions go together; `query` is what the predictions of a ranked list have in common.
    """

    table: str
    id: Path
    time: Sql
    score: Sql
    version: Sql
    slices: tuple[Sql, ...] = ()
    entity: Sql | None = None
    query: Sql | None = None
    probabilities: Sql | None = None
    interval: tuple[Sql, Sql] | None = None


@dataclass(frozen=True)
class Labels:
    """The label rows as expressions over their table.

    `event` is when the label became true, `arrival` when it became known; `rank` orders versions
    and `deleted` takes a label back. `backfilled` rows are no arrivals.
    """

    table: str
    id: Path
    label: Sql
    event: Sql
    arrival: Sql
    rank: Sql
    deleted: Sql
    backfilled: Sql


def numbered(predictions: DataFrame) -> DataFrame:
    """Repeated predictions in the order of time, each with the hash of the first one's values."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    hashed = predictions.withColumn(HASH, F.xxhash64(SCORE, VERSION))
    # Every value decides, or rows of one time and score would take turns at being the first.
    rest = [
        F.sort_array(F.map_entries(name)) if type_.startswith("map") else F.col(name)
        for name, type_ in predictions.dtypes
        if name not in (ID, TIME, SCORE)
    ]
    # Of rows, not of equal values: Spark then fills one frame for both functions.
    until_here = Window.unboundedPreceding, Window.currentRow
    same_id = Window.partitionBy(ID).orderBy(TIME, SCORE, *rest)
    return hashed.select(
        "*",
        F.row_number().over(same_id).alias(NTH),
        F.first(HASH).over(same_id.rowsBetween(*until_here)).alias(FIRST_HASH),
    )


def with_label(labels: DataFrame, predictions: DataFrame, horizon: int) -> DataFrame:
    """Predictions with each of their label rows; the row that is used stands for the prediction.

    Labels keep their order from before the join, so that one sort by id serves the join and the
    window behind it.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    best_first = Window.partitionBy(LABEL_ID).orderBy(
        F.col(RANK).desc(), ARRIVAL, DELETED, LABEL, EVENT, BACKFILLED
    )
    ordered = labels.select("*", F.row_number().over(best_first).alias(_PLACE))
    matching = (F.col(ID) == F.col(LABEL_ID)) & (F.col(NTH) == 1)
    inside = F.col(EVENT).between(F.col(TIME), F.col(TIME) + horizon)
    joined = predictions.join(ordered, matching, "left").withColumn(
        _USABLE, F.coalesce(inside, F.lit(False))
    )
    whole = (
        Window.partitionBy(ID)
        .orderBy(ID)
        .rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    )

    def usable(*columns: Column) -> Column:
        return F.when(F.col(_USABLE), F.struct(*columns))

    rank, said = F.col(RANK), (F.col(DELETED), F.col(LABEL))
    seen = joined.select(
        "*",
        F.max(usable(rank.alias("rank"), *said)).over(whole).alias(_TOP),
        F.min(usable(F.bitwise_not(rank).alias("rank"), *said)).over(whole).alias(_LEAST),
        F.max(usable(*said)).over(whole).alias(_ONE),
        F.min(usable(*said)).over(whole).alias(_OTHER),
        F.min(F.when(F.col(_USABLE), F.col(_PLACE))).over(whole).alias(_USED),
        F.count(F.when(F.col(_USABLE), F.lit(1))).over(whole).alias(_N),
    )
    return seen.withColumn(LABEL_BUCKET, _label_bucket()).withColumn(
        TRUTH, F.when(_stands() & _is_labelled(), F.col(LABEL))
    )


def _agree() -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    top, least = F.col(_TOP), F.col(_LEAST)
    return top[DELETED].eqNullSafe(least[DELETED]) & top[LABEL].eqNullSafe(least[LABEL])


def _is_labelled() -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return (F.col(_N) > 0) & _agree() & ~F.col(_TOP)[DELETED]


def _stands() -> Column:
    """The row that stands for its prediction: that of the used label, else of any, else alone."""
    from pyspark.sql import functions as F  # noqa: N812

    place = F.col(_PLACE)
    return (F.col(NTH) == 1) & (place.isNull() | (place == F.coalesce(F.col(_USED), F.lit(1))))


def _label_bucket() -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    is_top = F.col(RANK) == F.col(_TOP)["rank"]
    same = _is_labelled() & (F.col(LABEL) == F.col(_TOP)[LABEL])
    cases: tuple[tuple[Column, LabelBucket], ...] = (
        (F.col(EVENT).isNull(), LabelBucket.NO_TIME),
        (F.col(EVENT) < F.col(TIME), LabelBucket.BEFORE_PREDICTION),
        (~F.col(_USABLE), LabelBucket.LATE),
        (is_top & ~_agree(), LabelBucket.CONFLICTING),
        (F.col(DELETED), LabelBucket.DELETE_MARK),
        (same & (F.col(_PLACE) == F.col(_USED)), LabelBucket.USED),
        (same, LabelBucket.DUPLICATE),
    )
    found = F.lit(int(LabelBucket.SUPERSEDED))
    for condition, bucket in reversed(cases):
        found = F.when(condition, int(bucket)).otherwise(found)
    return F.when(F.col(LABEL_ID).isNotNull(), found)


def prediction_bucket(as_of: int, horizon: int) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    again = (F.col(_N) > 1) & (F.col(_ONE) == F.col(_OTHER))
    repeated = F.when(
        F.col(HASH) == F.col(FIRST_HASH), int(PredictionBucket.REPEATED_SAME)
    ).otherwise(int(PredictionBucket.REPEATED_CONFLICT))
    first = (
        F.when((F.col(_N) > 0) & ~_agree(), int(PredictionBucket.CONFLICTING))
        .when(_is_labelled() & again, int(PredictionBucket.DUPLICATE_LABEL))
        .when(_is_labelled(), int(PredictionBucket.LABELLED))
        .when(F.col(TIME) + horizon >= as_of, int(PredictionBucket.PENDING))
        .otherwise(int(PredictionBucket.OVERDUE))
    )
    return F.when(F.col(NTH) > 1, repeated).when(_stands(), first)


def restated(then: DataFrame, now: DataFrame, by: tuple[str, ...]) -> DataFrame:
    """Predictions that were settled in `then` and have another label in `now`, or none.

    A row of `CHANGE` -1 holds what no longer counts, one of 1 what counts instead, with the
    columns `by`, `ID`, `PREDICTION`, `TRUTH` and `ARRIVAL`; the last two are NULL without a label.
    A prediction whose label was still awaited was not settled.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    def kept(rows: DataFrame, change: int) -> DataFrame:
        arrival = F.when(F.col(TRUTH).isNotNull(), F.col(ARRIVAL)).alias(ARRIVAL)
        return rows.where(F.col(PREDICTION) <= int(PredictionBucket.OVERDUE)).select(
            *(F.expr(sql.name(name).text).alias(name) for name in by),
            *(ID, PREDICTION, TRUTH, arrival, F.lit(change).alias(CHANGE)),
        )

    settled = kept(then, -1).where(F.col(PREDICTION) != int(PredictionBucket.PENDING))
    both = settled.unionByName(kept(now, 1))
    of_id = Window.partitionBy(ID)
    said = F.struct(F.col(PREDICTION) == int(PredictionBucket.CONFLICTING), F.col(TRUTH))
    moved = both.select(
        "*",
        (F.min(CHANGE).over(of_id) == -1).alias(_SETTLED),
        (F.max(CHANGE).over(of_id) == -1).alias(_GONE),
        (F.min(said).over(of_id) != F.max(said).over(of_id)).alias(_MOVED),
    )
    return moved.where(F.col(_SETTLED) & (F.col(_GONE) | F.col(_MOVED))).select(*both.columns)
