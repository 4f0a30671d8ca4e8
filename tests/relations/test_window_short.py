"""Wide decimals come back as they were stored, whether they travel short or long."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sparkguard.relations.window_events import observed, value
from sparkguard.relations.window_short import SHORT, digits, restored, shortened, stored_type
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate
from tests.plans import configured

SUM = Feature(("total",), Aggregate("sum", None, "amount"))
CENTS = [0, 1, -1, SHORT - 1, SHORT, SHORT + 1, -SHORT + 1, -SHORT - 1, 10**24 + 1, None]


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_values_are_restored_to_the_last_digit(spark: Any, ansi: str) -> None:
    stored = [None if n is None else Decimal(n).scaleb(-2) for n in CENTS]
    left = spark.createDataFrame([(v,) for v in stored], f"{observed(0)} decimal(35,2)")
    right = spark.createDataFrame([(1,)], f"{value(0)} bigint")
    short = shortened([SUM], left, right, [100])
    assert stored_type(short, 0).simpleString() == "decimal(35,2)"
    both = short.select(short[digits(0)].alias("digits"), restored(short, 0, 100).alias("held"))
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        found = [(row["digits"], row["held"]) for row in both.collect()]
    assert [held for _, held in found] == stored
    assert [n for n, _ in found] == [n if n is not None and abs(n) < SHORT else None for n in CENTS]


@pytest.mark.parametrize(
    ("type_", "amount"),
    [("decimal(18,2)", "bigint"), ("decimal(35,3)", "bigint"), ("decimal(35,2)", "decimal(38,0)")],
    ids=["narrow", "other places", "added up in decimals"],
)
def test_other_values_stay_as_they_are(spark: Any, type_: str, amount: str) -> None:
    left = spark.createDataFrame([(Decimal(1),)], f"{observed(0)} {type_}")
    right = spark.createDataFrame([], f"{value(0)} {amount}")
    short = shortened([SUM], left, right, [100])
    assert short.columns == [observed(0)]
    assert stored_type(short, 0).simpleString() == type_
    assert short.select(restored(short, 0, 100)).collect() == left.collect()
