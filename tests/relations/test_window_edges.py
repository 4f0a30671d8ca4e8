from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.relations.window_edges import edges
from sparkguard.windows import clock
from sparkguard.windows.spec import Window

HOUR = 3_600_000_000
NOON = 1_710_072_000_000_000  # 2024-03-10 12:00 UTC; New York's clocks go forward that day


def of(at: int, window: Window, spark: Any, zone: str = "UTC") -> tuple[int, int]:
    from pyspark.sql.functions import lit

    first, last = edges(window, lit(at), zone)
    row = spark.range(1).select(first.alias("first"), last.alias("last")).collect()[0]
    return row["first"] - at, row["last"] - at


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ("[)", (-5 * HOUR, -1)),
        ("(]", (-5 * HOUR + 1, 0)),
        ("[]", (-5 * HOUR, 0)),
        ("()", (-5 * HOUR + 1, -1)),
    ],
)
def test_bounds_are_open_or_closed(spark: Any, bounds: Any, found: tuple[int, int]) -> None:
    window = Window(kind="range", length="PT5H", clock="elapsed", bounds=bounds)
    assert of(NOON, window, spark) == found


def test_hops_end_on_the_grid(spark: Any) -> None:
    window = Window(kind="hopping", length="PT6H", hop="PT2H", clock="elapsed", bounds="[)")
    assert of(NOON + HOUR, window, spark) == (-7 * HOUR, -HOUR - 1)


def test_a_calendar_day_over_the_change_of_clocks_has_23_hours(spark: Any) -> None:
    window = Window(kind="range", length="P1D", clock="calendar", bounds="[)")
    after = int(datetime(2024, 3, 11, 4, tzinfo=timezone.utc).timestamp() * 1_000_000)
    assert of(after, window, spark, "America/New_York") == (-23 * HOUR, -1)
    assert of(after, window, spark) == (-24 * HOUR, -1)


CALENDAR: dict[str, Any] = {"clock": "calendar", "bounds": "[)"}


@pytest.mark.parametrize("day", ["2024-04-25", "2024-10-30"])
def test_days_begin_where_the_clock_says_also_when_clocks_change_at_midnight(
    spark: Any, day: str
) -> None:
    """Cairo has no 0:00 on 2024-04-26, and two times of 23:30 on 2024-10-31."""
    from pyspark.sql.functions import col

    windows = [
        Window(kind="tumbling", length="P1D", label="end", **CALENDAR),
        Window(kind="tumbling", length="P1D", label="start", clock="calendar", bounds="(]"),
        Window(kind="hopping", length="P2D", hop="P1D", **CALENDAR),
        Window(kind="range", length="P1D", **CALENDAR),
    ]
    start = int(datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp() * 1_000_000)
    asked = [start + n * HOUR // 2 for n in range(4 * 48)]
    frame = spark.createDataFrame([(at,) for at in asked], "at bigint")
    found = [e for window in windows for e in edges(window, col("at"), "Africa/Cairo")]
    for row in frame.select("at", *(e.alias(f"e{n}") for n, e in enumerate(found))).collect():
        expected = [e for window in windows for e in clock.edges(window, row["at"], "Africa/Cairo")]
        assert list(row[1:]) == expected, clock.moment(row["at"])
