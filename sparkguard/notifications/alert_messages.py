"""What alert receivers get, as plain data: one message per run and route, one event per alert.

Every text from data is bounded, on one line, and free of what a receiver would obey.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparkguard.contracts.alert_routes import Route
from sparkguard.errors import bounded
from sparkguard.lifecycles.alerts import AlertRow, AlertState
from sparkguard.rendering.plaintext import plural
from sparkguard.results.records import RunRecord

SCHEMA = "sparkguard.alerts/1"
MOST_ALERTS = 500
MOST_SLICES = 50
_MOST_LINES = 20
_LONGEST_TEXT = 300
_SEVERITY = {"fail": "error", "error": "error", "warn": "warning", "not_evaluable": "warning"}


Told = tuple[AlertRow, str]
"""A row and the change that it is for a route."""


@dataclass(frozen=True)
class Message:
    """One request to a receiver. `key` says which, the same whenever it is made again."""

    key: tuple[str, ...]
    body: Mapping[str, Any]

    @property
    def id(self) -> str:
        return hashlib.sha256("\0".join(self.key).encode("utf-8", "replace")).hexdigest()


def messages(
    route: Route, run: RunRecord, store: str, changed: tuple[AlertRow, ...]
) -> tuple[Message, ...]:
    """What `route` has to be told of a run's changes; nothing when none concerns it.

    `store` is the place of the result tables: alerts of two stores are two alerts.
    """
    rows = tuple(row for row in changed if _concerns(route, row))
    if not rows:
        return ()
    if route.to == "pagerduty":
        return tuple(
            Message((route.name, run.run_id, *row.subject), _event(route, run, store, row))
            for row in rows
        )
    key = (route.name, run.run_id)
    told = tuple((row, change(row, route)) for row in rows)
    body = _slack(run, told) if route.to == "slack" else _plain(Message(key, {}).id, run, told)
    return (Message(key, body),)


def _concerns(route: Route, row: AlertRow) -> bool:
    """True for what a route asked for, and for its end, which is one row: resolved or eased."""
    told = row.outcome in route.on or row.previous_outcome in route.on
    return told and (not route.datasets or row.dataset in route.datasets)


def _plain(id_: str, run: RunRecord, told: tuple[Told, ...]) -> Mapping[str, Any]:
    return {
        "schema": SCHEMA,
        "id": id_,
        "audit": run.audit,
        "run_id": run.run_id,
        "as_of": run.as_of.isoformat(),
        "exit_code": run.exit_code,
        "alerts": [_alert(row, what) for row, what in told[:MOST_ALERTS]],
        "left_out": max(len(told) - MOST_ALERTS, 0),
    }


def _alert(row: AlertRow, what: str) -> Mapping[str, Any]:
    return {
        "change": what,
        "dataset": row.dataset,
        "check": row.check_id,
        "kind": row.check_kind,
        "outcome": row.outcome,
        "previous_outcome": row.previous_outcome,
        "reason": _line(row.reason),
        "slices": [_line(key) for key in row.slices[:MOST_SLICES]],
        "new_slices": [_line(key) for key in row.new_slices[:MOST_SLICES]],
        "slices_in_all": len(row.slices),
        "owner": row.owner,
        "since": row.first_seen.isoformat(),
    }


def change(row: AlertRow, route: Route) -> str:
    """opened, changed, eased or resolved.

    An alert that eases goes on with an outcome that the route is not told of.
    """
    if row.state == AlertState.RESOLVED:
        return "resolved"
    if row.outcome not in route.on:
        return "eased"
    return "opened" if row.first_seen == row.as_of else "changed"


def _slack(run: RunRecord, told: tuple[Told, ...]) -> Mapping[str, Any]:
    shown = [_said(row, what) for row, what in told[:_MOST_LINES]]
    if len(told) > _MOST_LINES:
        shown.append(f"and {len(told) - _MOST_LINES} more; `sparkguard alerts list` shows all")
    changed = plural(len(told), "alert")
    head = f"{run.audit}: {changed} changed in run {run.run_id}, exit {run.exit_code}"
    lines = (_escaped(_line(line)) for line in (head, *shown))
    return {"text": "\n".join(lines), "mrkdwn": False, "unfurl_links": False}


def _said(row: AlertRow, what: str) -> str:
    where = "" if row.slices in ((), ("",)) else f" in {plural(len(row.slices), 'slice')}"
    whose = f" [{row.owner}]" if row.owner else ""
    why = f": {row.reason}" if row.reason else ""
    return f"{what}: {row.check_id} of {row.dataset} is {row.outcome}{where}{why}{whose}"


def _escaped(text: str) -> str:
    """Slack reads mentions and links only between its own angle brackets."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _event(route: Route, run: RunRecord, store: str, row: AlertRow) -> Mapping[str, Any]:
    """An event of PagerDuty's Events API v2; equal dedup keys are one incident there."""
    dedup = hashlib.sha256("\0".join((store, *row.subject)).encode("utf-8", "replace")).hexdigest()
    what = change(row, route)
    is_over = what in ("eased", "resolved")
    event: dict[str, Any] = {
        "routing_key": route.key,
        "event_action": "resolve" if is_over else "trigger",
        "dedup_key": f"sparkguard-{dedup}",
    }
    if not is_over:
        event["payload"] = {
            "summary": bounded(_line(_said(row, what)), 1_000),
            "source": row.dataset,
            "severity": _SEVERITY[row.outcome],
            "timestamp": run.finished_at.isoformat(),
            "component": row.check_id,
            "group": run.audit,
            "class": row.check_kind,
            "custom_details": {**_alert(row, what), "run_id": run.run_id},
        }
        event["client"] = "SparkGuard"
    return event


def _line(text: str) -> str:
    """`text` on one line, without control characters, bounded."""
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST_TEXT])
    return bounded(printable, _LONGEST_TEXT)
