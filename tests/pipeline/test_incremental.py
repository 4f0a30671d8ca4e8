from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sparkguard.checks.base import Past
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.datatypes import Atomic, Field, Struct
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.pipeline import changed_slices, incremental
from sparkguard.pipeline.incremental import Memory, Recalled
from sparkguard.profile import Need, Profile
from sparkguard.relations.key_counts import KeyCounts
from sparkguard.relations.table import Table
from sparkguard.results import Origin, PinRow, ResultRow, Store, profile_rows
from sparkguard.slices import WHOLE, Slice
from sparkguard.sql import literal
from sparkguard.tables import Pinned, TableRef
from sparkguard.verdicts import Outcome, Severity, Verdict
from tests.results.support import record
from tests.stores import create_store

TALLY: Need[Any] = Need(Table("t"), Tally(literal(True), frozenset({"a"})))
ROWS: Need[Any] = Need(Table("t"), Rows())
MAY, JUNE = Slice.of({"month": "5"}), Slice.of({"month": "6"})


def memory(monkeypatch: pytest.MonkeyPatch, changed: frozenset[Slice]) -> Memory:
    states = {
        (need, where): state
        for need, state in ((TALLY, TallyState(3)), (ROWS, RowsState(3)))
        for where in (MAY, JUNE)
        if where not in changed
    }
    recalled = Recalled(frozenset({TALLY, ROWS}), Profile(states), changed)
    monkeypatch.setattr(Memory, "recall", lambda self, dataset, needs: recalled)
    return Memory("a", None, None, {"t": ("month",)}, None)  # type: ignore[arg-type]


def test_only_changed_partitions_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    ((scan, tables, known),) = memory(monkeypatch, frozenset({MAY})).scan([TALLY], "tables")  # type: ignore[arg-type]
    assert isinstance(tables, incremental.Changed)
    assert tables.slices == {MAY}
    assert [measure.kind for chunk in scan.chunks for measure in chunk.measures] == [
        "rows",
        "tally",
    ]
    assert {where for _, where in known.states} == {JUNE}


def test_nothing_is_read_when_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    ((scan, _, known),) = memory(monkeypatch, frozenset()).scan([TALLY], "tables")  # type: ignore[arg-type]
    assert scan.chunks == ()
    assert {need for need, _ in known.states} == {TALLY, ROWS}


def test_other_relations_are_read_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    joined: Need[Any] = Need(KeyCounts("t", (("a",),)), Rows())
    scans = list(memory(monkeypatch, frozenset({MAY})).scan([TALLY, joined], "tables"))  # type: ignore[arg-type]
    assert [(scan.relation.kind, tables == "tables") for scan, tables, _ in scans] == [
        ("table", False),
        ("key_counts", True),
    ]


