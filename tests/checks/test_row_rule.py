"""What rules on counted rows share; rules on single values are tested with each of them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.missing_values import MissingValues
from sparkguard.checks.null_values import NullValues
from sparkguard.checks.row_rule import by_threshold
from sparkguard.datatypes import Field, Struct, parse
from sparkguard.profile import Profile
from sparkguard.thresholds import Operator, Threshold
from sparkguard.verdicts import Outcome

CONTEXT = Context(
    TableFacts("t", Struct((Field("n", parse("int")),))), datetime(2026, 1, 1, tzinfo=timezone.utc)
)
HALF = Threshold(Operator.AT_MOST, (50,), "percent")
TWO = Threshold(Operator.AT_MOST, (2,))


@pytest.mark.parametrize(
    ("limit", "count", "rows", "outcome", "observed"),
    [
        (TWO, 2, 9, Outcome.PASS, 2),
        (TWO, 3, 9, Outcome.FAIL, 3),
        (HALF, 2, 4, Outcome.PASS, 50.0),
        (HALF, 3, 4, Outcome.FAIL, 75.0),
        (HALF, 0, 0, Outcome.NOT_EVALUABLE, None),
        (TWO, 0, 0, Outcome.NOT_EVALUABLE, None),
    ],
)
def test_rows_and_percentages_are_judged_and_no_rows_are_no_pass(
    limit: Threshold, count: int, rows: int, outcome: Outcome, observed: float | None
) -> None:
    found = by_threshold(limit, count, rows, "with NULL")
    assert (found.outcome, found.observed, found.rows) == (outcome, observed, rows)


def test_without_a_state_a_counted_rule_is_not_evaluable() -> None:
    rule = NullValues(("n",), threshold=TWO)
    assert len(rule.needs(CONTEXT)) == 1
    assert rule.judge(Profile(), CONTEXT).outcome is Outcome.NOT_EVALUABLE


def test_a_condition_without_meaning_is_an_error_and_reads_nothing() -> None:
    rule = MissingValues(("n",), ("N/A",), threshold=TWO)
    assert rule.needs(CONTEXT) == ()
    found = rule.judge(Profile(), CONTEXT)
    assert found.outcome is Outcome.ERROR
    assert found.reason.startswith("missing_values: ")
