from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sparkguard.relations.conserved_window import Conservation, ConservedWindow
from sparkguard.windows.clock import moment
from sparkguard.windows.durations import HOUR
from sparkguard.windows.statuses import Status
from tests.frames import Frames

LAW = Conservation(
    "features", ("day",), ("hour",), ("key",), "at", "UTC", HOUR, 3, "end", "sum", "zero"
)
HOURS = (4, 0, 7, None, 1, 2)


def found(spark: Any, law: Conservation, days: tuple[Any, ...], hours: Any = HOURS) -> Any:
    rows = [
        ("a", moment(n * HOUR), None if day is None else Decimal(day), hour)
        for n, (day, hour) in enumerate(zip(days, hours, strict=True))
        if hour != "absent"
    ]
    frame = spark.createDataFrame(rows, "key string, at timestamp, day decimal(12,2), hour int")
    counted = ConservedWindow(law).frame(Frames(features=frame), ()).collect()
    names: dict[str, int] = {}
    for row in counted:
        name = Status(row["__sparkguard_status0"]).name
        names[name] = names.get(name, 0) + row["__sparkguard_windows"]
    return names


STARTS = replace(LAW, label="start")
LARGEST = replace(LAW, combine="max")
STRICT = replace(LAW, absent="missing")
GAP = (4, "absent", 7, None, 1, 2)


@pytest.mark.parametrize(
    ("law", "days", "hours", "expected"),
    [
        (LAW, (0, 0, 11, 7, 8, 3), HOURS, {"TRUNCATED": 2, "MATCHING": 4}),
        (LAW, (0, 0, 11, 7, 7, 3), HOURS, {"TRUNCATED": 2, "MATCHING": 3, "WRONG": 1}),
        (STARTS, (11, 7, 8, 3, 0, 0), HOURS, {"TRUNCATED": 2, "MATCHING": 4}),
        (LARGEST, (0, 0, 7, 7, 7, 2), HOURS, {"TRUNCATED": 2, "MATCHING": 4}),
        (LARGEST, (0, 0, 7, 7, None, 2), HOURS,
         {"TRUNCATED": 2, "MATCHING": 3, "NULL_FOR_VALUE": 1}),
        (LAW, (0, 0, 11, 7, 8, 3), GAP, {"TRUNCATED": 1, "MATCHING": 4}),
        (STRICT, (0, 0, 11, 7, 8, 3), GAP, {"TRUNCATED": 1, "MISSING": 2, "MATCHING": 2}),
    ],
)  # fmt: skip
def test_a_long_window_is_the_short_ones_inside_it(
    spark: Any, law: Conservation, days: Any, hours: Any, expected: dict[str, int]
) -> None:
    assert found(spark, law, days, hours) == expected
