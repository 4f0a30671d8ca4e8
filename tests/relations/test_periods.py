from __future__ import annotations

from typing import Any

from sparkguard.measures.period_totals import Period, PeriodTotals
from sparkguard.relations.periods import Periods
from sparkguard.windows.clock import moment
from sparkguard.windows.durations import DAY, HOUR
from tests.frames import Frames


def test_rows_are_grouped_by_whole_periods(spark: Any) -> None:
    rows = [
        (moment(3 * DAY), 4.0),
        (moment(3 * DAY + 23 * HOUR), float("nan")),
        (moment(4 * DAY), 2.5),
        (moment(-1), None),
        (None, 9.0),
    ]
    frame = spark.createDataFrame(rows, "at timestamp, x double")
    grouped = Periods("t", ("x",), "at", DAY).frame(Frames(t=frame), ())
    cells = grouped.selectExpr(PeriodTotals().aggregates()[0].text).collect()[0]
    assert PeriodTotals().state(cells).periods == {
        -1: Period(1, None, None),
        3: Period(2, 4.0, 4.0),
        4: Period(1, 2.5, 2.5),
    }
