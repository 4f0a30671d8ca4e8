"""A verdict that is told is the one that is stored, however often its run is repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.errors import StoreError
from sparkguard.results.schemas import Table
from sparkguard.results.shadow import ShadowStore
from sparkguard.results.shadow_rows import TABLE_ID, Provenance
from sparkguard.shadow_rules.verdict import PartitionOutcome, PartitionVerdict, errored, void
from sparkguard.slices import Slice

MARCH = Slice.of({"month": "3"})
ORIGIN = Provenance("r1", "s", "partition", "code", datetime(2026, 1, 1, tzinfo=timezone.utc))
ERROR, VOID = errored(MARCH, "the candidate failed"), void(MARCH, "not confirmed")
CLEAN = PartitionVerdict(MARCH, PartitionOutcome.CLEAN, "")
DIRTY = PartitionVerdict(MARCH, PartitionOutcome.DIRTY, "v: 1 value")


class Shelf(ShadowStore):
    """Keeps rows as Delta does: once for each pair of app and version."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, int], Mapping[str, Any]] = {}

    def _append(self, table: Table, rows: Any, app: str, version: int = 1) -> None:
        names = (column.name for column in table.columns)
        self.held.setdefault((app, version), {**dict.fromkeys(names), **next(iter(rows))})

    def _rows(self, table: Table, shadow: str, **cells: str) -> list[dict[str, Any]]:
        wanted = {"shadow": shadow, **cells}.items()
        return [dict(row) for row in self.held.values() if wanted <= row.items()]

    @property
    def outcomes(self) -> list[str]:
        return [row["outcome"] for row in self.held.values()]


def recorded(*verdicts: PartitionVerdict) -> Shelf:
    shelf = Shelf()
    for verdict in verdicts:
        shelf.record(verdict, ORIGIN)
    return shelf


@pytest.mark.parametrize(
    ("verdicts", "outcomes"),
    [
        ([ERROR, CLEAN], ["error", "clean"]),
        ([VOID, ERROR, DIRTY, DIRTY], ["void", "error", "dirty"]),
        ([ERROR, errored(MARCH, "another reason")], ["error", "error"]),
        ([ERROR, ERROR], ["error"]),
        ([CLEAN, CLEAN], ["clean"]),
    ],
)
def test_a_verdict_takes_the_place_of_a_hole_of_its_run(
    verdicts: Sequence[PartitionVerdict], outcomes: Sequence[str]
) -> None:
    assert recorded(*verdicts).outcomes == outcomes


@pytest.mark.parametrize(("first", "second"), [(CLEAN, DIRTY), (DIRTY, CLEAN), (CLEAN, ERROR)])
def test_another_verdict_of_a_run_is_refused_and_the_first_one_stays(
    first: PartitionVerdict, second: PartitionVerdict
) -> None:
    shelf = recorded(ERROR, first)
    with pytest.raises(StoreError, match=f"found month=3 {first.outcome.value} before, now"):
        shelf.record(second, ORIGIN)
    assert shelf.outcomes == ["error", first.outcome.value]


def test_other_code_or_faults_make_another_verdict() -> None:
    shelf = recorded(CLEAN)
    with pytest.raises(StoreError, match="another run id"):
        shelf.record(CLEAN, replace(ORIGIN, code="mended"))
    shelf.record(CLEAN, replace(ORIGIN, kind="sensitivity", faults={"dropped row": True}))
    with pytest.raises(StoreError, match="another run id"):
        shelf.record(CLEAN, replace(ORIGIN, kind="sensitivity", faults={"one unit": True}))


def test_a_verdict_that_delta_drops_again_and_again_is_not_taken_for_stored() -> None:
    class Full(Shelf):
        def _append(self, table: Table, rows: Any, app: str, version: int = 1) -> None: ...

    with pytest.raises(StoreError, match="verdict of run r1 on month=3 is not stored"):
        Full().record(CLEAN, ORIGIN)


def test_a_verdict_tells_which_tables_it_is_of() -> None:
    """By Delta's ids; rows of earlier releases hold none, and are told apart by their code."""
    shelf = Shelf()
    session = {"spark": "4.2.0", f"{TABLE_ID}control": "c1", f"{TABLE_ID}shadow": "s1"}
    shelf.record(CLEAN, replace(ORIGIN, configuration=session))
    shelf.record(CLEAN, replace(ORIGIN, run_id="r0", configuration={"spark": "4.1.2"}))
    found, old = shelf.verdicts("s")
    assert (found.tables, old.tables) == ({"control": "c1", "shadow": "s1"}, {})
    assert found.is_of({"control": "c1", "shadow": "s1"})
    assert not found.is_of({"control": "c1", "shadow": "s2"})
    assert found.is_of({"control": "c1"})
    assert old.is_of({"control": "c2"})
