from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkguard.errors import ConfigurationError, StoreError
from sparkguard.results import ResultRow, Store
from sparkguard.results.schemas import TABLES
from sparkguard.results.views import views
from sparkguard.tables import ResultsPlace
from tests.results.support import (
    ORIGIN,
    DisturbedWriter,
    FixedClock,
    only,
    record,
    stored,
    verdicts,
)

pytestmark = pytest.mark.e2e


RUN = ("runs", "results", "pins", "violations", "profiles")


@pytest.fixture
def small(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs the test with the tables it names alone."""
    with only(*request.param):
        yield


def test_an_absent_store_is_a_configuration_error_with_the_fix(spark: Any, lake: Path) -> None:
    store = Store(spark, str(lake / "none"))
    with pytest.raises(ConfigurationError, match=r"has no runs, .*run `sparkguard init --results "):
        store.check()
    with pytest.raises(ConfigurationError, match="sparkguard init"):
        store.append("results", [], "r")
    with pytest.raises(ConfigurationError, match="sparkguard init"):
        store.transition("a", "alert", 1, "open", "job", "drift")
    assert list(lake.iterdir()) == []


@pytest.mark.parametrize(
    "small",
    [
        (
            "runs",
            "results",
        )
    ],
    indirect=True,
)
def test_an_older_store_is_refused_and_upgraded_by_init(
    spark: Any, lake: Path, small: None
) -> None:
    older = f"delta.`{lake}/results`"
    spark.sql(f"CREATE TABLE {older} (run_id STRING, check_id STRING) USING delta")
    spark.sql(f"INSERT INTO {older} VALUES ('r', 'c')")
    store = Store(spark, str(lake))
    with pytest.raises(ConfigurationError, match=r"older SparkGuard: results \(without check_kind"):
        store.check()
    created, upgraded = store.init()
    assert (created.table, created.action) == ("runs", "created")
    assert (upgraded.table, upgraded.action) == ("results", "upgraded")
    assert upgraded.columns[:2] == ("check_kind", "dataset")
    assert [change.action for change in store.init()] == ["unchanged", "unchanged"]
    row = store.read("results", committed=False).collect()[0]
    assert (row["run_id"], row["check_id"], row["outcome"]) == ("r", "c", None)


@pytest.mark.parametrize("small", [RUN], indirect=True)
def test_a_newer_store_with_more_columns_is_used(spark: Any, lake: Path, small: None) -> None:
    Store(spark, str(lake)).init()
    spark.sql(f"ALTER TABLE delta.`{lake}/results` ADD COLUMNS (later MAP<STRING, STRING>)")
    store = Store(spark, str(lake), clock=FixedClock())
    store.append("results", [ResultRow.of(v, ORIGIN) for v in verdicts()], "r")
    store.commit(record("r", verdicts()))
    assert stored(store, "results", "r") == 2
    assert "later" not in store.read("results").columns

    spark.sql(f"ALTER TABLE delta.`{lake}/runs` SET TBLPROPERTIES ('sparkguard.generation' = '2')")
    with pytest.raises(ConfigurationError, match="generation 2; this SparkGuard knows 1"):
        Store(spark, str(lake)).check()


@pytest.mark.parametrize("small", [("results",)], indirect=True)
def test_a_foreign_table_is_refused(spark: Any, lake: Path, small: None) -> None:
    columns = ", ".join(f"`{column.name}` STRING" for column in TABLES["results"].columns)
    spark.sql(f"CREATE TABLE delta.`{lake}/results` ({columns}) USING delta")
    with pytest.raises(ConfigurationError, match=r"results\.table_version is string, not bigint"):
        Store(spark, str(lake)).check()


@pytest.mark.parametrize("small", [("results",)], indirect=True)
def test_an_unreadable_store_is_a_store_error(spark: Any, lake: Path, small: None) -> None:
    log = lake / "results" / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").write_text("not json {")
    with pytest.raises(StoreError, match=r"results can't be read"):
        Store(spark, str(lake)).check()


def test_a_place_where_nothing_can_be_created_is_a_store_error(spark: Any, lake: Path) -> None:
    (lake / "file").write_text("")
    with pytest.raises(StoreError, match="creating runs failed: DELTA_CANNOT_CREATE_LOG_PATH"):
        Store(spark, str(lake / "file" / "results")).init()


@pytest.mark.parametrize("small", [RUN], indirect=True)
def test_a_read_only_store_is_a_store_error_at_once(spark: Any, lake: Path, small: None) -> None:
    Store(spark, str(lake)).init()
    clock = FixedClock()

    def deny(operation: int) -> None:
        raise OSError("java.nio.file.AccessDeniedException: /lake/results/_delta_log")

    store = Store(spark, str(lake), clock=clock, writer=DisturbedWriter(before=deny))
    with pytest.raises(StoreError, match="AccessDeniedException"):
        store.append("results", [ResultRow.of(verdicts()[0], ORIGIN)], "r")
    assert clock.slept == []


@pytest.mark.parametrize("small", [RUN], indirect=True)
def test_a_catalog_schema_holds_tables_and_views_of_complete_runs(spark: Any, small: None) -> None:
    store = Store(spark, "audit_results", clock=FixedClock())
    store.init()
    try:
        judged = verdicts()
        for run_id in ("done", "crashed"):
            store.append("results", [ResultRow.of(v, ORIGIN) for v in judged], run_id)
        store.commit(record("done", judged))
        shown = spark.table("`audit_results`.results_committed").select("run_id").distinct()
        assert [row["run_id"] for row in shown.collect()] == ["done"]
        assert stored(store, "results", "crashed", committed=False) == 2
        comments = {row["col_name"]: row["comment"] for row in spark.sql(
            "DESCRIBE TABLE `audit_results`.results").collect()}  # fmt: skip
        assert comments["outcome"] == "pass, warn, fail, error, skipped or not_evaluable."
    finally:
        spark.sql("DROP SCHEMA `audit_results` CASCADE")


def test_folders_have_no_views() -> None:
    assert views(ResultsPlace(path="/lake")) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/lake/results/", ResultsPlace(path="/lake/results")),
        ("s3a://bucket/results", ResultsPlace(path="s3a://bucket/results")),
        ("main.audits", ResultsPlace(schema="main.audits")),
        ("./results", ResultsPlace(path=str(Path("results").resolve()))),
    ],
)
def test_a_location_is_a_folder_or_a_schema(text: str, expected: ResultsPlace) -> None:
    assert ResultsPlace.parse(text) == expected


def test_a_table_is_no_place_for_results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'main\.audits\.runs'.* two parts"):
        ResultsPlace.parse("main.audits.runs")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake").mkdir()
    assert ResultsPlace.parse("lake") == ResultsPlace(path=str(tmp_path / "lake"))
