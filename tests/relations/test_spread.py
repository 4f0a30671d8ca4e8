"""In how many parts rows are sorted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from sparkguard.relations.recomputed_window import rows_compared
from sparkguard.relations.spread import MOST_PARTS, ROWS_OF_A_PART, parts
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate
from tests.frames import Frames
from tests.relations.window_specs import spec, window


class CountedFrames(Frames):
    """Tables that were counted when they were pinned, some of them in vain."""

    def __init__(self, counts: Mapping[str, int | None], **named: Any) -> None:
        super().__init__(named)
        self._counts = counts

    def row_count(self, name: str, /) -> int | None:
        return self._counts[name]


@pytest.mark.parametrize(
    ("left", "right", "share", "expected"),
    [
        (0, 0, 1.0, 1),
        (ROWS_OF_A_PART - 1, 0, 1.0, 1),
        (3 * ROWS_OF_A_PART, ROWS_OF_A_PART, 1.0, 5),
        (300 * ROWS_OF_A_PART, 100 * ROWS_OF_A_PART, 0.01, 5),
        (10**12, 10**12, 1.0, MOST_PARTS),
        (None, 10, 1.0, None),
    ],
)
def test_parts_grow_with_the_rows_of_both_tables(
    left: int | None, right: int | None, share: float, expected: int | None
) -> None:
    tables = CountedFrames({"features": left, "events": right})
    assert parts(tables, ("features", "events"), share) == expected


def test_without_counts_spark_decides() -> None:
    assert parts(Frames(), ("features", "events")) is None


def test_windows_are_shuffled_once_in_that_many_parts(
    spark: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = spark.createDataFrame([], "key string, at timestamp, total bigint")
    events = spark.createDataFrame([], "key string, time timestamp, amount int")
    counts = {"features": 4 * ROWS_OF_A_PART, "events": 2 * ROWS_OF_A_PART}
    tables = CountedFrames(counts, features=rows, events=events)
    feature = Feature(("total",), Aggregate("sum", 0, "amount"))
    declared = spec(window(length="P1D", clock="elapsed", bounds="[)"))
    capsys.readouterr()
    rows_compared(declared, (feature,), tables, ()).explain()
    exchanges = re.findall(r"hashpartitioning\(([^)]*)\)", capsys.readouterr().out)
    assert [exchange.rpartition(", ")[2] for exchange in exchanges] == ["7"]
