"""Alerts in Delta: what runs opened and resolved, what people said to it, and who was told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.errors import ConfigurationError
from sparkguard.lifecycles.alerts import (
    JUDGED,
    AlertRow,
    AlertState,
    Note,
    Standing,
    Subject,
    slices_of,
    standing,
)
from sparkguard.results.transitions import Conflict
from sparkguard.slices import Slice

if TYPE_CHECKING:
    from sparkguard.results.records import RunRecord, TransitionRow
    from sparkguard.results.store import Store

KIND = "alert"
DELIVERY = "delivery"
MOST = 100_000
AGE = (
    "row_number() OVER (PARTITION BY dataset, check_id ORDER BY as_of DESC, written_at DESC) AS age"
)
"""1 for the row of `alerts` that says how an alert stands."""

SENDING, SENT, NOT_SENT, UNKNOWN = "sending", "sent", "not sent", "unknown"
"""States of a message. Only one that was certainly not sent is ever tried again."""


def last_rows(store: Store, until: datetime | None = None) -> dict[Subject, AlertRow]:
    """The last row of every alert, of complete runs that looked from `until` or earlier.

    Raises StoreError for more than 100,000 alerts.
    """
    return {row.subject: row for row, _ in _last(store, until)}


def last_rows_by_audit(
    store: Store, until: datetime, run_id: str
) -> dict[str, dict[Subject, AlertRow]]:
    """The same as the run `run_id` finds it, by the audit whose run left the row."""
    found: dict[str, dict[Subject, AlertRow]] = {}
    for row, audit in _last(store, until, run_id):
        found.setdefault(audit, {})[row.subject] = row
    return found


def _last(
    store: Store, until: datetime | None, run_id: str | None = None
) -> list[tuple[AlertRow, str]]:
    # The runs come first: a run seen there had its rows stored before.
    runs = store.read("runs").selectExpr("run_id", "audit").distinct()
    rows = store.read("alerts", committed=False)
    if until is not None:
        # Data that was mended is judged again under the same clock.
        rows = rows.where(sql.template("as_of <= {}", sql.literal(until)).text)
    if run_id is not None:
        # Another process may have completed this run: what it changed has to change here too.
        rows = rows.where(sql.template("run_id <> {}", sql.literal(run_id)).text)
    last = (
        rows.join(runs, "run_id")
        .selectExpr(
            *AlertRow.__dataclass_fields__,
            "audit",
            AGE,
        )
        .where("age = 1")
    )
    found = store.collect(last.drop("age"), "alerts", MOST)
    audits = [row.pop("audit") for row in found]
    return list(zip(map(_alert_row, found), audits, strict=True))


def rows_of(store: Store, run: RunRecord) -> tuple[AlertRow, ...]:
    """The alerts that a complete run opened, changed or resolved, by dataset and check."""
    of_run = sql.template("run_id = {}", sql.literal(run.run_id)).text
    rows = store.read("alerts", committed=False).where(of_run)
    found = store.collect(
        rows.select(*AlertRow.__dataclass_fields__), f"alerts of run {run.run_id}", MOST
    )
    return tuple(sorted(map(_alert_row, found), key=lambda row: row.subject))


def standings(store: Store, now: datetime) -> tuple[Standing, ...]:
    """Every alert as it stands, by dataset and check."""
    noted = notes(store)
    last = dict(sorted(last_rows(store).items()))
    judged = _last_judged(store, last.values())
    return tuple(
        standing(row, noted.get(subject), now, judged.get(subject)) for subject, row in last.items()
    )


def _last_judged(store: Store, rows: Iterable[AlertRow]) -> dict[Subject, datetime]:
    """When a run last judged the checks of open alerts, of those that later runs could not."""
    from pyspark.sql import functions as F  # noqa: N812

    opened = {row.subject: row.as_of for row in rows if row.state == AlertState.OPEN}
    if not opened:
        return {}
    since = sql.template("as_of >= {}", sql.literal(min(opened.values())))
    is_judged = F.col("outcome").isin(*JUDGED)
    by_check = store.read("results").where(since.text).groupBy("dataset", "check_id")
    last = by_check.agg(
        F.max("as_of").alias("seen"), F.max(F.when(is_judged, F.col("as_of"))).alias("judged")
    )
    found = store.collect(last.where("judged < seen").drop("seen"), "results", MOST)
    judged = {(row["dataset"], row["check_id"]): row["judged"] for row in found}
    return {subject: at for subject, at in judged.items() if subject in opened}


def notes(store: Store) -> dict[Subject, Note]:
    """What people said last to each alert."""
    return {_subject(subject): _note(row) for subject, row in store.states(KIND).items()}


def acknowledge(
    store: Store,
    dataset: str,
    check_id: str,
    by: str,
    reason: str = "",
    muted_until: datetime | None = None,
) -> TransitionRow:
    """Takes note of an open alert: its slices count as accepted from now on.

    Until `muted_until` nobody is told of it, whatever happens. Raises ConfigurationError when no
    such alert is open, Conflict when somebody else spoke to it at the same moment.
    """
    last = last_rows(store).get((dataset, check_id))
    if last is None or last.state != AlertState.OPEN:
        raise ConfigurationError(f"check {check_id!r} of {dataset!r} has no open alert")
    if not by.strip():
        raise ConfigurationError("say who acknowledges the alert")
    subject = json.dumps([dataset, check_id])
    before = store.state(subject, KIND)
    details = _details(before, last)
    if muted_until is not None:
        details["muted_until"] = muted_until.isoformat()
    return store.transition(
        subject,
        KIND,
        (before.number if before else 0) + 1,
        AlertState.ACKNOWLEDGED.value,
        by,
        reason,
        details,
    )


def _details(before: TransitionRow | None, last: AlertRow) -> dict[str, str]:
    """All slices ever accepted, for baselines, and apart from them those of this incident."""
    noted = _note(before) if before is not None else None
    same = noted.slices if noted is not None and noted.first_seen == last.first_seen else ()
    return {
        "slices": json.dumps(sorted({*_accepted(before), *last.slices})),
        "incident": json.dumps(sorted({*same, *last.slices})),
        "first_seen": last.first_seen.isoformat(),
    }


def accepted(store: Store, dataset: str) -> Mapping[str, frozenset[Slice]]:
    """By check, the slices whose alert somebody acknowledged, in whichever incident."""
    found: dict[str, frozenset[Slice]] = {}
    for subject, row in store.states(KIND).items():
        of, check = _subject(subject)
        if of == dataset:
            found[check] = slices_of(_accepted(row))
    return found


def claim(store: Store, message: Sequence[str]) -> TransitionRow | None:
    """The right to send a message, stored before it leaves; None where it isn't ours to send.

    A message is claimed by one sender only, and never again unless it was certainly not sent.
    """
    subject = json.dumps(list(message))
    last = store.state(subject, DELIVERY)
    if last is not None and last.state != NOT_SENT:
        return None
    try:
        return store.transition(
            subject, DELIVERY, (last.number if last else 0) + 1, SENDING, "sparkguard", ""
        )
    except Conflict:
        return None


def settle(store: Store, claimed: TransitionRow, state: str, reason: str) -> TransitionRow:
    """Stores how a claimed message ended."""
    return store.transition(
        claimed.subject, DELIVERY, claimed.number + 1, state, "sparkguard", reason
    )


def _alert_row(row: Mapping[str, Any]) -> AlertRow:
    slices = {name: tuple(row[name] or ()) for name in ("slices", "new_slices")}
    return AlertRow(**{**row, **slices, "owner": row["owner"] or ""})


def _subject(text: str) -> Subject:
    dataset, check = json.loads(text)
    return dataset, check


def _note(row: TransitionRow) -> Note:
    """Release 0.1.0 stored no slices of the incident alone."""
    return Note(
        by=row.changed_by,
        at=row.at,
        reason=row.reason,
        slices=frozenset(_accepted(row, "incident" if "incident" in row.details else "slices")),
        first_seen=_moment(row.details.get("first_seen")),
        muted_until=_moment(row.details.get("muted_until")),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _accepted(row: TransitionRow | None, which: str = "slices") -> list[str]:
    return json.loads(row.details.get(which, "[]")) if row is not None else []
