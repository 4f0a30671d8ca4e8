"""Writes the result tables of this release to tests/golden/VERSION: once for every release.

    python tests/golden/make.py

Later releases must read them (test_golden.py), so a folder is never changed afterwards. They hold
what tests/report/facts.py tells, through the store's own doors; `told.json` is what a report of the
last run must say of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from sparkguard import __version__  # noqa: E402
from sparkguard.measures.rows import Rows, RowsState  # noqa: E402
from sparkguard.ports import SystemClock  # noqa: E402
from sparkguard.profile import Need, Profile  # noqa: E402
from sparkguard.relations.table import Table  # noqa: E402
from sparkguard.report.build import build  # noqa: E402
from sparkguard.report.model import Report  # noqa: E402
from sparkguard.results import Store, profile_rows  # noqa: E402
from sparkguard.results.baselines import Baselines, Stored  # noqa: E402
from sparkguard.results.rows import cells_of, frame_of, restamped, version_stamps  # noqa: E402
from sparkguard.results.schemas import TABLES  # noqa: E402
from sparkguard.session import open_session  # noqa: E402
from sparkguard.slices import WHOLE, Slice  # noqa: E402
from sparkguard.verdicts import Evidence  # noqa: E402
from tests.report.facts import facts, history  # noqa: E402

NEED = Need(Table("orders"), Rows())
BASELINE = Stored(
    "q1", "orders", 7, (Slice.of({"month": "1"}),), Profile({(NEED, WHOLE): RowsState(830)})
)


class At(SystemClock):
    """A clock that stands still."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


def summary(report: Report) -> dict[str, Any]:
    """What a reader learns from a report, in terms that outlive the classes of today."""
    seen = [e for check in report.checks for e in (check.whole, *check.shown) if e is not None]
    verdicts = [row for check in report.checks for row in check.slices]
    verdicts += [each.result for each in seen if not each.result.slice]
    return {
        "runs": [
            [run.run_id, run.as_of.isoformat(), run.exit_code, run.passed, run.failed]
            for run in report.runs
        ],
        "datasets": [[each.name, each.pin.rows if each.pin else None] for each in report.datasets],
        "verdicts": [
            [row.check_id, row.slice, row.outcome, row.rows, row.observed_double, row.reason]
            for row in verdicts
        ],
        "pictures": sorted(
            [
                [each.result.check_id, each.result.slice, picture.kind, picture.name]
                + [[row.label, row.x, row.number, row.low, row.high] for row in picture.rows]
                for each in seen
                for picture in each.pictures
            ],
            key=lambda picture: picture[:4],
        ),
        "samples": [
            [dict(zip(each.samples.columns, row, strict=True)) for row in each.samples.rows]
            for each in seen
            if each.samples
        ],
        "shadows": [
            [shadow.name, shadow.state, [list(part) for part in shadow.partitions]]
            for shadow in report.shadows
        ],
    }


def write(spark: Any, folder: Path) -> None:
    """The store of facts: its runs, a baseline and a shadow."""
    told = facts()
    Store(spark, str(folder)).init()
    for run, results in history():
        store = Store(spark, str(folder), clock=At(run.finished_at))
        if run == told.run:
            store.pin(run.run_id, told.pins.values())
            for table, rows in beside_verdicts():
                store.append(table, rows, run.run_id)
        store.append("results", results, run.run_id)
        store.commit(run)
    for change in told.shadow_changes:
        store = Store(spark, str(folder), clock=At(change.at))
        head = (change.subject, change.kind, change.number, change.state, change.changed_by)
        store.transition(*head, change.reason, request=change.request)
    write_shadow_verdicts(store)
    baselines = Baselines(spark, str(folder), clock=At(told.runs[0].as_of))
    baselines.propose(BASELINE, "first quarter")
    baselines.approve("orders", BASELINE.id, "ana", "looks right")


def beside_verdicts() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows that the last run has beside its verdicts, by table."""
    told = facts()
    as_of, kinds = told.run.as_of, {row.check_id: row.check_kind for row in told.results}

    def checked(check: str, slice_: str) -> dict[str, Any]:
        names = {"check_id": check, "check_kind": kinds[check], "dataset": check.split(".")[0]}
        return {**names, "slice": slice_, "table_version": 7, "as_of": as_of}

    fields = Evidence.__dataclass_fields__
    yield (
        "evidence",
        [
            {**checked(*row.place), **{name: getattr(row.evidence, name) for name in fields}}
            for row in told.evidence
        ],
    )
    yield (
        "violations",
        [
            {**checked(*place), "violations": 825, **cell}
            for place, cells in told.samples.items()
            for cell in cells
        ],
    )
    yield (
        "evaluations",
        [{**checked(row["check_id"], row["slice"]), **cohort(row)} for row in told.evaluations],
    )
    state = Profile({(NEED, WHOLE): RowsState(10_000)})
    yield "profiles", list(profile_rows(state, {"orders": 7}, as_of))
    alert = {"dataset": "orders", "check_id": "orders.drift.delay", "check_kind": "drift"}
    change = {"state": "open", "outcome": "fail", "previous_outcome": "pass", "reason": "PSI 0.231"}
    at = {"slices": [""], "new_slices": [""], "weight": 0.231, "first_seen": as_of, "as_of": as_of}
    yield "alerts", [{**alert, **change, **at}]


def cohort(row: Mapping[str, Any]) -> dict[str, Any]:
    """A cohort's metric as the first revision of all its rows."""
    return {**row, "segment": "", "revision": 1, "status": "OK", "maturity": "MATURE"}


def write_shadow_verdicts(store: Store) -> None:
    table, told = TABLES["shadow_verdicts"], facts()
    at = told.runs[0].as_of
    rows = [
        cells_of(table, {**verdict, "run_id": "s1", "kind": "partition", "at": at})
        for verdict in told.shadow_verdicts
    ]
    frame = frame_of(store.access.spark, table, restamped(table, rows, version_stamps(table, at)))
    store.access.append(table, frame, "sparkguard/shadow_verdicts/golden")


if __name__ == "__main__":
    folder = HERE / __version__
    if folder.exists():
        raise SystemExit(f"{folder} is there already; what was released stays as it is")
    write(open_session(), folder)
    for checksum in folder.rglob("*.crc"):
        checksum.unlink()
    told = json.dumps(summary(build(facts())), separators=(",", ":"))
    (folder / "told.json").write_text(told + "\n", encoding="utf-8")
