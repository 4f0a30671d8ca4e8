"""Statuses of values that are hard to add up exactly."""

from __future__ import annotations

import statistics
from dataclasses import replace
from decimal import Decimal
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
from tests.plans import configured
from tests.relations.window_specs import AS_OF, NEW_YORK, spec, window

BY = {
    "totals": spec(window(length="PT5H", bounds="(]")),
    "totals as of": spec(window(length="PT5H", bounds="(]"), **AS_OF),
    "pairs": spec(window(length="P1D", bounds="(]", clock="calendar"), timezone=NEW_YORK),
}
SUM = Aggregate("sum", None, "amount")
MEAN = Aggregate("mean", None, "amount")


def statuses(
    spark: Any,
    declared: WindowSpec,
    features: dict[str, Aggregate],
    rows: list[tuple[Any, ...]],
    events: list[tuple[str, int, Any]],
    amount: str,
) -> dict[tuple[str, int], list[str]]:
    """Names of statuses by key and hour. `features` name their types: `total decimal(38,18)`."""
    frames = Frames(
        features=spark.createDataFrame(
            [(key, moment(hour * HOUR), *held) for key, hour, *held in rows],
            ", ".join(["key string, at timestamp", *features]),
        ),
        events=spark.createDataFrame(
            [(key, moment(hour * HOUR), moment(hour * HOUR), value) for key, hour, value in events],
            f"key string, time timestamp, arrival timestamp, amount {amount}",
        ),
    )
    named = [Feature((name.split()[0],), aggregate) for name, aggregate in features.items()]
    return {
        (row[entity(0)], row[TIME] // HOUR): [
            Status(row[status(n)]).name for n in range(len(named))
        ]
        for row in rows_compared(declared, named, frames, ()).collect()
    }


@pytest.mark.parametrize(
    ("by", "nulls"), [("totals", "ignore"), ("totals as of", "zero"), ("pairs", "propagate")]
)
def test_windows_with_floats_that_have_no_digits_are_inexact(
    spark: Any, by: str, nulls: str
) -> None:
    events = [
        *(("nan", hour, value) for hour, value in ((1, 1.5), (2, float("nan")), (40, 2.5))),
        ("infinite", 1, float("-inf")),
        ("large", 1, 1e7),
        ("plain", 1, 1.5),
    ]
    rows = [
        ("nan", 1, 1.5, 1), ("nan", 3, 1.5, 2), ("nan", 41, 2.5, 1),
        ("infinite", 1, None, 1), ("large", 1, 1e7, 1), ("plain", 1, 1.5, 1),
    ]  # fmt: skip
    total = Aggregate("sum", None, "amount", decimals=12)
    features = {"total double": total, "n int": Aggregate("count", 0, "amount")}
    found = statuses(spark, replace(BY[by], nulls=nulls), features, rows, events, "double")
    inexact = {("nan", 3), ("infinite", 1), ("large", 1)}
    assert found == {
        (key, hour): ["INEXACT" if (key, hour) in inexact else "MATCHING", "MATCHING"]
        for key, hour, *_ in rows
    }


