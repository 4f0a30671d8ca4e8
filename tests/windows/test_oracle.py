"""The obvious oracle, against values worked by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sparkguard.windows.oracle import Event, aggregated, expected
from sparkguard.windows.spec import Aggregate, Window, WindowSpec
from sparkguard.windows.values import Output, Tolerance

SPEC = WindowSpec(
    table="f",
    events="e",
    entity=("k",),
    events_entity=("k",),
    query_time="at",
    event_time="time",
    arrival_time="arrival",
    knowledge="as_of",
    window=Window(bounds="[)", length="PT0.00001S", clock="elapsed"),
    nulls="ignore",
    distinct_id="id",
    timezone="UTC",
    history="complete",
)
SUM = Aggregate("sum", None, "v")
EVENTS = [
    Event(90, 1, 90, "a"),
    Event(95, 2, 120, "late"),
    Event(97, 4, 97, "b"),
    Event(97, 8, 99, "b"),
    Event(100, 16, 100, "c"),
    Event(89, 32, 89, "d"),
    Event(None, 64, 90, "nowhere"),
    Event(96, None, 96, "null"),
]


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({}, 1 + 8),
        ({"window": replace(SPEC.window, bounds="(]")}, 8 + 16),
        ({"window": replace(SPEC.window, bounds="[]")}, 1 + 8 + 16),
        ({"window": replace(SPEC.window, bounds="()")}, 8),
        ({"knowledge": "final"}, 1 + 2 + 8),
        ({"distinct_id": None}, 1 + 4 + 8),
        ({"nulls": "propagate"}, None),
        ({"window": Window(bounds="]", kind="rows", rows=2, order=("id",))}, 8 + 16),
        ({"window": Window(bounds="]", kind="unbounded")}, 32 + 1 + 8 + 16),
    ],
)
def test_which_events_count(changes: dict[str, Any], value: int | None) -> None:
    assert expected(replace(SPEC, **changes), SUM, EVENTS, 100) == value


def test_a_version_counts_until_the_next_arrives() -> None:
    assert expected(SPEC, SUM, [Event(97, 4, 97, "b"), Event(97, 8, 99, "b")], 98) == 4


def test_a_version_of_another_entity_takes_an_event_away_once_it_arrives() -> None:
    rows = [Event(97, 4, 97, "b"), Event(97, 8, 99, "b", elsewhere=True)]
    assert expected(SPEC, SUM, rows, 98) == 4
    assert expected(SPEC, SUM, rows, 100) is None
    assert expected(replace(SPEC, distinct_id=None), SUM, rows, 100) == 4


def test_rows_without_a_tie_breaker_come_first() -> None:
    last = Aggregate("last", None, "v", order=("n",))
    rows = [Event(97, 1, 97, "a", (5,)), Event(97, 2, 97, "b", (None,))]
    assert expected(SPEC, last, rows, 100) == 1


def test_a_session_reaches_back_over_short_pauses() -> None:
    spec = replace(
        SPEC, knowledge="final", window=Window(bounds="]", kind="session", gap="PT0.000005S")
    )
    assert expected(spec, SUM, EVENTS, 102) == 32 + 1 + 2 + 8 + 16
    assert expected(spec, SUM, EVENTS, 106) is None


@pytest.mark.parametrize(
    ("aggregate", "value"),
    [
        (Aggregate("count", 0), 4),
        (Aggregate("count", 0, "v"), 3),
        (Aggregate("mean", None, "v"), Fraction(10, 3)),
        (Aggregate("min", None, "v"), 2),
        (Aggregate("max", None, "v"), 5),
        (Aggregate("first", None, "v", order=("n",)), 3),
        (Aggregate("last", None, "v", order=("n",)), 2),
        (Aggregate("count_distinct", 0, "v"), 3),
        (Aggregate("quantile", None, "v", q=0.5, method="linear"), 3),
        (Aggregate("quantile", None, "v", q=0.25, method="linear"), 2.5),
        (Aggregate("quantile", None, "v", q=0.5, method="lower"), 3),
        (Aggregate("stddev", None, "v", ddof=0), pytest.approx(1.2472191289246)),
        (Aggregate("stddev", None, "v", ddof=1), pytest.approx(1.5275252316519)),
    ],
)
def test_aggregates(aggregate: Aggregate, value: Any) -> None:
    assert aggregated(aggregate, "ignore", [3, 5, None, 2]) == value


def test_a_window_without_values_has_the_declared_one() -> None:
    assert aggregated(SUM, "ignore", []) is None
    assert aggregated(replace(SUM, empty=0), "ignore", []) == 0
    assert aggregated(replace(SUM, empty=0), "ignore", [None]) == 0
    assert aggregated(SUM, "zero", [None]) == 0
    assert aggregated(Aggregate("stddev", None, "v", ddof=1), "ignore", [7]) is None


@pytest.mark.parametrize(
    ("output", "observed", "exact", "equal"),
    [
        (Output(unit=100, scale=2), Decimal("1.23"), 123, True),
        (Output(unit=100, scale=1), Decimal("1.3"), 125, True),
        (Output(unit=100, scale=1), Decimal("-1.3"), -125, True),
        (Output(unit=100, scale=1), Decimal("1.2"), 125, True),
        (Output(unit=100, scale=1), Decimal("1.2"), 126, False),
        (Output(is_float=True), 1 / 3, Fraction(1, 3), True),
        (Output(is_float=True), 0.3333, Fraction(1, 3), False),
        (Output(is_float=True, tolerance=Tolerance(absolute=0.001)), 0.3333, Fraction(1, 3), True),
        (Output(is_float=True, unit=10), 0.3, 3, True),
        pytest.param(
            Output(is_float=True, tolerance=Tolerance(relative=0.5)), 9.9, 10**400, False,
            id="beyond doubles",
        ),
        (Output(tolerance=Tolerance(relative=0.05)), 96, 100, True),
        (Output(tolerance=Tolerance(relative=0.05)), 94, 100, False),
        (Output(scale=2, tolerance=Tolerance(relative=0.05)), Decimal("96.00"), 100, True),
        (Output(), 96, 100, False),
        (Output(), None, None, True),
        (Output(), None, 0, False),
        (Output(), 0, None, False),
    ],
)  # fmt: skip
def test_when_a_stored_value_equals_the_exact_one(
    output: Output, observed: Any, exact: Any, equal: bool
) -> None:
    assert output.equal(observed, exact) is equal
