from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.freshness import Freshness, Newest, NewestState
from sparkguard.datatypes import Atomic, Field, Struct
from sparkguard.profile import Profile
from sparkguard.slices import WHOLE, Slice
from sparkguard.sql import name
from sparkguard.verdicts import Outcome
from tests.plans import configured

DAY = 86_400
SCHEMA = (
    "p string, at timestamp, local timestamp_ntz, day date, late timestamp, none date, s string"
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type]


# The run looks from 2026-01-02 00:00 UTC.
ROWS = [
    ("a", utc(2026, 1, 1), datetime(2026, 1, 1, 12), date(2026, 1, 1), utc(2026, 1, 1), None, "x"),
    ("a", utc(2025, 1, 1), datetime(2025, 1, 1), date(1, 1, 1), utc(2026, 1, 3), None, "x"),
    ("b", utc(2025, 12, 1), None, date(2025, 12, 1), utc(2026, 1, 2, 0, 0, 30), None, "x"),
]
CASES: list[tuple[Freshness, Outcome, float | None, int | None]] = [
    (Freshness(("at",), DAY), Outcome.PASS, DAY, 0),
    (Freshness(("at",), DAY - 1), Outcome.FAIL, DAY, 0),
    (Freshness(("local",), DAY // 2), Outcome.PASS, DAY // 2, 0),
    (Freshness(("day",), DAY), Outcome.PASS, DAY, 0),
    (Freshness(("day",), DAY - 1), Outcome.FAIL, DAY, 0),
    # A future time is a finding of its own and makes nothing fresh; 30 seconds are tolerated.
    (Freshness(("late",), DAY), Outcome.FAIL, 0, 1),
    (Freshness(("late",), DAY, 0), Outcome.FAIL, DAY, 2),
    (Freshness(("late",), 0, 2 * DAY), Outcome.PASS, 0, 0),
    (Freshness(("none",), DAY), Outcome.NOT_EVALUABLE, None, None),
    (Freshness(("s",), DAY), Outcome.ERROR, None, None),
]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_ages_do_not_depend_on_the_sessions_zone(spark: Any, judge: Any, zone: str) -> None:
    frame = spark.createDataFrame(ROWS, SCHEMA)
    with configured(spark, {"spark.sql.session.timeZone": zone}):
        found = judge([rule for rule, _, _, _ in CASES], {"t": frame})
        (slice_b,) = judge(
            [Freshness(("at",), DAY)], {"t": frame}, by=("p",), where=Slice.of({"p": "b"})
        )
    assert [(one.outcome, one.observed, one.violations) for one in found] == [
        case[1:] for case in CASES
    ]
    assert (slice_b.outcome, slice_b.observed) == (Outcome.FAIL, 32 * DAY)


def test_states_merge_and_survive_as_bytes() -> None:
    measure = Newest(name("at"), frozenset({"at"}), 10)
    one, other = NewestState(2, 1, 0, 5), NewestState(3, 0, 1, None)
    assert one.merge(other) == other.merge(one) == NewestState(5, 1, 1, 5)
    assert one.merge(NewestState()) == one
    assert measure.load(measure.dump(other)) == other
    assert measure.metrics(one) == {"newest": 5e-6, "later": 0, "nulls": 1}


def test_a_negative_age_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Freshness(("at",), -1)


def test_old_slices_are_meant_to_be_old_unless_each_is_to_be_fresh() -> None:
    assert Freshness(("at",), DAY).whole_only
    assert not Freshness(("at",), DAY, each_slice=True).whole_only


def test_a_time_that_python_does_not_know_is_old_and_no_crash() -> None:
    table = TableFacts("t", Struct((Field("at", Atomic("timestamp")),)))
    context = Context(table, utc(2024, 1, 1))
    check = Freshness(("at",), 86_400)
    (need,) = check.needs(context)
    state = NewestState(1, 0, 0, -(10**17))
    found = check.judge(Profile({(need, WHOLE): state}), context)
    assert found.outcome == "fail"
    assert found.observed == pytest.approx(utc(2024, 1, 1).timestamp() + 1e11)


def test_a_limit_beyond_the_times_of_python() -> None:
    table = TableFacts("t", Struct((Field("at", Atomic("timestamp")),)))
    (need,) = Freshness(("at",), 0, 400_000_000_000).needs(Context(table, utc(1970, 1, 2)))
    assert need.measure.limit == (DAY + 400_000_000_000) * 10**6
    for wrong in ({"seconds": 10**13}, {"seconds": 0, "future_seconds": 10**13}):
        with pytest.raises(
            ValueError, match="future_seconds are 0 or more, and at most 1,000,000,000,000"
        ):
            Freshness(("at",), **wrong)