def test_changes_come_from_the_log(spark: Any, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sparkguard.snapshot import Snapshot

    path = str(lake / "t")
    rows = spark.range(30).selectExpr("CAST(id % 3 AS INT) AS month", "id AS a")
    rows.write.format("delta").partitionBy("month").save(path)
    spark.sql(f"UPDATE delta.`{path}` SET a = 0 WHERE month = 1")
    spark.sql(f"OPTIMIZE delta.`{path}`")
    snapshot = Snapshot.pin(spark, {"t": TableRef(path=path)})
    pinned = snapshot.pinned["t"]
    found = changed_slices.changed_slices(snapshot, pinned, 0, ("month",))
    assert found == {Slice.of({"month": "1"})}
    files = incremental.Changed(snapshot, "t", found).frame("t").inputFiles()
    assert files
    assert all("month=1" in file for file in files)
    assert (
        changed_slices.changed_slices(snapshot, pinned, pinned.version, ("month",)) == frozenset()
    )
    with monkeypatch.context() as patch:
        patch.setattr(changed_slices, "MOST_VALUES", 0)
        assert changed_slices.changed_slices(snapshot, pinned, 0, ("month",)) is None
    spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMN b INT")
    evolved = Snapshot.pin(spark, {"t": TableRef(path=path)})
    assert changed_slices.changed_slices(evolved, evolved.pinned["t"], 0, ("month",)) is None


def test_the_section_takes_true_or_false(tmp_path: Path) -> None:
    found = load_audit(Path("conf/audits/flights_drift.yaml"), {"lake": str(tmp_path)})
    assert isinstance(found, AuditConfig)
    assert found.sections["incremental"] is True


class Counted:
    """A snapshot of one table with `rows` rows, five of them in May and three in June."""

    def __init__(self, rows: int) -> None:
        self.pinned = {"t": SimpleNamespace(rows=rows)}
        self.asked: list[Any] = []

    def slice_values(self, name: str, by: Any, among: Any = None) -> dict[Slice, int]:
        self.asked.append(among)
        return {MAY: 5} if among else {MAY: 5, JUNE: 3}


@pytest.mark.parametrize(("rows", "asked"), [(8, [{MAY}]), (9, [{MAY}, None])])
def test_slices_are_counted_where_they_changed_unless_that_does_not_add_up(
    monkeypatch: pytest.MonkeyPatch, rows: int, asked: list[Any]
) -> None:
    counted = Counted(rows)
    remembering = replace(memory(monkeypatch, frozenset({MAY})), snapshot=counted)  # type: ignore[arg-type]
    assert remembering.slice_values("t", ("month",)) == {MAY: 5, JUNE: 3}
    assert counted.asked == asked


TUESDAY = datetime(2024, 1, 2, 3, tzinfo=timezone.utc)
WEDNESDAY = TUESDAY + timedelta(days=1)


class Runs:
    """A store whose last run of `audit` left `states`; it remembers which run it was asked for."""

    def __init__(self, audit: str, states: dict[Any, Any]) -> None:
        self.audit = audit
        self.asked: list[str] = []
        self.past = Past(WHOLE, 4, TUESDAY, Profile(states), "r")

    def last_run(self, audit: str, before: datetime) -> Any:
        assert before == WEDNESDAY
        return SimpleNamespace(run_id="r", as_of=TUESDAY) if audit == self.audit else None

    def history(self, dataset: str, needs: Any, *, run_id: str) -> tuple[Past, ...]:
        self.asked.append(run_id)
        found = {key: s for key, s in self.past.profile.states.items() if key[0] in needs}
        return (replace(self.past, profile=Profile(found)),) if found else ()


@pytest.fixture
def sliced(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Memory]:
    """A memory on Wednesday of a table by months and regions, of which nothing changed."""
    monkeypatch.setattr(Memory, "_saw_all", lambda self, run_id, pinned: True)
    monkeypatch.setattr(incremental, "changed_slices", lambda *given: frozenset())
    monkeypatch.setattr(incremental, "is_partitioned", lambda *given: True)
    snapshot: Any = SimpleNamespace(pinned={"t": SimpleNamespace(version=4)})

    def made(store: Any, *by: str) -> Memory:
        return Memory("a", store, snapshot, {"t": by}, WEDNESDAY)

    return made


def states(*slices: Slice) -> dict[Any, Any]:
    return {(need, where): RowsState(3) for where in slices for need in (ROWS, TALLY)}


@pytest.mark.parametrize(
    "before",
    [
        [Slice.of({"region": "north"}), Slice.of({"region": None})],
        [MAY, Slice.of({"month": "6", "region": "north"})],
        [WHOLE],
    ],
)
def test_states_of_other_slice_columns_are_not_recalled(
    sliced: Callable[..., Memory], before: list[Slice]
) -> None:
    remembering = sliced(Runs("a", states(*before)), "month")
    assert remembering.recall("t", [TALLY]) is None
    assert remembering._last("t", (TALLY,)) is None


def test_states_come_from_the_last_run_of_the_audit_alone(sliced: Callable[..., Memory]) -> None:
    runs = Runs("a", states(MAY, JUNE))
    found = sliced(runs, "month").recall("t", [TALLY])
    assert found is not None
    assert set(found.profile.states) == {(n, w) for n in (ROWS, TALLY) for w in (MAY, JUNE)}
    assert runs.asked == ["r"]
    assert sliced(Runs("b", states(MAY, JUNE)), "month").recall("t", [TALLY]) is None


def leave(store: Store, run_id: str, version: int, *slices: Slice) -> None:
    """A run as of Tuesday that read `version` and judged `slices`; its audit begins its id."""
    store.pin(run_id, [PinRow("t", "/t", version, "id", 6, True, TUESDAY)])
    measured = Profile({(ROWS, where): RowsState(3) for where in slices if not where.is_whole})
    store.append("profiles", profile_rows(measured, {"t": version}, TUESDAY), run_id)
    judged = [Verdict("c", where, Outcome.PASS, Severity.ERROR) for where in slices]
    rows = [ResultRow.of(verdict, Origin("t", version, TUESDAY)) for verdict in judged]
    store.append("results", rows, run_id)
    audit, _, hour = run_id.partition("-")
    finished = TUESDAY + timedelta(hours=int(hour))
    store.commit(record(run_id, judged, TUESDAY, audit=audit, finished_at=finished))


def test_runs_that_looked_from_one_moment_do_not_mix(spark: Any, tmp_path: Path) -> None:
    create_store(spark, tmp_path / "results")
    store = Store(spark, str(tmp_path / "results"))
    schema = Struct((Field("month", Atomic("int")),))
    pinned = Pinned("t", TableRef(path="/t"), 4, schema, 6, True, "id", ("month",))
    snapshot: Any = SimpleNamespace(pinned={"t": pinned})

    def again() -> Memory:
        return Memory("a", store, snapshot, {"t": ("month",)}, WEDNESDAY)

    leave(store, "b-1", 2, WHOLE, MAY, JUNE)
    leave(store, "a-2", 4, WHOLE, MAY, JUNE)
    leave(store, "b-3", 3, JUNE)
    found = again().recall("t", [])
    assert found is not None
    assert set(found.profile.states) == {(ROWS, MAY), (ROWS, JUNE)}
    assert found.changed == frozenset()
    assert again()._version_in("t", "a-2") == 4
    leave(store, "a-4", 4, JUNE)
    assert again().recall("t", []) is None
