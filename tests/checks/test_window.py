"""The window check: what it declares, what it concludes, and that it names the bug."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sparkguard.checks.window import WindowCheck
from sparkguard.errors import ConfigurationError, Location
from sparkguard.options import convert
from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome

START = datetime(2024, 5, 1, tzinfo=timezone.utc)
DECLARED: dict[str, Any] = {
    "events": "payments",
    "entity": ["customer"],
    "query_time": "at",
    "event_time": "paid_at",
    "knowledge": "final",
    "window": {"length": "P2D", "clock": "elapsed", "bounds": "[)"},
    "nulls": "ignore",
    "timezone": "UTC",
    "history": "complete",
    "output": "spend",
    "aggregate": {"function": "sum", "column": "amount", "empty": None},
}


def declared(**changes: Any) -> WindowCheck:
    options = {**DECLARED, **changes}
    options = {name: value for name, value in options.items() if value is not ...}
    return convert(WindowCheck, options, "window", lambda _: Location("contract.yaml"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": {"length": "P2D", "clock": "elapsed"}}, "needs the option 'bounds'"),
        ({"window": {"length": "P2D", "bounds": "[)"}}, "window.clock is missing"),
        ({"window": {"clock": "elapsed", "bounds": "[)"}}, "window.length is missing"),
        ({"nulls": ...}, "needs the option 'nulls'"),
        ({"timezone": ...}, "needs the option 'timezone'"),
        ({"timezone": "Mars/Olympus"}, "not a zone of the IANA database"),
        ({"knowledge": "as_of", "window": {"kind": "session", "gap": "PT1H", "bounds": "]"}},
         "session windows are compared with knowledge: final"),
        ({"aggregate": {"function": "sum", "empty": None}}, "aggregate.column is missing"),
        ({"aggregate": {"function": "sum", "column": "amount"}}, "needs the option 'empty'"),
        ({"window": {"kind": "rows", "rows": 5, "bounds": "]"}}, "window.order is missing"),
        ({"window": {"kind": "unbounded", "bounds": "]"}, "history": "retained"},
         "an unbounded window needs history: complete"),
        ({"window": {"length": "P1M", "clock": "elapsed", "bounds": "[)"}}, "no fixed length"),
        ({"window": {"length": "PT5H", "clock": "calendar", "bounds": "[)"}}, "whole days"),
        ({"window": {"kind": "hopping", "length": "PT5H", "hop": "PT2H", "clock": "elapsed",
                     "bounds": "[)"}}, "multiple of window.hop"),
        ({"window": {"length": "2 days", "clock": "elapsed", "bounds": "[)"}}, "ISO 8601"),
        ({"aggregate": {"function": "quantile", "column": "amount", "empty": None, "q": 0.5}},
         "aggregate.method is missing"),
        ({"entities": 0.0001}, "a share from 0.001 to 1"),
        ({"sensitive_to": ["cap_lost"]}, "Did you mean 'cap_last'?"),
        ({"outputs": {"spend": {"function": "count", "empty": 0}}}, "give output and aggregate"),
    ],
)  # fmt: skip
def test_what_is_not_declared_in_full_does_not_load(changes: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message.replace("(", r"\(")):
        declared(**changes)


def test_several_outputs_expand_to_one_check_each(spark: Any, context: Any) -> None:
    both = declared(output=..., aggregate=..., outputs={
        "spend": {"function": "sum", "column": "amount", "empty": None},
        "n": {"function": "count", "empty": 0},
    })  # fmt: skip
    frames = _frames(spark, [], [])
    found = both.expand(context(frames, "features"))
    assert list(found) == ["spend", "n"]
    first, second = (check.needs(context(frames, "features"))[0] for check in found.values())
    assert first.relation == second.relation
    assert first.measure != second.measure


def _frames(spark: Any, rows: list[Any], events: list[Any]) -> dict[str, Any]:
    return {
        "features": spark.createDataFrame(
            rows, "customer string, at timestamp, spend bigint, n bigint, region string"
        ),
        "payments": spark.createDataFrame(
            events, "customer string, paid_at timestamp, amount int, arrived timestamp"
        ),
    }


def _after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def _customers(cap: int | None = None) -> tuple[list[Any], list[Any]]:
    """Ten customers with 1 to 64 payments a day for five days, and a row every 7 hours."""
    rows, events = [], []
    for c in range(10):
        rate = 2 ** (c % 7)
        paid = [(24 / rate * n, 3**c % 97 + n * n % 911) for n in range(rate * 5)]
        events += [(f"c{c}", _after(at), amount, _after(at)) for at, amount in paid]
        for n in range(1, 17):
            now = 7 * n
            inside = [amount for at, amount in paid if now - 48 <= at < now]
            kept = inside[-cap:] if cap else inside
            region = "north" if c < 5 else "south"
            rows.append((f"c{c}", _after(now), sum(kept) if kept else None, len(inside), region))
    return rows, events


def test_a_correct_feature_passes_and_says_what_it_could_have_shown(
    spark: Any, judge: Callable[..., Any]
) -> None:
    (found,) = judge([declared()], _frames(spark, *_customers()), "features")
    assert found.outcome is Outcome.PASS
    assert (found.observed, found.rows, found.violations) == (0, 160, 0)
    assert "blind to" in found.reason
    assert "float32" in found.reason
    assert {e.label: e.count for e in found.evidence if e.name == "rows by result"} == {
        "matching": 160
    }


def test_a_capped_history_is_named_with_its_cap(spark: Any, judge: Callable[..., Any]) -> None:
    frames = _frames(spark, *_customers(cap=25))
    (found,) = judge([declared()], frames, "features", ("region",))
    assert found.outcome is Outcome.FAIL
    wanted = "100 % of wrong values equal the sum of the last 25 rows: history capped at 25"
    assert wanted in found.reason
    assert "right up to a population of 24, errors start at population 28" in found.reason
    assert "unexplained: 0 %" in found.reason
    curve = [e for e in found.evidence if e.name == "mismatch rate by window population"]
    held = [row[3] for row in _customers()[0]]
    for point in curve:
        inside = [n for n in held if point.x <= n < 2 * point.x]
        assert point.count == len(inside)
        assert point.number == sum(n > 25 for n in inside) / len(inside)
    assert curve[-1].number == 1.0
    best = next(e for e in found.evidence if e.kind == "hypotheses")
    assert (best.label, best.number) == ("the sum of the last 25 rows", 1.0)
    where = Slice.of({"region": "south"})
    (part,) = judge([declared()], frames, "features", ("region",), where)
    assert part.rows == 80
    assert 0 < part.violations < found.violations


def _edge_cases() -> dict[str, tuple[Any, Any, Any, str, Outcome]]:
    paid = [("a", _after(1), 5, _after(1))]
    right = [("a", _after(2), 5, 1, "north")]
    untimed = [*paid, ("a", None, 7, _after(1))]
    ahead = [*paid, ("a", datetime(2030, 1, 1, tzinfo=timezone.utc), 7, _after(1))]
    far = [("a", _after(400), None, 0, "north")]
    nowhere = [*right, ("a", None, 5, 1, "north")]
    twice = [*right, *right]
    return {
        "no events": (right, [], {}, "holds no events", Outcome.NOT_EVALUABLE),
        "no rows": ([], paid, {}, "the table has no rows", Outcome.FAIL),
        "untimed": (right, untimed, {}, "1 of 2 events have no paid_at", Outcome.NOT_EVALUABLE),
        "ahead": (right, ahead, {}, "lies in the future", Outcome.NOT_EVALUABLE),
        "rows without a time": (nowhere, paid, {}, "1 of 2 rows have no at", Outcome.NOT_EVALUABLE),
        "windows of nothing": (far, paid, {}, "matches nothing", Outcome.NOT_EVALUABLE),
        "twice": (twice, paid, {}, "2 duplicate rows", Outcome.FAIL),
        "blind": (right, paid, {"sensitive_to": ["overflow"]}, "could not have shown overflow",
                  Outcome.NOT_EVALUABLE),
        "NULL entity": (right, [*paid, (None, _after(1), 1, _after(1))], {},
                        "1 missing row of a NULL entity", Outcome.FAIL),
        "NULL for a value": ([("a", _after(2), None, 1, "north")], paid, {},
                             "1 NULL where there is a value", Outcome.FAIL),
        "truncated": ([("a", _after(2), 4, 1, "north")], paid, {"history": "retained"},
                      "1 truncated window that differs", Outcome.NOT_EVALUABLE),
    }  # fmt: skip


QUICK = ("untimed", "windows of nothing", "NULL entity", "twice")


@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.full) for n in _edge_cases()],
)
def test_bad_input_is_an_outcome_with_its_reason(
    spark: Any, judge: Callable[..., Any], name: str
) -> None:
    rows, events, changes, reason, outcome = _edge_cases()[name]
    (found,) = judge([declared(**changes)], _frames(spark, rows, events), "features")
    assert (found.outcome, reason in found.reason) == (outcome, True), found.reason


def test_columns_that_cannot_hold_what_is_declared_are_refused(spark: Any, context: Any) -> None:
    frames = _frames(spark, [], [])
    frames["payments"] = frames["payments"].selectExpr(
        "customer", "string(paid_at) paid_at", "double(amount) amount"
    )
    with pytest.raises(ConfigurationError) as caught:
        declared().needs(context(frames, "features"))
    assert "paid_at is of type string, not a time" in str(caught.value)
    assert "aggregate.decimals must say" in str(caught.value)
