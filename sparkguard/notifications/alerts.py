"""Tells people what a run changed: at most once, within bounded time, whatever the receiver does.

A message is claimed in the result store before it leaves and settled there afterwards. A sender
that dies between the two leaves it claimed, so that nobody sends it again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard.contracts.alert_routes import Alerts, Route
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.lifecycles.alerts import AlertRow, Note, Subject
from sparkguard.notifications.alert_messages import Message, messages
from sparkguard.ports import Clock, SystemClock
from sparkguard.results import RunRecord, Store
from sparkguard.results import alerts as stored
from sparkguard.results.reporting import run_of
from sparkguard.session import open_session
from sparkguard.webhooks import MayBeSent, NotSent, post

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MOST_SECONDS = 60.0
"""Time for all messages of one call; what is left then is due for the next."""
RECENT = timedelta(days=1)
_MOST_RUNS = 1_000


@dataclass(frozen=True)
class Delivery:
    """How a message ended: sent, not sent (the next call tries again), unknown, or still due."""

    route: str
    run_id: str
    about: str
    state: str
    reason: str = ""

    @property
    def is_sent(self) -> bool:
        return self.state == stored.SENT


def send(
    config: AuditConfig | str | Path,
    run_id: str | None = None,
    *,
    spark: SparkSession | None = None,
    variables: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> tuple[Delivery, ...]:
    """Sends what the audit's routes have not been told of a run, or of all runs of a day.

    Returns what this call tried; what was sent before is not among it. Nothing that a receiver
    does is raised. Raises ConfigurationError for a run that is not complete, StoreError when
    messages can't be claimed.
    """
    settings = config if isinstance(config, AuditConfig) else load_audit(config, variables)
    if not settings.alerts.routes:
        return ()
    clock = clock or SystemClock()
    store = Store(open_session(existing=spark), settings.results, clock=clock)
    store.check()
    told = stored.notes(store)
    deadline = time.monotonic() + MOST_SECONDS
    return tuple(
        delivery
        for run in _runs(store, settings.name, run_id, clock)
        for delivery in _send_run(store, settings.alerts, run, told, clock, deadline)
    )


def _runs(store: Store, audit: str, run_id: str | None, clock: Clock) -> tuple[RunRecord, ...]:
    """The runs to tell of, the oldest first."""
    if run_id is not None:
        return (run_of(store, run_id),)
    recent = store.runs(audit, _MOST_RUNS)
    return tuple(run for run in reversed(recent) if clock.now() - run.finished_at <= RECENT)


def _send_run(
    store: Store,
    alerts: Alerts,
    run: RunRecord,
    notes: Mapping[Subject, Note],
    clock: Clock,
    deadline: float,
) -> list[Delivery]:
    changed = tuple(row for row in stored.rows_of(store, run) if not _is_muted(row, notes, clock))
    found: list[Delivery] = []
    for route in alerts.routes:
        for message in messages(route, run, str(store.location), changed):
            about = " ".join(message.key[2:])
            seconds = min(alerts.seconds, deadline - time.monotonic())
            if seconds <= 0:
                found.append(Delivery(route.name, run.run_id, about, "due", "no time was left"))
            elif (claimed := stored.claim(store, message.key)) is not None:
                state, reason = _deliver(route, alerts, message, seconds)
                stored.settle(store, claimed, state, reason)
                found.append(Delivery(route.name, run.run_id, about, state, reason))
    return found


def _is_muted(row: AlertRow, notes: Mapping[Subject, Note], clock: Clock) -> bool:
    note = notes.get(row.subject)
    return note is not None and note.muted_until is not None and clock.now() < note.muted_until


def _deliver(route: Route, alerts: Alerts, message: Message, seconds: float) -> tuple[str, str]:
    """Hands a message to its receiver; returns the state it ended in, and why."""
    try:
        if route.to == "file":
            _append(Path(route.path), message)
            return stored.SENT, ""
        headers = {"Idempotency-Key": message.id}
        status = post(route.endpoint(alerts), message.body, headers=headers, seconds=seconds)
        return stored.SENT, f"status {status}"
    except NotSent as error:
        return stored.NOT_SENT, str(error)
    except MayBeSent as error:
        return stored.UNKNOWN, str(error)
    except Exception as error:
        return stored.UNKNOWN, type(error).__name__


def _append(file: Path, message: Message) -> None:
    text = json.dumps(message.body, ensure_ascii=False, allow_nan=False) + "\n"
    line = text.encode("utf-8", "replace")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise NotSent(f"can't open the file: {error.strerror}") from None
    try:
        written = os.write(opened, line)
        os.fsync(opened)
    except OSError as error:
        raise MayBeSent(f"can't write the file: {error.strerror}") from None
    finally:
        os.close(opened)
    if written < len(line):
        raise MayBeSent(f"the file took {written:,} of {len(line):,} bytes: is the disk full?")
