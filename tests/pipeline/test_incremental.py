from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.pipeline import incremental
from sparkguard.pipeline.incremental import Memory, Recalled
from sparkguard.profile import Need, Profile
from sparkguard.relations.key_counts import KeyCounts
from sparkguard.relations.table import Table
from sparkguard.slices import Slice
from sparkguard.sql import literal

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
    return Memory(None, None, {"t": ("month",)}, None)  # type: ignore[arg-type]


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


def test_changes_come_from_the_log(spark: Any, lake: Path, tmp_path: Path) -> None:
    from sparkguard.snapshot import Snapshot
    from sparkguard.tables import TableRef

    path = str(lake / "t")
    rows = spark.range(30).selectExpr("CAST(id % 3 AS INT) AS month", "id AS a")
    rows.write.format("delta").partitionBy("month").save(path)
    spark.sql(f"UPDATE delta.`{path}` SET a = 0 WHERE month = 1")
    spark.sql(f"OPTIMIZE delta.`{path}`")
    snapshot = Snapshot.pin(spark, {"t": TableRef(path=path)})
    pinned = snapshot.pinned["t"]
    found = incremental._changed(snapshot, pinned, 0, ("month",))
    assert found == {Slice.of({"month": "1"})}
    files = incremental.Changed(snapshot, "t", found).frame("t").inputFiles()
    assert files
    assert all("month=1" in file for file in files)
    assert incremental._changed(snapshot, pinned, pinned.version, ("month",)) == frozenset()
    spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMN b INT")
    evolved = Snapshot.pin(spark, {"t": TableRef(path=path)})
    assert incremental._changed(evolved, evolved.pinned["t"], 0, ("month",)) is None


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
