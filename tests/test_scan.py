from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sparkguard import scan as scanning
from sparkguard.layout import Chunk, Scan, lay_out
from sparkguard.measures.bins import Bins
from sparkguard.measures.counts import Counts
from sparkguard.measures.distinct import Distinct
from sparkguard.measures.families import Family
from sparkguard.measures.quantiles import Quantiles, QuantilesState
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.measures.values import Values
from sparkguard.profile import Need, Scanned
from sparkguard.relations.table import Table
from sparkguard.scan import batches, run_scan
from sparkguard.scan.cells import of_aggregates
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.sql import Sql
from sparkguard.tables import TableRef
from tests.frames import OneFrame

T = Table("t")


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    return spark.range(100).selectExpr(
        "id", "id % 3 AS k", "id % 2 AS p", "id % 5 AS q", "CAST(id AS DOUBLE) AS x"
    )


def laid_out(measures: Sequence[Any], by: tuple[str, ...] = ("k",)) -> Scan:
    (scan,) = lay_out([Need(T, m) for m in measures], {"t": by})
    return scan


def test_values_of_one_text_are_one_slice() -> None:
    scan = laid_out([Rows()])
    found = of_aggregates(scan, scan.chunks[0], [("1", 3), ("1", 1), (None, 5)])
    assert states(Scanned(found), Rows()) == {"k=1": RowsState(4), "k": RowsState(5)}


def failing(condition: str = "raise_error('boom') IS NULL") -> Tally:
    return Tally(Sql(condition), frozenset({"id"}))


def states(found: Scanned, measure: Any) -> dict[str, Any]:
    return {
        where.key: state
        for (need, where), state in found.profile.states.items()
        if need.measure == measure
    }


def test_a_failing_measure_fails_alone_in_every_pass(frame: Any) -> None:
    good = Tally(Sql("id < 50"), frozenset({"id"}))
    missing = Values(("nope",), Family.INTEGER, expected=2)
    sketch = Distinct(("nope",), Family.INTEGER)
    counted = Values(("p",), Family.INTEGER, expected=2)
    found = run_scan(
        laid_out([good, failing(), missing, counted, sketch, Distinct(("id",), Family.INTEGER)]),
        OneFrame(frame),
    )
    assert {need.measure for need in found.failures} == {failing(), missing, sketch}
    assert found.failures[Need(T, failing())].condition == "USER_RAISED_EXCEPTION"
    assert "boom" not in found.failures[Need(T, failing())].message
    assert states(found, good)["k=0"] == TallyState(17, 17, 0)
    assert dict(states(found, counted)["k=1"].counts) == {"0": 16, "1": 17}


def test_jointly_counted_values_are_told_apart(frame: Any) -> None:
    p, q = (Values((name,), Family.INTEGER, expected=5) for name in "pq")
    scan = laid_out([p, q], by=())
    assert len(scan.chunks) == 1
    found = run_scan(scan, OneFrame(frame)).profile
    assert dict(found.whole(Need(T, p)).counts) == {"0": 50, "1": 50}  # type: ignore[union-attr]
    assert dict(found.whole(Need(T, q)).counts) == dict.fromkeys("01234", 20)  # type: ignore[union-attr]
    assert found.rows(T) == 100


def test_too_many_groups_are_counted_slice_by_slice(
    frame: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = (Values((name,), Family.INTEGER, expected=2) for name in ("p", "id"))
    bins = Bins(("x",), Family.FLOAT, tuple(map(float, range(50))))
    complete = run_scan(laid_out([few, many, bins]), OneFrame(frame))
    monkeypatch.setattr(scanning, "MOST_GROUPS", 33)
    found = run_scan(laid_out([few, many, bins]), OneFrame(frame))
    assert found.failures == {}
    assert states(found, bins) == states(complete, bins)
    assert states(found, few) == states(complete, few)
    assert states(found, many) == {**states(complete, many), "k=0": many.overflow()}
    assert found.profile.rows(T) == 100


def test_groups_of_more_slices_than_can_be_held_are_a_state_of_the_one_measure(
    frame: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "MOST_GROUPS", 35)
    monkeypatch.setattr(batches, "MOST_BATCHES", 2)
    few, many = (Values((name,), Family.INTEGER, expected=2) for name in ("p", "id"))
    bins = Bins(("x",), Family.FLOAT, tuple(map(float, range(50))))
    found = run_scan(laid_out([few, many, bins]), OneFrame(frame))
    assert states(found, many) == {WHOLE.key: many.overflow()}
    assert set(states(found, few)) == {"k=0", "k=1", "k=2"}
    assert set(states(found, bins)) == {"k=0", "k=1", "k=2"}


def test_too_many_slices_are_an_error(frame: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MOST_SLICES", 2)
    found = run_scan(laid_out([Counts(("id",), Family.INTEGER)]), OneFrame(frame))
    assert {f.condition for f in found.failures.values()} == {"SPARKGUARD_TOO_MANY_SLICES"}


def test_passes_that_see_different_rows_are_an_error(spark: Any) -> None:
    class Shrinking:
        calls = 0

        def frame(self, name: str, /) -> Any:
            self.calls += 1
            return spark.range(10 if self.calls == 1 else 9)

    counts, distinct = Counts(("id",), Family.INTEGER), Distinct(("id",), Family.INTEGER)
    found = run_scan(laid_out([counts, distinct], by=()), Shrinking(), threads=1)
    assert [f.condition for f in found.failures.values()] == ["SPARKGUARD_COVERAGE"]


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_follows_the_order_of_the_chunks(frame: Any, threads: int) -> None:
    scan = laid_out([Counts(("id",), Family.INTEGER), Distinct(("id",), Family.INTEGER)])
    seen: list[Chunk] = []
    found = run_scan(scan, OneFrame(frame), seen.append, threads)
    assert tuple(seen) == scan.chunks
    assert set(found.profile.slices(T)) == {Slice.of({"k": str(k)}) for k in range(3)}
    assert found.profile.rows(T) == 100


def test_where_spark_lacks_a_function_the_fallback_is_used(
    frame: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Quantiles, "functions", frozenset({"no_such_function"}))
    quantiles = Quantiles(("x",), Family.FLOAT)
    found = run_scan(laid_out([quantiles], by=()), OneFrame(frame)).profile.whole(
        Need(T, quantiles)
    )
    assert isinstance(found, QuantilesState)
    assert found.sketch == b""
    assert found.at(0.5) == 49.0


def test_an_empty_table_has_no_slices_and_no_rows(spark: Any) -> None:
    empty = spark.range(0).selectExpr("id", "id AS k")
    found = run_scan(laid_out([Counts(("id",), Family.INTEGER)]), OneFrame(empty))
    assert not found.failures
    assert found.profile.rows(T) == 0
    assert Need(T, Rows()) not in found.failures


@pytest.mark.e2e
def test_a_count_of_rows_alone_notices_a_file_that_is_gone(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "t"
    spark.range(0, 100, 1, 2).write.format("delta").save(str(path))
    snapshot = Snapshot.pin(spark, {"t": TableRef(path=str(path))})
    rows = Need(T, Rows())
    (scan,) = lay_out([rows], {})
    assert run_scan(scan, snapshot).profile.states == {(rows, WHOLE): RowsState(100)}
    next(path.glob("*.parquet")).unlink()
    assert run_scan(scan, snapshot).failures.keys() == {rows}
