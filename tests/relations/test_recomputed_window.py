"""How recomputed windows count rows, entities and units."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sparkguard.relations.recomputed_window import rows_compared, unit_of
from sparkguard.relations.window_compare import status
from sparkguard.relations.window_events import TIME, entity, observed
from sparkguard.windows.clock import moment
from sparkguard.windows.durations import DAY, HOUR
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate, WindowSpec
from sparkguard.windows.statuses import Status
from tests.frames import Frames
from tests.relations.window_specs import NEW_YORK, spec, window


def test_units_follow_the_type_of_the_column(spark: Any) -> None:
    events = spark.createDataFrame([], "i int, d decimal(10,3), f double")
    units = [
        unit_of(Feature(("x",), Aggregate("sum", None, column, decimals)), events)
        for column, decimals in (("i", None), ("d", None), ("f", 2))
    ]
    assert units == [1, 1000, 100]


def _statuses(spark: Any, declared: WindowSpec, rows: list[Any], events: Any) -> list[Any]:
    feature = Feature(("total",), Aggregate("sum", 0, "amount"))
    frames = Frames(
        features=spark.createDataFrame(rows, "key string, at timestamp, total bigint"),
        events=spark.createDataFrame(events, "key string, time timestamp, amount int"),
    )
    found = rows_compared(declared, (feature,), frames, ()).collect()
    return sorted(
        (str(row[entity(0)]), (row[TIME] or 0) // HOUR, Status(row[status(0)]).name)
        for row in found
    )


@pytest.mark.parametrize("clock", ["elapsed", "calendar"])
def test_rows_missing_extra_and_duplicate(spark: Any, clock: str) -> None:
    """Calendar windows of New York go through pairs, elapsed ones through running totals."""
    zone = NEW_YORK if clock == "calendar" else "UTC"
    declared = spec(window(length="P1D", clock=clock, bounds="[)"), timezone=zone)
    at = [moment(n * HOUR) for n in range(60)]
    rows = [
        ("a", at[2], 7),
        ("a", at[3], 7),
        ("a", at[3], 7),
        ("quiet", at[2], 0),
        ("ghost", at[2], 3),
    ]
    events = [("a", at[1], 7), ("absent", at[1], 1), ("absent", at[5], 1)]
    found = _statuses(spark, declared, rows, events)
    assert sorted((key, name) for key, _, name in found) == [
        ("a", "DUPLICATE"),
        *([("a", "DUPLICATE")] if clock == "elapsed" else []),
        ("a", "MATCHING"),
        ("absent", "MISSING"),
        ("ghost", "EXTRA"),
        ("quiet", "MATCHING"),
    ]


@pytest.mark.parametrize("clock", ["elapsed", "calendar"])
@pytest.mark.parametrize("bounds", ["[)", "(]"])
def test_a_row_is_due_at_each_event(spark: Any, clock: str, bounds: str) -> None:
    zone = NEW_YORK if clock == "calendar" else "UTC"
    declared = spec(
        window(length="P1D", clock=clock, bounds=bounds), timezone=zone, required="events"
    )
    at = [moment(n * HOUR) for n in range(60)]
    inclusive = bounds == "(]"
    rows = [("a", at[1], 7 if inclusive else 0), ("a", at[2], 7)]
    events = [("a", at[1], 7), ("a", at[4], 1), ("a", at[4], 2)]
    assert _statuses(spark, declared, rows, events) == [
        ("a", 1, "MATCHING"),
        ("a", 2, "EXTRA"),
        ("a", 4, "MISSING"),
    ]


def test_windows_before_the_first_retained_event_are_set_aside(spark: Any) -> None:
    declared = spec(window(length="PT5H", bounds="[)"), history="retained")
    at = [moment(n * HOUR) for n in range(60)]
    rows = [("a", at[3], 50), ("a", at[4], 9), ("a", at[6], 9), ("a", at[7], 7)]
    events = [("a", at[1], 7), ("a", at[3], 2)]
    assert _statuses(spark, declared, rows, events) == [
        ("a", 3, "TRUNCATED"),
        ("a", 4, "MATCHING"),
        ("a", 6, "MATCHING"),
        ("a", 7, "WRONG"),
    ]


def test_sums_beyond_64_bits_are_exact(spark: Any) -> None:
    declared = spec(window(length=f"P{40}D", bounds="(]"))
    biggest = 2**63 - 1
    frames = Frames(
        features=spark.createDataFrame(
            [("a", moment(DAY), Decimal(4 * biggest)), ("b", moment(DAY), Decimal(-3 * 2**63 + 1))],
            "key string, at timestamp, total decimal(38,0)",
        ),
        events=spark.createDataFrame(
            [("a", moment(n), biggest) for n in range(4)]
            + [("b", moment(n), -(2**63)) for n in range(3)],
            "key string, time timestamp, amount bigint",
        ),
    )
    feature = Feature(("total",), Aggregate("sum", None, "amount"))
    found = {
        row[entity(0)]: Status(row[status(0)]).name
        for row in rows_compared(declared, (feature,), frames, ()).collect()
    }
    assert found == {"a": "MATCHING", "b": "WRONG"}


def test_wide_decimals_are_compared_to_the_last_place_and_handed_back_as_stored(spark: Any) -> None:
    declared = spec(window(length="P40D", bounds="(]"))
    edge = Decimal(2**50) / 100
    place = Decimal("0.01")
    amounts = {"a": Decimal("-12.34"), "b": edge - place, "c": edge, "d": edge + place, "e": edge}
    held = amounts | {"e": edge - place, "f": None, "g": Decimal("1.01")}
    amounts |= {"f": place, "g": Decimal("1.00")}
    frames = Frames(
        features=spark.createDataFrame(
            [(key, moment(DAY), value) for key, value in held.items()],
            "key string, at timestamp, total decimal(28,2)",
        ),
        events=spark.createDataFrame(
            [(key, moment(n), value) for n, (key, value) in enumerate(amounts.items())],
            "key string, time timestamp, amount decimal(18,2)",
        ),
    )
    feature = Feature(("total",), Aggregate("sum", None, "amount"))
    rows = rows_compared(declared, (feature,), frames, ()).collect()
    assert {row[entity(0)]: row[observed(0)] for row in rows} == held
    found = {row[entity(0)]: Status(row[status(0)]).name for row in rows}
    wrong = {"e": "WRONG", "f": "NULL_FOR_VALUE", "g": "WRONG"}
    assert found == {**dict.fromkeys("abcd", "MATCHING"), **wrong}


def test_entities_are_sampled_whole_and_the_hottest_always(spark: Any) -> None:
    """Of 300 entities the first 20 have the most events."""
    declared = spec(window(length="P1D", bounds="(]"), share=0.2)
    at = [moment(n * HOUR) for n in range(60)]
    many = {f"k{n}": 5 if n < 20 else 3 for n in range(300)}
    events = [(key, at[h], 1) for key, hours in many.items() for h in range(hours)]
    rows = [(key, time, time.hour + 1) for key, time, _ in events]
    found = _statuses(spark, declared, rows, events)
    by_key: dict[str, int] = {}
    for key, _, name in found:
        assert name == "MATCHING"
        by_key[key] = by_key.get(key, 0) + 1
    assert by_key == {key: many[key] for key in by_key}
    assert {f"k{n}" for n in range(20)} <= set(by_key)
    # A fifth of the other 280, give or take three standard deviations of chance.
    assert abs(len(by_key) - 20 - 56) <= 20
