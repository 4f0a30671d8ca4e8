"""The documented SQL alert says what `sparkguard alerts list` says is open."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sparkguard.lifecycles.alerts import AlertRow, AlertState
from sparkguard.results import Store
from sparkguard.results.alerts import acknowledge, standings
from sparkguard.results.rows import cells_of, frame_of, restamped, version_stamps
from sparkguard.results.schemas import TABLES
from tests.docs.blocks import of_page
from tests.results.support import AS_OF, FixedClock, record
from tests.stores import create_store

pytestmark = pytest.mark.e2e
DATASET = 'caf"é'


def leave(store: Store, run_id: str, days: int, **rows: AlertRow) -> None:
    now = AS_OF + timedelta(days=days)
    told = [replace(row, check_id=check, as_of=now) for check, row in rows.items()]
    store.append("alerts", told, run_id)
    store.commit(record(run_id, [], now))


def test_the_query_leaves_out_what_somebody_took_note_of(spark: Any, tmp_path: Path) -> None:
    create_store(spark, tmp_path / "sparkguard")
    store = Store(spark, str(tmp_path / "sparkguard"), clock=FixedClock())
    opened = AlertRow(
        DATASET, "", "range", "open", "fail", None, ("", "day=1"), (), 1.0, "r", AS_OF, AS_OF
    )
    resolved = replace(opened, state="resolved", slices=())
    names = ("new", "noted", "muted", "unmuted", "wider", "reopened", "passed")
    leave(store, "first", 0, **dict.fromkeys(names, opened))

    noted = acknowledge(store, DATASET, "noted", "ann", "known")
    far, near = (AS_OF + timedelta(days=days) for days in (40_000, 1))
    muted = {
        "muted": {"muted_until": far.isoformat()},
        "unmuted": {"muted_until": near.isoformat()},
    }
    changes = [
        replace(
            noted,
            subject=json.dumps([DATASET, name]),
            details={**noted.details, "incident": "[]", **muted[name]}
            if name in muted
            else noted.details,
        )
        for name in ("muted", "unmuted", "wider", "reopened", "passed")
    ]
    table = TABLES["transitions"]
    cells = restamped(table, [cells_of(table, c) for c in changes], version_stamps(table, AS_OF))
    store.access.append(table, frame_of(spark, table, cells), "notes")
    leave(
        *(store, "second", 1),
        wider=replace(opened, slices=("", "day=1", "day=2")),
        reopened=replace(opened, first_seen=AS_OF + timedelta(days=1)),
        passed=resolved,
    )

    (query,) = (b.text for b in of_page("alerts.md") if b.language == "sql")
    found = spark.sql(query.replace("/lake/sparkguard", str(tmp_path / "sparkguard"))).collect()
    assert {row["check_id"] for row in found} == {"new", "unmuted", "wider", "reopened"}
    now = AS_OF + timedelta(days=2)
    stands = {one.row.check_id for one in standings(store, now) if one.state is AlertState.OPEN}
    assert {row["check_id"] for row in found} == stands
