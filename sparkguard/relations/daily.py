"""What is counted of each value of a declared slice, day by day."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.effective_label import (
    PREDICTION,
    VERSION,
    LabelBucket,
    PredictionBucket,
)
from sparkguard.sql import Sql
from sparkguard.windows.durations import DAY

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

KIND, VALUE = "__sparkguard_kind", "__sparkguard_value"
LEDGER_KEYS = tuple(f"__sparkguard_l{i}" for i in range(4))

_FIRST = -10
_PART = "__sparkguard_part"


class Kind(IntEnum):
    """What a row sums besides `Daily`; numbers from 0 on are the declared slices, in order."""

    LEDGER = -1
    ENTITIES = -2
    CLASSES = -3


class Daily(IntEnum):
    """The kinds of rows there are for each slice, each by one key.

    By day of prediction and day of arrival at once there would be as many rows for each value as
    days times the days of the horizon: so rows are summed first, and then these are told apart.
    """

    MADE = 0  # predictions by their day
    ARRIVED = 1  # label rows by day of arrival and bucket
    AGED = 2  # used labels by their age in days; older than the horizon counts as its last day

    def of(self, i: int) -> int:
        """The number of the rows' kind for the i-th declared slice."""
        return _FIRST - len(Daily) * i - self


def kind_of(number: int) -> tuple[Daily, int] | None:
    """The inverse of `Daily.of`; None for rows of another kind."""
    if number > _FIRST:
        return None
    i, which = divmod(_FIRST - number, len(Daily))
    return Daily(which), i


def day(at: Sql) -> Sql:
    """Days since 1970, of microseconds."""
    return sql.template("CAST(floor({} / {}) AS BIGINT)", at, sql.literal(DAY))


def by_day_of(i: int) -> int:
    """The kind of the i-th slice's rows by all days and buckets, before they are told apart."""
    return Daily.MADE.of(i)


def of_row(kinds: Iterable[int]) -> Column:
    """The kinds that a row adds to: those by day in any case, the others if it is a prediction."""
    from pyspark.sql import functions as F  # noqa: N812

    every = sorted(kinds)
    by_day = [kind for kind in every if kind <= _FIRST]
    counted = F.col(PREDICTION) <= int(PredictionBucket.OVERDUE)
    return F.when(counted, F.array(*map(F.lit, every))).otherwise(F.array(*map(F.lit, by_day)))


def told_apart(sums: DataFrame, longest: int, sliced: bool) -> DataFrame:
    """Sums by day and bucket once for each kind of `Daily` and for the ledger; others as they are.

    The keys are those of the ledger: day of prediction and its bucket, day of arrival and the
    label's. `longest` is the greatest age in days. Without slices the ledger alone is wanted.
    """
    from pyspark.sql import functions as F  # noqa: N812

    made, prediction, arrived, label = map(F.col, LEDGER_KEYS)
    counted = prediction <= int(PredictionBucket.OVERDUE)
    used = label == int(LabelBucket.USED)
    kind, part, of_slices = F.col(KIND), F.col(_PART), F.lit(sliced)
    parts = F.array(
        F.when(kind == by_day_of(0), int(Kind.LEDGER)),
        F.when(of_slices & counted, int(Daily.MADE)),
        F.when(of_slices & label.isNotNull(), int(Daily.ARRIVED)),
        F.when(of_slices & counted & used, int(Daily.AGED)),
    )
    none = F.array(F.lit(None).cast("int"))
    apart = sums.withColumn(
        _PART, F.explode(F.when(kind <= _FIRST, F.array_compact(parts)).otherwise(none))
    )
    as_it_is, is_ledger = part.isNull(), F.coalesce(part == int(Kind.LEDGER), F.lit(False))
    by_all, by_arrival = as_it_is | is_ledger, part == int(Daily.ARRIVED)
    age = F.greatest(F.least(arrived - made, F.lit(longest)), F.lit(0)).cast("bigint")
    keys = (
        F.when(part == int(Daily.AGED), age).when(by_arrival, None).otherwise(made),
        F.when(by_all, prediction),
        F.when(by_all | by_arrival, arrived),
        F.when(by_all | by_arrival, label),
    )
    return apart.withColumns(
        {
            KIND: F.when(as_it_is, kind).when(is_ledger, part).otherwise(kind - part),
            VERSION: F.when(by_all, F.col(VERSION)),
            VALUE: F.when(~is_ledger, F.col(VALUE)),
            **dict(zip(LEDGER_KEYS, keys, strict=True)),
        }
    )
