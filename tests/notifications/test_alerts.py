"""Alerts from stored runs to real receivers on this machine: told once, and never in the way."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.contracts.alert_routes import Alerts, Route
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.errors import ConfigurationError
from sparkguard.lifecycles import alerts as alert_states
from sparkguard.lifecycles.alerts import AlertState
from sparkguard.notifications.alert_messages import Message
from sparkguard.notifications.alerts import Delivery, _deliver, send
from sparkguard.results import ResultRow, Store
from sparkguard.results import alerts as stored
from sparkguard.tables import ResultsPlace
from sparkguard.verdicts import Outcome, Verdict
from tests.receivers import closes, receiver, status
from tests.results.support import CORE, ORIGIN, FixedClock, only, record, verdicts

START = datetime(2024, 3, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def place(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store with three runs: two alerts open, nothing changes, one is resolved."""
    folder = str(tmp_path_factory.mktemp("alerts") / "results")
    failing = verdicts()[1]
    both = [failing, Verdict("orders.n", *_whole(failing))]
    nights = (both, both, [_passing(failing), both[1]])
    with only(*CORE, "alerts"):
        store = Store(spark, folder, clock=FixedClock(START))
        store.init()
        for night, judged in enumerate(nights):
            as_of = START + timedelta(days=night)
            run = f"night-{night}"
            found = [("orders", "completeness", verdict) for verdict in judged]
            changed = alert_states.changes(
                stored.last_rows(store, as_of), found, as_of, owners={"orders": "shop-team"}
            )
            store.append("alerts", changed, run)
            store.append("results", [ResultRow.of(v, ORIGIN) for v in judged], run)
            store.commit(record(run, judged, as_of))
        yield folder


def _whole(like: Verdict) -> tuple[Any, ...]:
    return (like.slice, Outcome.WARN, like.severity)


def _passing(verdict: Verdict) -> Verdict:
    return Verdict(verdict.check, verdict.slice, Outcome.PASS, verdict.severity)


def audit(place: str, *routes: Route, seconds: float = 5) -> AuditConfig:
    alerts = Alerts(routes, hosts=("127.0.0.1",), loopback=True, seconds=seconds)
    results = ResultsPlace(path=place)
    return AuditConfig("nightly", "a.yaml", "", results, (), (), sections={"alerts": alerts})


def states(found: tuple[Delivery, ...]) -> list[tuple[str, str]]:
    return [(one.route, one.state) for one in found]


def test_each_transition_is_told_once(spark: Any, place: str, tmp_path: Path) -> None:
    clock = FixedClock(START + timedelta(days=2, hours=1))
    file = tmp_path / "log" / "alerts.jsonl"
    with receiver(status(200)) as to:
        config = audit(
            place,
            Route("hook", "webhook", url=to.url),
            Route("log", "file", path=str(file)),
            Route("others", "webhook", url=to.url, datasets=("customers",)),
        )
        first = send(config, "night-0", spark=spark, clock=clock)
        assert states(first) == [("hook", "sent"), ("log", "sent")]
        assert send(config, "night-0", spark=spark, clock=clock) == ()
        assert send(config, "night-1", spark=spark, clock=clock) == (), "nothing changed"
        recent = send(config, spark=spark, clock=clock)
        assert {one.run_id for one in recent} == {"night-2"}
        assert send(config, spark=spark, clock=clock) == ()
    opened, resolved = to.bodies
    assert [(a["check"], a["change"]) for a in opened["alerts"]] == [
        ("orders.id.required", "opened"),
        ("orders.n", "opened"),
    ]
    assert [(a["check"], a["change"]) for a in resolved["alerts"]] == [
        ("orders.id.required", "resolved")
    ]
    written = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["run_id"] for line in written] == ["night-0", "night-2"]
    assert f"Idempotency-Key: {opened['id']}" in to.heads[0]


def test_the_last_row_of_each_alert_knows_its_audit(spark: Any, place: str) -> None:
    found = stored.last_rows_by_audit(Store(spark, place), START + timedelta(days=3), "night-3")
    states_of = {check: row.state for (_, check), row in found.pop("nightly").items()}
    assert (states_of, found) == ({"orders.id.required": "resolved", "orders.n": "open"}, {})


