"""Events of which several versions are the last, and rows that tie for a place in a window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sparkguard.relations.recomputed_window import rows_compared
from sparkguard.relations.window_compare import status
from sparkguard.relations.window_events import TIME, entity
from sparkguard.windows.clock import moment
from sparkguard.windows.durations import HOUR
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate, WindowSpec
from sparkguard.windows.statuses import Status
from tests.frames import Frames
from tests.relations.window_specs import AS_OF, NEW_YORK, spec, window

BY = {
    "totals": spec(window(length="P1D", bounds="(]"), distinct_id="id"),
    "pairs": spec(
        window(length="P1D", bounds="(]", clock="calendar"), timezone=NEW_YORK, distinct_id="id"
    ),
}
TOTAL = Aggregate("sum", None, "amount")
OTHER = Aggregate("sum", None, "n")
COUNT = Aggregate("count", 0)
VALUES = Aggregate("count", 0, "amount")
LAST = Aggregate("last", None, "amount", order=("n",))
FIRST = Aggregate("first", None, "amount", order=("n",))


def statuses(
    spark: Any,
    declared: WindowSpec,
    features: dict[str, Aggregate],
    rows: list[tuple[Any, ...]],
    events: list[tuple[Any, ...]],
) -> list[list[str]]:
    """Names of statuses by row, the same in whatever order events come. Rows are of a key, an
    hour and values; events of a key, hours of event and arrival, id, amount and `n`."""
    found = []
    for listed in (events, events[::-1]):
        frames = Frames(
            features=spark.createDataFrame(
                [(key, moment(hour * HOUR), *held) for key, hour, *held in rows],
                ", ".join(["key string, at timestamp", *(f"{name} bigint" for name in features)]),
            ),
            events=spark.createDataFrame(
                [(key, moment(t * HOUR), moment(a * HOUR), *rest) for key, t, a, *rest in listed],
                "key string, time timestamp, arrival timestamp, id string, amount int, n int",
            ).coalesce(1),
        )
        named = [Feature((name,), aggregate) for name, aggregate in features.items()]
        judged = rows_compared(declared, named, frames, ()).collect()
        by_row = {
            (row[entity(0)], row[TIME] // HOUR): [
                Status(row[status(n)]).name for n in range(len(named))
            ]
            for row in judged
        }
        found.append([by_row[key, hour] for key, hour, *_ in rows])
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("by", BY)
def test_a_correction_of_the_same_time_leaves_undecided_what_reads_it_and_nothing_else(
    spark: Any, by: str
) -> None:
    events = [
        ("a", 1, 1, "p1", 100, 7), ("a", 1, 1, "p1", 80, 7),
        ("b", 1, 1, "p2", 5, 7), ("b", 1, 1, "p2", 5, 7),
        ("c", 1, 1, "p3", 5, 7), ("c", 2, 2, "p3", 6, 7), ("c", 1, 1, "p3", 9, 7),
        ("d", 1, 1, None, 5, 7), ("d", 1, 1, None, 6, 7),
    ]  # fmt: skip
    features = {"total": TOTAL, "other": OTHER, "n": COUNT, "values": VALUES}
    rows = [
        ("a", 3, 80, 7, 1, 1), ("a", 4, 100, 8, 1, 2), ("b", 3, 5, 7, 1, 1), ("c", 3, 6, 7, 1, 1),
        ("d", 3, 11, 14, 2, 2),
    ]  # fmt: skip
    right = ["MATCHING"] * 4
    assert statuses(spark, BY[by], features, rows, events) == [
        ["UNDECIDED", "MATCHING", "MATCHING", "MATCHING"],
        ["UNDECIDED", "WRONG", "MATCHING", "WRONG"],
        right, right, right,
    ]  # fmt: skip


@pytest.mark.parametrize("by", BY)
def test_an_event_of_two_entities_leaves_the_windows_of_both_undecided(spark: Any, by: str) -> None:
    events = [
        ("a", 1, 1, "p", 4, 7), ("b", 1, 1, "p", 4, 7),
        ("a", 9, 9, "q", 2, 7), ("b", 9, 9, "r", 2, 7),
    ]  # fmt: skip
    rows = [("a", 3, 4, 1), ("b", 3, None, 0), ("a", 40, None, 0), ("a", 30, 2, 1)]
    found = statuses(spark, BY[by], {"total": TOTAL, "n": COUNT}, rows, events)
    assert found == [["UNDECIDED"] * 2, ["UNDECIDED"] * 2, ["MATCHING"] * 2, ["MATCHING"] * 2]


@pytest.mark.parametrize("by", BY)
def test_versions_that_arrive_at_once_are_undecided_until_the_next_one(spark: Any, by: str) -> None:
    declared = replace(BY[by], **AS_OF)
    events = [
        ("a", 1, 1, "p", 4, 7), ("a", 1, 3, "p", 5, 7), ("a", 1, 3, "p", 6, 7),
        ("a", 1, 5, "p", 8, 7), ("b", 1, 3, "q", 1, 7), ("c", 1, 3, "q", 1, 7),
        ("c", 1, 5, "q", 2, 7), ("b", 2, 2, "r", 16, 7),
    ]  # fmt: skip
    rows = [("a", 2, 4), ("a", 4, 6), ("a", 5, 8), ("b", 4, 17), ("b", 5, 16), ("c", 4, 1),
            ("c", 6, 2)]  # fmt: skip
    assert [name for (name,) in statuses(spark, declared, {"total": TOTAL}, rows, events)] == [
        "MATCHING", "UNDECIDED", "MATCHING", "UNDECIDED", "MATCHING", "UNDECIDED", "MATCHING",
    ]  # fmt: skip


def test_values_that_tie_for_first_or_last_are_undecided(spark: Any) -> None:
    declared = spec(window(length="P1D", bounds="(]"))
    events = [
        ("a", 1, 1, None, 5, 1), ("a", 1, 1, None, 6, 1), ("a", 1, 1, None, 9, 2),
        ("a", 2, 2, None, 4, 1), ("a", 2, 2, None, 4, 1), ("a", 2, 2, None, None, 1),
    ]  # fmt: skip
    features = {"first": FIRST, "last": LAST, "loose": replace(LAST, order=())}
    rows = [("a", 1, 5, 9, 9), ("a", 2, 6, 4, 4), ("a", 25, 4, 4, 4)]
    assert statuses(spark, declared, features, rows, events) == [
        ["UNDECIDED", "MATCHING", "UNDECIDED"],
        ["UNDECIDED", "MATCHING", "MATCHING"],
        ["MATCHING"] * 3,
    ]
