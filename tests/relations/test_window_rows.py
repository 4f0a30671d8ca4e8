"""Windows of the last rows, some of which tie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sparkguard.windows.durations import HOUR
from sparkguard.windows.oracle import Event, expected
from tests.relations.test_window_versions import COUNT, FIRST, LAST, TOTAL, statuses
from tests.relations.window_specs import AS_OF, spec, window


@pytest.mark.parametrize("knows", [{}, AS_OF])
def test_rows_that_tie_for_the_last_place_leave_undecided_what_reads_them(
    spark: Any, knows: dict[str, str]
) -> None:
    declared = spec(window("rows", rows=3, order=("n",), bounds="]"), **knows)
    tied = [("a", 1, 1, None, 0, 1), ("a", 2, 2, None, 1, 1), ("a", 2, 2, None, 2, 1)]
    later = [("a", 3, 3, None, 4, 1), ("a", 4, 4, None, 8, 1), ("a", 5, 5, None, 16, 1)]
    alike = [("b", 1, 1, None, 5, 1)] * 4
    features = {"total": TOTAL, "n": COUNT}
    rows = [("a", 2, 3, 3), ("a", 3, 7, 3), ("a", 4, 14, 3), ("a", 5, 28, 3), ("b", 1, 15, 3)]
    assert statuses(spark, declared, features, rows, tied + later + alike) == [
        ["MATCHING", "MATCHING"],
        ["MATCHING", "MATCHING"],
        ["UNDECIDED", "MATCHING"],
        ["MATCHING", "MATCHING"],
        ["MATCHING", "MATCHING"],
    ]


@pytest.mark.parametrize("knows", [{}, AS_OF])
def test_both_oracles_put_the_rows_of_a_window_in_one_order(
    spark: Any, knows: dict[str, str]
) -> None:
    declared = spec(window("rows", rows=3, order=("n",), bounds="]"), **knows)
    events = [("a", 1, 1, None, 8 - n, n) for n in range(5)]
    features = {
        "last": replace(LAST, order=("amount",)),
        "first": replace(FIRST, order=("amount",)),
    }
    known = [Event(HOUR, 8 - n, HOUR, None, (n, 8 - n)) for n in range(5)]
    right = [expected(declared, feature, known, HOUR) for feature in features.values()]
    assert right == [4, 6]
    rows = [("a", 1, *right)]
    assert statuses(spark, declared, features, rows, events) == [["MATCHING", "MATCHING"]]
