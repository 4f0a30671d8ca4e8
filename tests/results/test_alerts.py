"""What people said to alerts, without Spark: a store of transitions in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sparkguard.lifecycles.alerts import AlertRow, AlertState, standing
from sparkguard.results import alerts as stored
from sparkguard.results.records import TransitionRow
from sparkguard.slices import Slice

START = datetime(2024, 3, 1, tzinfo=timezone.utc)
SUBJECT = ("orders", "orders.n")


class Notes:
    """As much of a store as notes on alerts need."""

    def __init__(self) -> None:
        self.last: dict[str, TransitionRow] = {}

    def state(self, subject: str, kind: str) -> TransitionRow | None:
        return self.last.get(subject)

    def states(self, kind: str) -> dict[str, TransitionRow]:
        return self.last

    def transition(self, subject: str, kind: str, *rest: Any) -> TransitionRow:
        number, state, by, reason, details = rest
        row = TransitionRow(kind, subject, number, state, by, reason, START, "r", details)
        self.last[subject] = row
        return row


def broken(day: int, *slices: str) -> AlertRow:
    """An open alert of the incident that began on a day."""
    at = START + timedelta(days=day)
    return AlertRow(*SUBJECT, "k", "open", "fail", None, slices, (), None, "", at, at)


@pytest.fixture
def notes() -> Any:
    return Notes()


def speak(notes: Any, row: AlertRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "last_rows", lambda _: {SUBJECT: row})
    stored.acknowledge(notes, *SUBJECT, "me")


def stands(notes: Any, row: AlertRow) -> AlertState:
    return standing(row, stored.notes(notes)[SUBJECT], START + timedelta(days=99)).state


def test_a_note_speaks_for_the_slices_of_its_own_incident(
    notes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(notes, broken(1, "m=B"), monkeypatch)
    speak(notes, broken(2, "m=A"), monkeypatch)
    assert stands(notes, broken(2, "m=A")) is AlertState.ACKNOWLEDGED
    assert stands(notes, broken(2, "m=A", "m=B")) is AlertState.OPEN
    speak(notes, broken(2, "m=C"), monkeypatch)
    assert stands(notes, broken(2, "m=A", "m=C")) is AlertState.ACKNOWLEDGED
    assert stands(notes, broken(2, "m=B")) is AlertState.OPEN
    accepted = stored.accepted(notes, "orders")["orders.n"]
    assert accepted == {Slice.of({"m": name}) for name in "ABC"}, "a baseline accepts them all"


def test_a_note_that_does_not_tell_incidents_apart_is_read(
    notes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(notes, broken(1, "m=A"), monkeypatch)
    (subject, row), *_ = notes.last.items()
    old = {"slices": json.dumps(["m=A", "m=B"]), "first_seen": row.details["first_seen"]}
    notes.last[subject] = replace(row, details=old)
    assert stands(notes, broken(1, "m=A", "m=B")) is AlertState.ACKNOWLEDGED
    assert stands(notes, broken(2, "m=A")) is AlertState.OPEN
