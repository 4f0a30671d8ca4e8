from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.errors import ConfigurationError, StoreError
from sparkguard.lifecycles.baselines import Status
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.families import Family
from sparkguard.measures.values import Values, ValuesState
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.results.baselines import Baselines, Stored, _need, _rows, app_id
from sparkguard.results.rows import cells_of
from sparkguard.results.schemas.baselines import BASELINES
from sparkguard.slices import WHOLE, Slice
from tests.results.support import DisturbedWriter
from tests.stores import create_store

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
TABLE = Table("flights")
HELD: dict[Need[Any], Any] = {
    Need(TABLE, Bins(("a", "b"), Family.FLOAT, (-0.1, 1e-300, 3.0, 1e22))): BinsState(
        (1, 2, 3, 4, 5)
    ),
    Need(TABLE, Values(("c",), Family.STRING)): ValuesState({"x": 3, None: 1}),
    Need(TABLE, Counts(("d",), Family.BINARY)): CountsState(7, 1),
}


def rows() -> list[dict[str, Any]]:
    return [dict(row) for row in _rows(baseline(), NOW)]


def baseline(version: int = 3) -> Stored:
    profile = Profile({(need, WHOLE): state for need, state in HELD.items()})
    return Stored("q1", "flights", version, (Slice.of({"month": "1"}),), profile)


def test_a_stored_need_is_rebuilt_to_the_bit() -> None:
    for row, (need, state) in zip(rows(), HELD.items(), strict=True):
        found = _need(row)
        assert found == need
        assert found.measure.load(row["state"]) == state


def test_every_row_fits_the_table() -> None:
    for row in rows():
        assert len(cells_of(BASELINES, row)) == len(BASELINES.columns)
        assert row["partitions"] == ["month=1"]


def test_a_row_that_was_tampered_with_is_refused() -> None:
    row = rows()[0]
    changed = json.loads(row["measure"])
    changed["edges"][0] = -0.2
    with pytest.raises(StoreError, match="is not what its id says"):
        _need({**row, "measure": json.dumps(changed)})


def test_an_unknown_measure_is_refused() -> None:
    row = rows()[0]
    with pytest.raises(StoreError, match="'magic', unknown to this SparkGuard"):
        _need({**row, "measure": json.dumps({"kind": "magic"})})


def test_an_interrupted_proposal_is_repeated_with_the_same_counts_alone(
    spark: Any, tmp_path: Path
) -> None:
    create_store(spark, tmp_path / "results")

    def crash(operation: int) -> None:
        if operation == 2:
            raise KeyboardInterrupt

    writer = DisturbedWriter(before=crash)
    with pytest.raises(KeyboardInterrupt):
        Baselines(spark, str(tmp_path / "results"), writer=writer).propose(baseline())
    stored = Baselines(spark, str(tmp_path / "results"))
    with pytest.raises(ConfigurationError, match=r"other counts \(of version 3\); take another id"):
        stored.propose(baseline(version=4))
    assert stored.changes("flights") == ()
    assert stored.propose(baseline()).status is Status.CANDIDATE
    assert stored.load("flights", "q1") == baseline()


def test_baselines_of_two_datasets_never_share_an_identifier() -> None:
    assert app_id("a/b", "c") != app_id("a", "b/c")