def test_a_run_that_another_process_completed_does_not_see_itself(spark: Any, place: str) -> None:
    store = Store(spark, place)
    assert stored.last_rows_by_audit(store, START, "night-0") == {}
    found = stored.last_rows_by_audit(store, START + timedelta(days=2), "night-2")["nightly"]
    assert {row.state for row in found.values()} == {"open"}


def test_only_what_certainly_was_not_taken_is_sent_again(spark: Any, place: str) -> None:
    clock = FixedClock(START)
    with receiver(status(503), status(404), status(200)) as to:
        lost = audit(place, Route("lost", "webhook", url=to.url))
        refused = audit(place, Route("refused", "webhook", url=to.url))
        assert states(send(lost, "night-0", spark=spark, clock=clock)) == [("lost", "unknown")]
        assert send(lost, "night-0", spark=spark, clock=clock) == ()
        assert states(send(refused, "night-0", spark=spark, clock=clock)) == [
            ("refused", "not sent")
        ]
        assert states(send(refused, "night-0", spark=spark, clock=clock)) == [("refused", "sent")]
        assert send(refused, "night-0", spark=spark, clock=clock) == ()
    assert len(to.bodies) == 3


def test_a_message_of_a_sender_that_died_or_was_slower_is_not_sent_again(
    spark: Any, place: str
) -> None:
    store = Store(spark, place, clock=FixedClock(START))
    assert stored.claim(store, ("dead", "night-0")) is not None
    assert stored.claim(store, ("dead", "night-0")) is None
    with receiver(closes) as to:
        config = audit(place, Route("dead", "webhook", url=to.url))
        assert send(config, "night-0", spark=spark) == ()
    assert to.bodies == []


def test_pagerduty_is_told_of_each_alert_until_time_is_up(
    spark: Any, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver(status(202)) as to:
        pager = Route("pager", "pagerduty", url=to.url, key="k3y", on=("fail",))
        found = send(audit(place, pager), "night-0", spark=spark)
        assert [(one.about, one.state) for one in found] == [("orders orders.id.required", "sent")]
        late = Route("late", "webhook", url=to.url)
        monkeypatch.setattr("sparkguard.notifications.alerts.MOST_SECONDS", 0)
        assert states(send(audit(place, late), "night-0", spark=spark)) == [("late", "due")]
        monkeypatch.undo()
        assert states(send(audit(place, late), "night-0", spark=spark)) == [("late", "sent")]
    assert to.bodies[0]["event_action"] == "trigger"


def test_a_line_that_a_file_took_in_part_may_be_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = Route("log", "file", path=str(tmp_path / "alerts.jsonl"))
    message = Message(("log", "night-0"), {"alerts": ["é" * 100]})
    assert _deliver(route, Alerts((route,)), message, 1.0) == ("sent", "")
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:40]))
    state, reason = _deliver(route, Alerts((route,)), message, 1.0)
    assert (state, "40 of 217 bytes" in reason) == ("unknown", True), reason


def test_people_take_note_and_mute(spark: Any, place: str) -> None:
    now = START + timedelta(days=2)
    store = Store(spark, place, clock=FixedClock(now))
    assert [(s.row.check_id, s.state, s.row.owner) for s in stored.standings(store, now)] == [
        ("orders.id.required", AlertState.RESOLVED, "shop-team"),
        ("orders.n", AlertState.OPEN, "shop-team"),
    ]
    until = now + timedelta(days=1)
    stored.acknowledge(store, "orders", "orders.n", "me", "known", muted_until=until)
    assert [s.state for s in stored.standings(store, now)][1] is AlertState.MUTED
    assert [s.state for s in stored.standings(store, until)][1] is AlertState.ACKNOWLEDGED
    with receiver(status(200)) as to:
        config = audit(place, Route("quiet", "webhook", url=to.url, on=("warn",)))
        assert send(config, "night-0", spark=spark, clock=FixedClock(now)) == ()
        assert states(send(config, "night-0", spark=spark, clock=FixedClock(until))) == [
            ("quiet", "sent")
        ]
    with pytest.raises(ConfigurationError, match="no open alert"):
        stored.acknowledge(store, "orders", "orders.id.required", "me")
    with pytest.raises(ConfigurationError, match="no complete run"):
        send(config, "night-9", spark=spark)
