from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sparkguard.contracts.alert_routes import Route
from sparkguard.lifecycles.alerts import AlertRow, changes, withdrawn
from sparkguard.notifications.alert_messages import MOST_ALERTS, MOST_SLICES, messages
from sparkguard.results.records import RunRecord
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome, Severity, Verdict

NOW = datetime(2024, 5, 1, tzinfo=timezone.utc)
RUN = RunRecord("night-1", "shop", "complete", 1, NOW, NOW, NOW, 9, 9, failed=1)
FAILED = AlertRow(
    *("orders", "orders.id.required", "completeness", "open", "fail", "pass"),
    *(("", "month=5"), ("month=5",), 3.0, "3 of 9 rows without a value", NOW, NOW, "shop-team"),
)  # fmt: skip
RESOLVED = replace(
    FAILED, check_id="orders.n", state="resolved", outcome="pass", previous_outcome="warn",
    slices=(), new_slices=(), reason="", first_seen=NOW - timedelta(days=2),
)  # fmt: skip
NASTY = "<!channel> <https://evil.com|ok> & \x1b[31m\r\n@here" + "x" * 9_000


def told(to: Any, *rows: AlertRow, **more: Any) -> list[dict[str, Any]]:
    needed = {"key": "k3y", "url": "https://hooks.slack.com/x", "path": "/x"}
    made = messages(Route("r", to, **needed, **more), RUN, "/lake/results", rows)
    return [json.loads(json.dumps(message.body, allow_nan=False)) for message in made]


def test_one_message_holds_all_changes_of_a_run() -> None:
    (body,) = told("webhook", FAILED, RESOLVED)
    assert body["schema"] == "sparkguard.alerts/1"
    assert [(a["check"], a["change"], a["outcome"]) for a in body["alerts"]] == [
        ("orders.id.required", "opened", "fail"),
        ("orders.n", "resolved", "pass"),
    ]
    assert body["alerts"][0]["owner"] == "shop-team"
    assert (body["run_id"], body["exit_code"], body["left_out"]) == ("night-1", 1, 0)
    assert told("file", FAILED, RESOLVED)[0]["alerts"] == body["alerts"]


def test_a_route_is_told_what_it_asked_for() -> None:
    assert told("webhook") == []
    assert told("webhook", FAILED, on=("warn",)) == []
    assert told("webhook", FAILED, datasets=("others",)) == []
    assert told("webhook", RESOLVED, on=("warn",)) != [], "the end of what it was told"
    assert told("webhook", RESOLVED, on=("fail",)) == []


def nights(outcomes: str) -> list[AlertRow]:
    """What successive runs store of one check, and of its rule's withdrawal at `gone`."""
    stored: list[AlertRow] = []
    for day, outcome in enumerate(outcomes.split()):
        as_of = NOW + timedelta(days=day)
        last = {row.subject: row for row in stored[-1:]}
        if outcome == "gone":
            stored += withdrawn(last.values(), lambda _: False, as_of)
        else:
            verdict = Verdict("c", WHOLE, Outcome(outcome), Severity.ERROR)
            stored += changes(last, [("orders", "k", verdict)], as_of)
    return stored


SEQUENCES = [
    ("pass fail warn pass", ["opened", "eased"]),
    ("pass fail error pass", ["opened", "changed", "resolved"]),
    ("fail warn fail pass", ["opened", "eased", "changed", "resolved"]),
    ("warn fail warn fail warn pass", ["changed", "eased", "changed", "eased"]),
    ("fail warn gone", ["opened", "eased"]),
    ("fail gone", ["opened", "resolved"]),
    ("warn pass", []),
]


@pytest.mark.parametrize("to", ["slack", "webhook", "pagerduty", "file"])
@pytest.mark.parametrize(("outcomes", "heard"), SEQUENCES)
def test_every_route_hears_the_end_of_what_it_was_told_once(
    to: str, outcomes: str, heard: list[str]
) -> None:
    bodies = [body for row in nights(outcomes) for body in told(to, row, on=("fail", "error"))]
    if to == "pagerduty":
        over = {True: "resolve", False: "trigger"}
        actions = [over[what in ("eased", "resolved")] for what in heard]
        assert [body["event_action"] for body in bodies] == actions
        assert len({body["dedup_key"] for body in bodies}) <= 1
    elif to == "slack":
        lines = [body["text"].splitlines()[1] for body in bodies]
        assert [line.partition(":")[0] for line in lines] == heard
        assert all("is warn" in line for line in lines if line.startswith("eased"))
    else:
        assert [body["alerts"][0]["change"] for body in bodies] == heard


def test_slack_is_given_nothing_to_obey() -> None:
    (body,) = told("slack", replace(FAILED, reason=NASTY, dataset="<@U1>"))
    assert "<" not in body["text"]
    assert "&lt;!channel&gt;" in body["text"]
    assert body["text"].count("\n") == 1
    assert "\x1b" not in body["text"]
    assert len(body["text"]) < 2_000
    many = [replace(FAILED, check_id=f"c{i}") for i in range(30)]
    assert "and 10 more" in told("slack", *many)[0]["text"]


def test_pagerduty_opens_and_closes_one_incident_per_alert() -> None:
    opened, closed = told("pagerduty", FAILED, replace(RESOLVED, check_id=FAILED.check_id))
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"]
    assert len(opened["dedup_key"]) <= 255
    assert opened["routing_key"] == "k3y"
    assert set(opened["payload"]) >= {"summary", "source", "severity"}
    assert opened["payload"]["severity"] == "error"
    assert "payload" not in closed
    (long,) = told("pagerduty", replace(FAILED, reason=NASTY, outcome="not_evaluable"))
    assert len(long["payload"]["summary"]) <= 1024
    assert long["payload"]["severity"] == "warning"
    other = messages(Route("r", "pagerduty", key="k"), RUN, "/other", (FAILED,))
    assert other[0].body["dedup_key"] != opened["dedup_key"]


def test_what_is_left_out_is_counted() -> None:
    slices = tuple(f"month={i}" for i in range(MOST_SLICES + 5))
    rows = [replace(FAILED, check_id=f"c{i}", slices=slices) for i in range(MOST_ALERTS + 7)]
    (body,) = told("webhook", *rows)
    assert (len(body["alerts"]), body["left_out"]) == (MOST_ALERTS, 7)
    assert len(body["alerts"][0]["slices"]) == MOST_SLICES
    assert body["alerts"][0]["slices_in_all"] == MOST_SLICES + 5
