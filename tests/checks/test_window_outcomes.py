"""What the window check concludes of what scans found, without Spark."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.window import WindowCheck
from sparkguard.datatypes import Struct, from_json
from sparkguard.measures.event_times import EventTimes, TimesState
from sparkguard.profile import Profile
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Coverage, Outcome
from sparkguard.windows.clock import micros
from sparkguard.windows.replay import Replayed
from sparkguard.windows.spec import Aggregate
from sparkguard.windows.statuses import Status
from sparkguard.windows.values import EXACT, Tolerance
from tests.checks.test_window import START, declared

SCHEMAS = {
    "features": "customer string, at timestamp, spend bigint",
    "payments": "customer string, paid_at timestamp, amount int, arrived timestamp",
}
NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
THEN = micros(START)
GOOD = TimesState(100, 0, THEN, THEN)
AS_OF = {"knowledge": "as_of"}


def _seen(
    check: WindowCheck,
    windows: list[Any],
    rows: TimesState,
    *events: TimesState,
    replayed: Replayed | None = None,
) -> Any:
    """What is judged when scans found these windows (status, number, population) and times."""
    facts = {name: TableFacts(name, _struct(text)) for name, text in SCHEMAS.items()}
    context = Context(facts["features"], NOW, tables=facts)
    compared, *times = check.needs(context)
    cells = [
        [0, n.bit_length() - 1, int(status), many, n, n, at]
        for at, (status, many, n) in enumerate(windows)
    ]
    states: dict[Any, Any] = {(compared, WHOLE): compared.measure.state([cells])}
    states |= {(need, WHOLE): state for need, state in zip(times, (rows, *events), strict=True)}
    context = replace(context, seen=Profile(states))
    if replayed is not None:
        states[check.needs(context)[-1], WHOLE] = replayed
        context = replace(context, seen=Profile(states))
    return check.judge(context.seen, context)


def _struct(text: str) -> Struct:
    columns = (column.split() for column in text.split(", "))
    kinds = {"bigint": "long", "int": "integer"}
    fields = [
        {"name": name, "type": kinds.get(kind, kind), "nullable": True, "metadata": {}}
        for name, kind in columns
    ]
    found = from_json({"type": "struct", "fields": fields})
    assert isinstance(found, Struct)
    return found


MATCHES = [(Status.MATCHING, 100, 7)]
LATE = TimesState(100, 0, THEN, micros(NOW) + 1)
LACKING = TimesState(100, 3, THEN, THEN)


@pytest.mark.parametrize(
    ("changes", "windows", "rows", "events", "outcome", "reason"),
    [
        ({}, MATCHES, GOOD, [GOOD], Outcome.PASS, "not shown to be sensitive to any bug"),
        ({}, [], TimesState(), [GOOD], Outcome.FAIL, "the table has no rows"),
        ({}, [], GOOD, [TimesState()], Outcome.NOT_EVALUABLE, "holds no events"),
        ({}, [], GOOD, [GOOD], Outcome.NOT_EVALUABLE, "no row to compare"),
        ({}, MATCHES, GOOD, [LACKING], Outcome.NOT_EVALUABLE, "3 of 100 events have no paid_at"),
        ({}, MATCHES, GOOD, [LATE], Outcome.NOT_EVALUABLE, "some events lies in the future"),
        ({}, MATCHES, LACKING, [GOOD], Outcome.NOT_EVALUABLE, "3 of 100 rows have no at"),
        ({}, [(Status.MATCHING, 5, 0)], GOOD, [GOOD], Outcome.NOT_EVALUABLE, "matches nothing"),
        ({}, [*MATCHES, (Status.TRUNCATED, 2, 7)], GOOD, [GOOD], Outcome.NOT_EVALUABLE,
         "2 truncated windows that differ"),
        ({}, [*MATCHES, (Status.INEXACT, 1, 7)], GOOD, [GOOD], Outcome.NOT_EVALUABLE,
         "1 window beyond exact arithmetic"),
        ({}, [*MATCHES, (Status.EXTRA, 4, 7)], GOOD, [GOOD], Outcome.FAIL, "4 extra rows of 104"),
        ({}, [*MATCHES, (Status.DUPLICATE, 2, 7)], GOOD, [GOOD], Outcome.FAIL, "2 duplicate rows"),
        ({}, [*MATCHES, (Status.MISSING, 1, 0)], GOOD, [LACKING], Outcome.FAIL, "1 missing row"),
        ({"sensitive_to": ["dst"]}, MATCHES, GOOD, [GOOD], Outcome.NOT_EVALUABLE,
         "no window was replayed to show dst"),
        ({**AS_OF, "arrival_time": "arrived"}, MATCHES, GOOD, [GOOD, LACKING],
         Outcome.NOT_EVALUABLE, "3 of 100 events have no arrived"),
        (AS_OF, MATCHES, GOOD, [GOOD, LACKING], Outcome.NOT_EVALUABLE,
         "3 of 100 events have no commit time: their files were rewritten"),
        ({**AS_OF, "arrival_time": "arrived"},
         [*MATCHES, (Status.WRONG, 2, 7), (Status.VALUE_FOR_NULL, 1, 7), (Status.EXTRA, 1, 7)],
         GOOD, [GOOD, LACKING], Outcome.NOT_EVALUABLE, "3 of 100 events have no arrived"),
        (AS_OF, [*MATCHES, (Status.WRONG, 2, 7)], GOOD, [GOOD, LACKING], Outcome.NOT_EVALUABLE,
         "3 of 100 events have no commit time"),
        (AS_OF, [*MATCHES, (Status.WRONG, 2, 7)], GOOD, [GOOD, GOOD], Outcome.FAIL,
         "2 wrong values"),
        (AS_OF, [*MATCHES, (Status.WRONG, 2, 7), (Status.DUPLICATE, 2, 7)], GOOD, [GOOD, LACKING],
         Outcome.FAIL, "2 duplicate rows"),
        (AS_OF, [*MATCHES, (Status.MISSING, 1, 0)], GOOD, [GOOD, LACKING], Outcome.FAIL,
         "1 missing row"),
        (AS_OF, [*MATCHES, (Status.NULL_KEY_DROPPED, 1, 0)], GOOD, [GOOD, LACKING], Outcome.FAIL,
         "1 missing row of a NULL entity"),
        ({}, [*MATCHES, (Status.WRONG, 2, 7)], GOOD, [LACKING], Outcome.FAIL, "2 wrong values"),
    ],
)  # fmt: skip
def test_what_was_seen_is_an_outcome_with_its_reason(
    changes: Any, windows: Any, rows: Any, events: Any, outcome: Outcome, reason: str
) -> None:
    found = _seen(declared(**changes), windows, rows, *events)
    assert (found.outcome, reason in found.reason) == (outcome, True), found.reason


@pytest.mark.parametrize("right", [0, 10])
def test_windows_in_dispute_are_no_proof(right: int) -> None:
    found = _seen(declared(), MATCHES, GOOD, GOOD, replayed=Replayed(0, right, 90))
    assert found.outcome is Outcome.NOT_EVALUABLE
    assert found.reason == "two oracles disagree on 90 replayed windows"


WRONG = (Status.WRONG, 2, 7)


@pytest.mark.parametrize(
    ("windows", "wrong", "outcome"),
    [
        ([*MATCHES, WRONG], 0, Outcome.NOT_EVALUABLE),
        ([*MATCHES, WRONG], 1, Outcome.FAIL),
        ([*MATCHES, WRONG, (Status.EXTRA, 4, 7)], 0, Outcome.FAIL),
        ([*MATCHES, WRONG, (Status.MISSING, 1, 0)], 0, Outcome.FAIL),
    ],
)
def test_values_that_one_oracle_alone_finds_wrong_are_no_violation(
    windows: Any, wrong: int, outcome: Outcome
) -> None:
    found = _seen(declared(), windows, GOOD, GOOD, replayed=Replayed(wrong, 10, 2))
    assert found.outcome is outcome
    disputed = found.reason == "two oracles disagree on 2 replayed windows"
    assert disputed is (outcome is Outcome.NOT_EVALUABLE)


def test_a_deviation_has_its_tolerance_in_a_decimal_column_too() -> None:
    spread = Aggregate("stddev", None, "amount", ddof=1)
    loose = Tolerance(absolute=0.1)
    check = declared(aggregate=spread, tolerance=loose)
    assert check.feature("features", _struct("spend bigint")).tolerance == loose
    total = declared(tolerance=loose)
    assert total.feature("features", _struct("spend bigint")).tolerance == EXACT


@pytest.mark.parametrize("shown", [{"boundary": 3}, {"boundary": 3, "fan_out": 0}])
def test_a_bug_that_was_not_tried_or_not_seen_is_not_one_that_would_have_shown(shown: Any) -> None:
    check = declared(sensitive_to=["boundary", "fan_out"])
    found = _seen(check, MATCHES, GOOD, GOOD, replayed=Replayed(0, 10, 0, (), shown))
    assert found.outcome is Outcome.NOT_EVALUABLE
    assert "could not have shown fan_out, as sensitive_to asks" in found.reason


def test_an_edge_that_was_not_seen_is_named_where_sensitive_to_asks_for_both() -> None:
    shown = {"boundary (left edge)": 0, "boundary (right edge)": 3}
    replayed = Replayed(0, 10, 0, (), shown)
    found = _seen(declared(sensitive_to=["boundary"]), MATCHES, GOOD, GOOD, replayed=replayed)
    assert found.outcome is Outcome.NOT_EVALUABLE
    assert "could not have shown boundary (left edge), as sensitive_to asks" in found.reason


def test_the_hottest_entities_are_told_apart_from_a_sample() -> None:
    check = declared(entities=0.01)
    windows = [*MATCHES, (Status.WRONG, 5, 900)]
    found = _seen(check, windows, GOOD, GOOD)
    assert "in a sample of 1.0 % of entities;" in found.reason
    assert found.coverage is Coverage.SAMPLED


def test_local_times_and_dates_are_read_in_the_declared_zone() -> None:
    payments = "customer string, paid_at timestamp_ntz, amount int, arrived date"
    facts = {
        name: TableFacts(name, _struct(text))
        for name, text in {**SCHEMAS, "payments": payments}.items()
    }
    check = declared(timezone="Asia/Kolkata", knowledge="as_of", arrival_time="arrived")
    _, *times = check.needs(Context(facts["features"], NOW, tables=facts))
    assert [need.measure for need in times] == [
        EventTimes("at"),
        EventTimes("paid_at", "Asia/Kolkata"),
        EventTimes("arrived", "Asia/Kolkata"),
    ]
