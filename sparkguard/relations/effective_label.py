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
ID, TIME, REPEATED = "__sparkguard_id", "__sparkguard_time", "__sparkguard_repeated"
LABEL_ID, LABEL, EVENT = "__sparkguard_label_id", "__sparkguard_label", "__sparkguard_event"
ARRIVAL, RANK, BACKFILLED = (f"__sparkguard_{x}" for x in ("arrival", "rank", "backfilled"))
PREDICTION, LABEL_BUCKET = "__sparkguard_prediction", "__sparkguard_label_bucket"
_LOWEST = -(2**63)
"""The rank of label rows that have none."""

_ROW, _ROWS = "__sparkguard_row", "__sparkguard_rows"
_FIRST, _USABLE = "__sparkguard_first", "__sparkguard_usable"
_IS_BEST, _AGREED, _DISPUTED = (f"__sparkguard_{x}" for x in ("is_best", "agreed", "disputed"))
_BEST, _TOP, _OTHERWISE, _N = (f"__sparkguard_{x}" for x in ("best", "top", "otherwise", "n"))
CHANGE = "__sparkguard_change"
_SETTLED, _GONE, _MOVED = (f"__sparkguard_{x}" for x in ("settled", "gone", "moved"))


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


def with_repeats(predictions: DataFrame) -> DataFrame:
    """Predictions with `REPEATED`: NULL for the first of an id in time, the bucket of the others.

    Every value decides, or rows of one time and score would take turns at being the first; of rows
    that are equal in all of them any one is. Here and in `with_label` rows are sorted by id alone,
    which Spark does many times as fast as by several columns, and compared where there are several
    of an id, as there seldom are.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    rest = [
        F.sort_array(F.map_entries(name)) if type_.startswith("map") else F.col(name)
        for name, type_ in predictions.dtypes
        if name not in (ID, TIME, SCORE, VERSION)
    ]
    rows = _numbered(predictions)
    every = F.struct(TIME, SCORE, VERSION, *rest, _ROW)
    earliest = F.min(F.when(F.col(_ROWS) > 1, every)).over(Window.partitionBy(ID))
    first = F.col(_FIRST)
    same = first[SCORE].eqNullSafe(F.col(SCORE)) & first[VERSION].eqNullSafe(F.col(VERSION))
    bucket = F.when(same, int(PredictionBucket.REPEATED_SAME)).otherwise(
        int(PredictionBucket.REPEATED_CONFLICT)
    )
    repeated = F.when(F.col(_ROW) != first[_ROW], bucket)
    return (
        rows.withColumn(_FIRST, earliest).withColumn(REPEATED, repeated).drop(_FIRST, _ROW, _ROWS)
    )


def _numbered(rows: DataFrame, *more: Column) -> DataFrame:
    """`rows` with how many there are of each id, and a number among these; and `more` windows.

    Numbers come in no order. They are counts and no `row_number`, which would ask for an order and
    so for a sort by more than the id.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    of_id, one = Window.partitionBy(ID), F.count(F.lit(1))
    so_far = of_id.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return rows.select("*", one.over(of_id).alias(_ROWS), one.over(so_far).alias(_ROW), *more)


