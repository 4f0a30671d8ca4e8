from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sparkguard.alert_states import AlertRow, changes
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome, Severity, Verdict

START = datetime(2024, 1, 1, tzinfo=timezone.utc)


def night(before: tuple[AlertRow, ...], day: int, **outcomes: Outcome) -> tuple[AlertRow, ...]:
    verdicts = [
        (
            "flights",
            "drift",
            Verdict(
                *("flights.drift.dest", Slice.of({"month": m[1:]}), outcome, Severity.ERROR),
                observed=float(m[1:]),
                reason=f"month {m[1:]}",
            ),
        )
        for m, outcome in outcomes.items()
    ]
    known = {(row.dataset, row.check_id): row for row in before}
    return changes(known, verdicts, START + timedelta(days=day))


def test_an_alert_opens_once_grows_and_is_resolved() -> None:
    opened = night((), 1, m4=Outcome.PASS, m5=Outcome.FAIL)
    assert [(r.state, r.slices, r.new_slices, r.previous_outcome) for r in opened] == [
        ("open", ("month=5",), ("month=5",), None)
    ]
    assert (opened[0].weight, opened[0].reason) == (5.0, "month 5")
    assert night(opened, 2, m5=Outcome.FAIL) == ()
    grown = night(opened, 3, m5=Outcome.FAIL, m6=Outcome.FAIL)
    assert (grown[0].new_slices, grown[0].first_seen) == (("month=6",), opened[0].first_seen)
    resolved = night(grown, 4, m5=Outcome.PASS, m6=Outcome.PASS)
    assert (resolved[0].state, resolved[0].previous_outcome) == ("resolved", "fail")
    assert night(resolved, 5, m5=Outcome.PASS) == ()
    again = night(resolved, 6, m5=Outcome.WARN)
    assert (again[0].state, again[0].outcome) == ("open", "warn")
    assert again[0].first_seen == START + timedelta(days=6)


def test_what_could_not_be_judged_resolves_nothing() -> None:
    opened = night((), 1, m5=Outcome.FAIL)
    assert night(opened, 2, m5=Outcome.NOT_EVALUABLE) == ()
    assert night((), 1, m5=Outcome.NOT_EVALUABLE, m6=Outcome.SKIPPED, m7=Outcome.PASS) == ()


def test_a_changed_outcome_is_a_change() -> None:
    opened = night((), 1, m5=Outcome.WARN)
    assert [r.previous_outcome for r in night(opened, 2, m5=Outcome.FAIL)] == ["warn"]


def test_the_reason_is_that_of_the_worst_slice() -> None:
    whole = Verdict("c", WHOLE, Outcome.FAIL, Severity.ERROR, reason="sum")
    part = Verdict("c", Slice.of({"m": "1"}), Outcome.FAIL, Severity.ERROR, reason="part")
    (row,) = changes({}, [("d", "k", whole), ("d", "k", part)], START)
    assert row.reason == "part"
    assert row.slices == ("", "m=1")
