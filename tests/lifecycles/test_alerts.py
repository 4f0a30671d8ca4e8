from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from sparkguard.lifecycles.alerts import AlertRow, AlertState, Note, changes, standing, withdrawn
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


def test_an_alert_names_what_could_not_be_judged_beside_what_broke() -> None:
    """So that acknowledging it speaks for all of them."""
    verdicts = [
        ("t", "k", Verdict("c", Slice.of({"m": m}), outcome, Severity.ERROR))
        for m, outcome in (("1", Outcome.FAIL), ("2", Outcome.NOT_EVALUABLE), ("3", Outcome.PASS))
    ]
    for policy, slices in ((Outcome.ERROR, ("m=1", "m=2")), (Outcome.WARN, ("m=1",))):
        (opened,) = changes({}, verdicts, START, not_evaluable=policy)
        assert opened.slices == slices


def test_what_can_not_be_judged_now_keeps_open_what_else_would_be_resolved() -> None:
    opened = night((), 1, m5=Outcome.FAIL)
    verdicts = [
        (
            "flights",
            "drift",
            Verdict("flights.drift.dest", Slice.of({"month": m}), o, Severity.ERROR),
        )
        for m, o in (("5", Outcome.PASS), ("6", Outcome.NOT_EVALUABLE))
    ]
    known = {row.subject: row for row in opened}
    (changed,) = changes(known, verdicts, START, not_evaluable=Outcome.ERROR)
    assert (changed.state, changed.outcome) == ("open", "not_evaluable")
    assert (changed.slices, changed.first_seen) == (("month=6",), opened[0].first_seen)
    (closed,) = changes(known, verdicts, START, not_evaluable=Outcome.WARN)
    assert closed.state == "resolved"


def test_a_run_over_one_slice_resolves_no_other() -> None:
    def run(before: tuple[AlertRow, ...], **outcomes: Outcome) -> tuple[AlertRow, ...]:
        """Of the whole table as `all`, of month 5 as `m5`."""
        known = {row.subject: row for row in before}
        slices = {"all": WHOLE, "m5": Slice.of({"m": "5"}), "m6": Slice.of({"m": "6"})}
        verdicts = [
            ("t", "k", Verdict("c", slices[name], outcome, Severity.ERROR))
            for name, outcome in outcomes.items()
        ]
        return changes(known, verdicts, START)

    opened = run((), all=Outcome.FAIL, m5=Outcome.FAIL, m6=Outcome.PASS)
    assert run(opened, m6=Outcome.PASS) == ()
    (grown,) = run(opened, m6=Outcome.FAIL)
    assert (grown.slices, grown.new_slices) == (("", "m=5", "m=6"), ("m=6",))
    # A run over the whole table without a slice: its partition is gone.
    (resolved,) = run(opened, all=Outcome.PASS, m6=Outcome.PASS)
    assert resolved.state == "resolved"


def test_a_changed_outcome_is_a_change() -> None:
    opened = night((), 1, m5=Outcome.WARN)
    assert [r.previous_outcome for r in night(opened, 2, m5=Outcome.FAIL)] == ["warn"]


def test_the_reason_is_that_of_the_whole_unless_a_slice_is_worse() -> None:
    whole = Verdict("c", WHOLE, Outcome.FAIL, Severity.ERROR, reason="sum")
    part = Verdict("c", Slice.of({"m": "1"}), Outcome.FAIL, Severity.ERROR, reason="part")
    (row,) = changes({}, [("d", "k", part), ("d", "k", whole)], START)
    assert (row.reason, row.slices) == ("sum", ("", "m=1"))
    (row,) = changes(
        {}, [("d", "k", replace(whole, outcome=Outcome.WARN)), ("d", "k", part)], START
    )
    assert (row.reason, row.slices) == ("part", ("", "m=1"))


def test_what_could_not_be_judged_opens_an_alert_where_that_weighs() -> None:
    def judged(*found: Verdict, before: tuple[AlertRow, ...] = ()) -> tuple[AlertRow, ...]:
        known = {row.subject: row for row in before}
        rows = [("d", "k", verdict) for verdict in found]
        return changes(known, rows, START, not_evaluable=Outcome.ERROR, owners={"d": "team"})

    missed = Verdict("c", WHOLE, Outcome.NOT_EVALUABLE, Severity.ERROR, reason="no rows")
    opened = judged(missed)
    assert [(r.state, r.outcome, r.slices, r.owner) for r in opened] == [
        ("open", "not_evaluable", ("",), "team")
    ]
    assert judged(replace(missed, counts_as=Outcome.WARN)) == ()
    assert judged(missed, before=opened) == ()
    (failed,) = judged(replace(missed, outcome=Outcome.FAIL), before=opened)
    assert (failed.outcome, failed.previous_outcome, failed.new_slices) == (
        "fail",
        "not_evaluable",
        (),
    )
    (resolved,) = judged(replace(missed, outcome=Outcome.PASS), before=opened)
    assert resolved.state == "resolved"


def test_a_slice_that_broke_and_can_not_be_judged_keeps_its_alert_open() -> None:
    opened = night((), 1, m5=Outcome.FAIL)
    assert night(opened, 2, m5=Outcome.NOT_EVALUABLE, m6=Outcome.PASS) == ()
    (grown,) = night(opened, 2, m5=Outcome.NOT_EVALUABLE, m6=Outcome.FAIL)
    assert (grown.slices, grown.new_slices) == (("month=5", "month=6"), ("month=6",))
    assert night((grown,), 3, m5=Outcome.NOT_EVALUABLE, m6=Outcome.PASS) == ()


def test_a_note_holds_for_its_incident_and_its_slices() -> None:
    (row,) = night((), 1, m5=Outcome.FAIL)
    note = Note("me", START, slices=frozenset({"month=5"}), first_seen=row.first_seen)
    now = START + timedelta(days=9)
    assert standing(row, None, now).state is AlertState.OPEN
    assert standing(row, note, now).state is AlertState.ACKNOWLEDGED
    grown = replace(row, slices=("month=5", "month=6"))
    assert standing(grown, note, now).state is AlertState.OPEN
    again = replace(row, first_seen=START + timedelta(days=8))
    assert standing(again, note, now).state is AlertState.OPEN
    muted = replace(note, muted_until=now + timedelta(days=1))
    assert standing(again, muted, now).state is AlertState.MUTED
    assert standing(again, muted, now + timedelta(days=1)).state is AlertState.OPEN
    resolved = replace(row, state="resolved")
    assert standing(resolved, muted, now).state is AlertState.RESOLVED


def test_the_alert_of_a_rule_that_is_gone_is_closed_and_says_why() -> None:
    opened = night((), 1, m5=Outcome.FAIL)
    later = START + timedelta(days=2)
    assert withdrawn(opened, lambda subject: True, later) == ()
    (closed,) = withdrawn(opened, lambda subject: False, later)
    assert (closed.state, closed.outcome, closed.previous_outcome) == (
        "resolved",
        "skipped",
        "fail",
    )
    assert (closed.first_seen, closed.as_of) == (opened[0].first_seen, later)
    assert "no longer part of the audit" in closed.reason
    assert withdrawn((closed,), lambda subject: False, later) == ()