def with_label(labels: DataFrame, predictions: DataFrame, horizon: int) -> DataFrame:
    """Predictions with each of their label rows; the row that is used stands for the prediction.

    That is, among the rows ranked above the last that says otherwise, the one known first: what is
    delivered again, be it as a later version, was known before.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    matching = (F.col(ID) == F.col(LABEL_ID)) & F.col(REPEATED).isNull()
    inside = F.col(EVENT).between(F.col(TIME), F.col(TIME) + horizon)
    of_id, usable = Window.partitionBy(ID), F.col(_USABLE)
    rank, said = F.coalesce(RANK, F.lit(_LOWEST)), F.col(LABEL)
    highest = F.max(F.when(usable, F.struct(rank.alias(RANK), LABEL)))
    joined = predictions.join(labels, matching, "left").withColumn(
        _USABLE, F.coalesce(inside, F.lit(False))
    )
    rows = _numbered(joined, highest.over(of_id).alias(_TOP))

    several, same = F.col(_ROWS) > 1, said.eqNullSafe(F.col(_TOP)[LABEL])
    seen = rows.select(
        "*",
        F.max(F.when(several & usable & ~same, rank)).over(of_id).alias(_OTHERWISE),
        F.count(F.when(several & usable, F.lit(1))).over(of_id).alias(_N),
    )
    since_it_changed = F.coalesce(rank > F.col(_OTHERWISE), F.lit(True))
    is_last_said = usable & same & since_it_changed
    every = F.struct(
        *(~is_last_said, ~usable),
        *(ARRIVAL, F.bitwise_not(rank), LABEL, EVENT, BACKFILLED, _ROW),
    )
    best = F.min(F.when(several & F.col(LABEL_ID).isNotNull(), every))
    chosen = seen.withColumn(_BEST, best.over(of_id))
    settled = chosen.withColumns({_IS_BEST: _is_best(), _AGREED: _agreed(), _DISPUTED: _disputed()})
    return settled.withColumn(LABEL_BUCKET, _label_bucket()).withColumn(
        TRUTH, F.when(_stands() & F.col(_AGREED).isNotNull(), said)
    )


def _disputed() -> Column:
    """Whether rows of the highest rank disagree; never NULL."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.coalesce(F.col(_OTHERWISE) == F.col(_TOP)[RANK], F.lit(False))


def _agreed() -> Column:
    """The label of the highest rank, if all of its rows have it."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.when(~_disputed(), F.col(_TOP)[LABEL])


def _is_best() -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return (F.col(_ROWS) == 1) | (F.col(_ROW) == F.col(_BEST)[_ROW])


def _stands() -> Column:
    """The row that stands for its prediction: that of the used label, else of any, else alone."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.col(REPEATED).isNull() & (F.col(LABEL_ID).isNull() | F.col(_IS_BEST))


def _label_bucket() -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    is_top = F.coalesce(RANK, F.lit(_LOWEST)) == F.col(_TOP)[RANK]
    same = F.col(LABEL) == F.col(_AGREED)
    cases: tuple[tuple[Column, LabelBucket], ...] = (
        (F.col(EVENT).isNull(), LabelBucket.NO_TIME),
        (F.col(EVENT) < F.col(TIME), LabelBucket.BEFORE_PREDICTION),
        (~F.col(_USABLE), LabelBucket.LATE),
        (is_top & F.col(_DISPUTED), LabelBucket.CONFLICTING),
        (F.col(LABEL).isNull(), LabelBucket.DELETE_MARK),
        (same & F.col(_IS_BEST), LabelBucket.USED),
        (same, LabelBucket.DUPLICATE),
    )
    found = F.lit(int(LabelBucket.SUPERSEDED))
    for condition, bucket in reversed(cases):
        found = F.when(condition, int(bucket)).otherwise(found)
    return F.when(F.col(LABEL_ID).isNotNull(), found)


def prediction_bucket(as_of: int, horizon: int) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    unchanged = F.col(_OTHERWISE).isNull()
    is_labelled = F.col(_AGREED).isNotNull()
    first = (
        F.when(F.col(_DISPUTED), int(PredictionBucket.CONFLICTING))
        .when(is_labelled & (F.col(_N) > 1) & unchanged, int(PredictionBucket.DUPLICATE_LABEL))
        .when(is_labelled, int(PredictionBucket.LABELLED))
        .when(F.col(TIME) + horizon >= as_of, int(PredictionBucket.PENDING))
        .otherwise(int(PredictionBucket.OVERDUE))
    )
    return F.coalesce(REPEATED, F.when(_stands(), first))


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
