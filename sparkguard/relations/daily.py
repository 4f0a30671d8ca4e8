"""What is counted of each value of a declared slice, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from sparkguard.relations.effective_label import (
    LABEL_BUCKET,
    PREDICTION,
    LabelBucket,
    PredictionBucket,
)

if TYPE_CHECKING:
    from pyspark.sql import Column

KIND = "__sparkguard_kind"
_FIRST = -10


class Daily(IntEnum):
    """The kinds of rows there are for each slice, each by one key.

    By day of prediction and day of arrival at once there would be as many rows for each value as
    days times the days of the horizon.
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


def is_daily(which: Daily | None = None) -> Column:
    """Whether a row is of these kinds, or of one of them."""
    from pyspark.sql import functions as F  # noqa: N812

    every = F.col(KIND) <= _FIRST
    return every if which is None else every & ((_FIRST - F.col(KIND)) % len(Daily) == int(which))


def of_kinds(counted_as: Sequence[int], ledger: int, slices: int) -> Column:
    """The kinds that a row adds to: `counted_as` if it is a prediction, `ledger` in any case."""
    from pyspark.sql import functions as F  # noqa: N812

    made, arrived, aged = ([each.of(i) for i in range(slices)] for each in Daily)

    def these(*kinds: int) -> Column:
        return F.array(*(F.lit(int(kind)) for kind in kinds))

    counted = F.col(PREDICTION) <= int(PredictionBucket.OVERDUE)
    is_label = F.col(LABEL_BUCKET).isNotNull()
    is_used = F.col(LABEL_BUCKET) == int(LabelBucket.USED)
    return (
        F.when(counted & is_used, these(*counted_as, *made, *arrived, *aged))
        .when(counted & is_label, these(*counted_as, *made, *arrived))
        .when(counted, these(*counted_as, *made))
        .when(is_label, these(ledger, *arrived))
        .otherwise(these(ledger))
    )
