"""Pinning: every read of a run sees one version of each table, or says why it can't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.errors import EvaluationError, SnapshotError
from sparkguard.layout import lay_out
from sparkguard.measures.rows import Rows
from sparkguard.profile import Need
from sparkguard.relations.table import Table
from sparkguard.scan import run_scan
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot
from sparkguard.sql.slices import is_in
from sparkguard.tables import TableRef
from tests.plans import configured

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def table(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> TableRef:
    """Version 0 has rows 0 to 9 in months 0 to 2; version 1 has two more, without a month."""
    path = str(tmp_path_factory.mktemp("lake") / "orders")
    rows = spark.range(10).selectExpr("id", "CAST(id % 3 AS INT) AS month", "id * 1.5D AS `a.b`")
    rows.write.format("delta").partitionBy("month").save(path)
    more = spark.range(2).selectExpr("id", "CAST(NULL AS INT) AS month", "0D AS `a.b`")
    more.write.format("delta").mode("append").save(path)
    return TableRef(path=path)


def test_a_table_is_pinned_at_its_latest_version(spark: Any, table: TableRef) -> None:
    pinned = Snapshot.pin(spark, {"orders": table})["orders"]
    assert (pinned.version, pinned.rows, pinned.rows_proven) == (1, 12, True)
    assert pinned.partition_columns == ("month",)
    assert str(pinned.schema) == "struct<id:bigint,month:int,`a.b`:double>"
    assert pinned.table_id


def test_a_version_of_an_earlier_run_is_reused(spark: Any, table: TableRef) -> None:
    snapshot = Snapshot.pin(spark, {"orders": table}, versions={"orders": 0})
    assert (snapshot["orders"].version, snapshot["orders"].rows) == (0, 10)
    assert snapshot.frame("orders").count() == 10


def test_rows_written_after_pinning_are_not_seen(spark: Any, lake: Path) -> None:
    path = str(lake / "growing")
    spark.range(3).write.format("delta").save(path)
    snapshot = Snapshot.pin(spark, {"t": TableRef(path=path)})
    spark.range(5).write.format("delta").mode("append").save(path)
    assert snapshot.frame("t").count() == 3


def test_slices_come_with_their_rows_and_null_is_a_slice(spark: Any, table: TableRef) -> None:
    snapshot = Snapshot.pin(spark, {"orders": table})
    assert snapshot.slice_values("orders", ("month",)) == {
        Slice.of({"month": None}): 2,
        Slice.of({"month": "0"}): 4,
        Slice.of({"month": "1"}): 3,
        Slice.of({"month": "2"}): 3,
    }
    assert len(snapshot.slice_values("orders", ("a.b", "month"))) == 11


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_a_decimal_names_its_slice_in_every_session(spark: Any, lake: Path, ansi: str) -> None:
    path = str(lake / "rates")
    spark.sql("SELECT CAST(0 AS DECIMAL(20,10)) AS rate").write.format("delta").save(path)
    snapshot, zero = Snapshot.pin(spark, {"t": TableRef(path=path)}), "0.0000000000"
    (scan,) = lay_out([Need(Table("t"), Rows())], {"t": ("rate",)})
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        (named,) = snapshot.slice_values("t", ("rate",))
        ((_, seen),) = run_scan(scan, snapshot).profile.states
        held = snapshot.frame("t").where(is_in(named).text).count()
    assert (named, seen, held) == (Slice.of({"rate": zero}), named, 1)


def test_slices_by_a_timestamp_take_a_session_in_utc(spark: Any, lake: Path) -> None:
    path = str(lake / "moments")
    spark.sql("SELECT TIMESTAMP'2021-11-07 05:30:00Z' AS t").write.format("delta").save(path)
    snapshot = Snapshot.pin(spark, {"t": TableRef(path=path)})
    with (
        configured(spark, {"spark.sql.session.timeZone": "America/New_York"}),
        pytest.raises(EvaluationError, match="sliced by t, a TIMESTAMP"),
    ):
        snapshot.slice_values("t", ("t",))
    with configured(spark, {"spark.sql.session.timeZone": "UTC"}):
        assert snapshot.slice_values("t", ("t",)) == {Slice.of({"t": "2021-11-07 05:30:00"}): 1}


def test_too_many_slices_are_an_error_and_not_cut_off(spark: Any, table: TableRef) -> None:
    snapshot = Snapshot.pin(spark, {"orders": table})
    with pytest.raises(EvaluationError, match="more than 3 slices by month"):
        snapshot.slice_values("orders", ("month",), most=3)


def test_a_catalog_table_is_pinned_by_name(spark: Any) -> None:
    spark.sql("CREATE TABLE default.`select` (x INT, c VARCHAR(3)) USING delta")
    spark.sql("INSERT INTO default.`select` VALUES (1, 'a')")
    snapshot = Snapshot.pin(spark, {"t": TableRef(name="spark_catalog.default.`select`")})
    assert (snapshot["t"].version, snapshot["t"].rows) == (1, 1)
    assert [row.x for row in snapshot.frame("t").collect()] == [1]
    assert str(snapshot["t"].schema) == "struct<x:int,c:varchar(3)>"


@pytest.mark.parametrize("kind", ["missing", "parquet", "empty folder"])
def test_what_is_no_delta_table_fails_with_its_reason(spark: Any, lake: Path, kind: str) -> None:
    path = lake / "t"
    if kind == "parquet":
        spark.range(3).write.parquet(str(path))
    elif kind == "empty folder":
        path.mkdir()
    snapshot = Snapshot.pin(spark, {"t": TableRef(path=str(path))})
    assert set(snapshot.failures) == {"t"}
    with pytest.raises(SnapshotError, match="does not exist or is not a Delta table"):
        snapshot.frame("t")


def test_a_missing_name_and_a_missing_version_fail_without_stopping_the_others(
    spark: Any, table: TableRef
) -> None:
    refs = {"good": table, "gone": TableRef(name="default.nothing"), "late": table}
    snapshot = Snapshot.pin(spark, refs, versions={"late": 99})
    assert snapshot["good"].rows == 12
    assert snapshot.failures["gone"].condition == "TABLE_OR_VIEW_NOT_FOUND"
    assert "version 99 no longer exists" in str(snapshot.failures["late"])


def test_a_table_of_another_format_in_the_catalog_is_refused(spark: Any) -> None:
    spark.sql("CREATE TABLE default.plain (x INT) USING parquet")
    snapshot = Snapshot.pin(spark, {"t": TableRef(name="default.plain")})
    assert "is not a Delta table but parquet" in str(snapshot.failures["t"])


@pytest.mark.parametrize("key", ["ignoreMissingFiles", "ignoreCorruptFiles"])
def test_a_session_that_drops_unreadable_files_is_refused(
    spark: Any, table: TableRef, key: str
) -> None:
    with (
        configured(spark, {f"spark.sql.files.{key}": "true"}),
        pytest.raises(EvaluationError, match=f"{key} is true"),
    ):
        Snapshot.pin(spark, {"orders": table})


def test_the_count_of_a_table_with_deletion_vectors_is_right(spark: Any, lake: Path) -> None:
    ref = TableRef(path=str(lake / "t"))
    writer = spark.range(100).coalesce(1).write.format("delta")
    writer.option("delta.enableDeletionVectors", "true").save(ref.path)
    spark.sql(f"DELETE FROM {ref.sql} WHERE id < 7")
    pinned = Snapshot.pin(spark, {"t": ref})["t"]
    assert (pinned.rows, pinned.properties["delta.enableDeletionVectors"]) == (93, "true")
