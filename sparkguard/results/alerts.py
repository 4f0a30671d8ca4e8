"""Alerts in Delta: what runs opened and resolved, and what people said to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.alert_states import AlertRow, AlertState, Subject, slices_of
from sparkguard.errors import ConfigurationError
from sparkguard.slices import Slice

if TYPE_CHECKING:
    from sparkguard.results.records import TransitionRow
    from sparkguard.results.store import Store

KIND = "alert"
MOST = 100_000


def last_rows(store: Store, before: datetime | None = None) -> dict[Subject, AlertRow]:
    """The last row of every alert, of complete runs that looked from before `before`.

    Raises StoreError for more than 100,000 alerts.
    """
    rows = store.read("alerts")
    if before is not None:
        rows = rows.where(sql.template("as_of < {}", sql.literal(before)).text)
    last = rows.selectExpr(
        *AlertRow.__dataclass_fields__,
        "row_number() OVER (PARTITION BY dataset, check_id ORDER BY as_of DESC, written_at DESC)"
        " AS age",
    ).where("age = 1")
    found = store.collect(last.drop("age"), "alerts", MOST)
    return {
        (row["dataset"], row["check_id"]): AlertRow(
            **{
                **row,
                "slices": tuple(row["slices"] or ()),
                "new_slices": tuple(row["new_slices"] or ()),
            }
        )
        for row in found
    }


def acknowledge(
    store: Store, dataset: str, check_id: str, by: str, reason: str = ""
) -> TransitionRow:
    """Takes note of an open alert: its slices count as accepted from now on.

    Raises ConfigurationError when no such alert is open.
    """
    last = last_rows(store).get((dataset, check_id))
    if last is None or last.state != AlertState.OPEN:
        raise ConfigurationError(f"check {check_id!r} of {dataset!r} has no open alert")
    if not by.strip():
        raise ConfigurationError("say who acknowledges the alert")
    subject = json.dumps([dataset, check_id])
    before = store.state(subject, KIND)
    return store.transition(
        subject,
        KIND,
        (before.number if before else 0) + 1,
        AlertState.ACKNOWLEDGED.value,
        by,
        reason,
        {"slices": json.dumps(sorted({*_accepted(before), *last.slices}))},
    )


def accepted(store: Store, dataset: str) -> Mapping[str, frozenset[Slice]]:
    """By check, the slices whose alert somebody acknowledged."""
    found: dict[str, frozenset[Slice]] = {}
    for subject, row in store.states(KIND).items():
        of, check = json.loads(subject)
        if of == dataset:
            found[check] = slices_of(_accepted(row))
    return found


def _accepted(row: TransitionRow | None) -> list[str]:
    return json.loads(row.details.get("slices", "[]")) if row is not None else []
