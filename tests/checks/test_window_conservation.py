"""Totals of long windows against those of the short ones inside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sparkguard.checks.window_conservation import WindowConservation
from sparkguard.errors import ConfigurationError, Location
from sparkguard.options import convert
from sparkguard.verdicts import Outcome

START = datetime(2024, 5, 1, tzinfo=timezone.utc)
DECLARED: dict[str, Any] = {
    "whole": "day",
    "part": "hour",
    "length": "P1D",
    "part_length": "PT1H",
    "entity": ["key"],
    "query_time": "at",
    "timezone": "UTC",
    "label": "end",
    "combine": "sum",
    "absent": "missing",
}


def declared(**changes: Any) -> WindowConservation:
    options = {**DECLARED, **changes}
    return convert(WindowConservation, options, "window_conservation", lambda _: Location("c.yaml"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length": "PT90M"}, "length is a multiple of part_length"),
        ({"length": "PT1H"}, "length is a multiple of part_length"),
        ({"length": "P1M"}, "no fixed length"),
        ({"entity": []}, "entity names at least one column"),
    ],
)
def test_what_cannot_add_up_does_not_load(changes: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        declared(**changes)


def _frame(spark: Any, cap: int | None = None, hours: int = 60) -> Any:
    """Eight keys of 2 to 256 events an hour; a day of at most `cap` of them."""
    rows = [
        (f"k{k}", START + timedelta(hours=h), min(24 * 2**k, cap or 10**9), 2**k)
        for k in range(1, 9)
        for h in range(hours)
    ]
    return spark.createDataFrame(rows, "key string, at timestamp, day bigint, hour int")


def test_counts_that_add_up_pass(spark: Any, judge: Callable[..., Any]) -> None:
    (found,) = judge([declared()], {"t": _frame(spark)})
    assert (found.outcome, found.rows, found.violations) == (Outcome.PASS, 480, 0)
    assert found.reason == "296 rows are the sum of their parts, 1 hour each"


def test_a_cap_breaks_the_law_from_its_volume_on(spark: Any, judge: Callable[..., Any]) -> None:
    (found,) = judge([declared()], {"t": _frame(spark, cap=1_000)})
    assert (found.outcome, found.violations) == (Outcome.FAIL, 3 * 37)
    assert found.reason == (
        "111 of 296 rows are not the sum of their parts, 1 hour each; "
        "right up to a total of 768, errors start at total 1,536"
    )


@pytest.mark.parametrize(
    ("hours", "reason"),
    [(0, "no row has all its parts"), (20, "no row has all its parts")],
)
def test_what_cannot_be_compared_is_not_a_pass(
    spark: Any, judge: Callable[..., Any], hours: int, reason: str
) -> None:
    (found,) = judge([declared()], {"t": _frame(spark, hours=hours)})
    assert (found.outcome, reason in found.reason) == (Outcome.NOT_EVALUABLE, True)


def test_rows_without_a_time_are_not_a_pass(spark: Any, judge: Callable[..., Any]) -> None:
    frame = _frame(spark).unionByName(
        spark.sql("SELECT 'x' key, CAST(NULL AS TIMESTAMP) at, 1L day, 1 hour")
    )
    (found,) = judge([declared()], {"t": frame})
    assert found.outcome is Outcome.NOT_EVALUABLE
    assert found.reason == "1 of 481 rows have no at"