@pytest.mark.parametrize("by", list(BY))
def test_floats_of_more_places_than_declared_are_not_rounded_but_inexact(
    spark: Any, by: str
) -> None:
    total = Aggregate("sum", None, "amount", decimals=2)
    events = [("fine", 1, 0.004)] * 1_000 + [("cents", 1, 0.1 + 0.2)] * 10
    rows = [("fine", 1, 0.0), ("fine", 2, 4.0), ("cents", 1, 3.0), ("cents", 2, 3.01)]
    found = statuses(spark, BY[by], {"total double": total}, rows, events, "double")
    assert found == {
        ("fine", 1): ["INEXACT"], ("fine", 2): ["INEXACT"],
        ("cents", 1): ["MATCHING"], ("cents", 2): ["WRONG"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("by", "ansi"), [("totals", "true"), ("totals as of", "false"), ("pairs", "true")]
)
def test_decimals_of_18_places_are_compared_to_the_last(spark: Any, by: str, ansi: str) -> None:
    place = Decimal("1E-18")
    a, b = Decimal("99.000000000000000001"), Decimal("61.123456789012345678")
    right = (a + b, Decimal("160.12"), float(a + b), (a + b) / 2)
    wrong = (a + b + place, Decimal("160.13"), float(a + b) + 1, (a + b) / 2 + place)
    features = {
        "total decimal(38,18)": SUM,
        "short decimal(9,2)": SUM,
        "near double": SUM,
        "mean decimal(38,22)": MEAN,
    }
    rows = [("a", 2, *right), ("b", 2, *wrong)]
    events = [(key, hour, value) for key in "ab" for hour, value in ((1, a), (2, b))]
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        found = statuses(spark, BY[by], features, rows, events, "decimal(38,18)")
    assert found == {("a", 2): ["MATCHING"] * 4, ("b", 2): ["WRONG"] * 4}


@pytest.mark.parametrize(
    ("by", "ansi"),
    [("totals", "true"), ("totals", "false"), ("totals as of", "false"), ("pairs", "true")],
)
def test_totals_beyond_38_digits_are_inexact(spark: Any, by: str, ansi: str) -> None:
    """The deviation of large values as well: their squares have no room."""
    most = Decimal("99999999999999999999")
    rows = [("over", 2, most, 0.0), ("just", 2, most, 0.0), ("few", 2, Decimal(8), 1.0)]
    events = [
        ("over", 1, most), ("over", 2, most),
        ("just", 1, most - 7), ("just", 2, Decimal(7)),
        ("few", 1, Decimal(3)), ("few", 2, Decimal(5)),
    ]  # fmt: skip
    spread = Aggregate("stddev", None, "amount", ddof=0)
    features = {"total decimal(38,18)": SUM, "spread double": spread}
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        found = statuses(spark, BY[by], features, rows, events, "decimal(38,18)")
    assert found == {
        ("over", 2): ["INEXACT", "INEXACT"],
        ("just", 2): ["MATCHING", "INEXACT"],
        ("few", 2): ["MATCHING", "MATCHING"],
    }


@pytest.mark.parametrize("by", list(BY))
def test_what_a_decimal_column_holds_is_rounded_whichever_the_aggregate(
    spark: Any, by: str
) -> None:
    features = {
        "spread decimal(10,4)": Aggregate("stddev", None, "amount", ddof=1),
        "high decimal(10,2)": Aggregate("max", None, "amount"),
        "median decimal(10,2)": Aggregate("quantile", None, "amount", q=0.5, method="linear"),
        "last decimal(10,2)": Aggregate("last", None, "amount", order=("time",)),
    }
    values = [Decimal(n) / 10_000 for n in (10_000, 20_000, 30_000, 40_000, 51_234)]
    events = [(key, hour, value) for key in "ab" for hour, value in enumerate(values)]
    spread = Decimal(statistics.stdev(values)).quantize(Decimal("0.0001"))
    right = (spread, Decimal("5.12"), Decimal("3.00"), Decimal("5.12"))
    wrong = (spread + Decimal("0.0001"), *(x + Decimal("0.01") for x in right[1:]))
    rows = [("a", 4, *right), ("b", 4, *wrong)]
    for names in (["spread decimal(10,4)"], list(features)):
        chosen = {name: features[name] for name in names}
        held = [(key, hour, *values[: len(names)]) for key, hour, *values in rows]
        found = statuses(spark, BY[by], chosen, held, events, "decimal(10,4)")
        assert found == {("a", 4): ["MATCHING"] * len(names), ("b", 4): ["WRONG"] * len(names)}


def test_decimals_of_more_places_than_can_be_moved_are_inexact(spark: Any) -> None:
    rows, events = [("a", 2, Decimal("0.5"))], [("a", 1, Decimal("0.5"))]
    features = {"total decimal(38,37)": SUM}
    found = statuses(spark, BY["totals"], features, rows, events, "decimal(38,37)")
    assert found == {("a", 2): ["INEXACT"]}
