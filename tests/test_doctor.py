"""The doctor names what is wrong, with its fix, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sparkguard import doctor, jars, session
from sparkguard.doctor import Row, Status
from sparkguard.errors import EvaluationError
from sparkguard.results import Store
from sparkguard.tables import ResultsPlace
from tests.plans import configured


def by_name(rows: Iterable[Row]) -> dict[str, Row]:
    return {row.name: row for row in rows}


def never() -> Any:
    raise AssertionError("a session was opened")


@pytest.fixture(autouse=True)
def _no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("SPARK_REMOTE", "DATABRICKS_RUNTIME_VERSION", "PYSPARK_GATEWAY_PORT"):
        monkeypatch.delenv(key, raising=False)


def test_the_exit_code_is_the_nearest_thing_to_mend() -> None:
    ok, warn = Row("a", "x"), Row("b", "x", Status.WARN, "fix")
    here, there = Row("c", "x", Status.FAIL, "fix"), Row("d", "x", Status.FAIL, "fix", 3)
    assert doctor.exit_code([ok, warn]) == 0
    assert doctor.exit_code([ok, there]) == 3
    assert doctor.exit_code([there, here]) == 2


def test_without_java_no_session_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "java_version", lambda: None)
    rows = doctor.diagnose(never)
    assert by_name(rows)["Java"].status is Status.FAIL
    assert "17" in by_name(rows)["Java"].fix
    assert doctor.exit_code(rows) == 2


def test_missing_jars_come_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SPARKGUARD_DELTA_JARS", raising=False)
    monkeypatch.setenv("SPARKGUARD_CACHE", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    row = by_name(doctor.machine())["Delta jars"]
    assert (row.status, jars.GET_THEM in row.fix) == (Status.FAIL, True)


def test_a_server_needs_neither_java_nor_jars_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_REMOTE", "sc://host")
    assert {"Java", "Delta jars"}.isdisjoint(by_name(doctor.machine()))


def test_a_session_that_does_not_start_is_reported() -> None:
    def fails() -> Any:
        raise EvaluationError("Spark did not start (X)")

    rows = doctor.diagnose(fails)
    assert by_name(rows)["Spark session"].fix == "Spark did not start (X)"
    assert doctor.exit_code(rows) == 3


@pytest.mark.e2e
def test_a_healthy_machine_is_all_right(spark: Any, mode: str, tmp_path: Path) -> None:
    store = ResultsPlace(path=str(tmp_path / "results"))
    Store(spark, store).init()
    rows = by_name(doctor.diagnose(lambda: spark, store))
    assert {row.name for row in rows.values() if row.status is not Status.OK} == set()
    assert mode in rows["Spark session"].found.lower()
    assert doctor.exit_code(rows.values()) == 0


@pytest.mark.e2e
def test_a_session_that_loses_rows_or_has_no_store_is_not(spark: Any, tmp_path: Path) -> None:
    store = ResultsPlace(path=str(tmp_path / "results"))
    settings = {
        "spark.sql.files.ignoreCorruptFiles": "true",
        "spark.sql.session.timeZone": "Europe/Paris",
    }
    with configured(spark, settings):
        rows = by_name(doctor.diagnose(lambda: spark, store))
    assert rows["spark.sql.files.ignoreCorruptFiles"].status is Status.FAIL
    assert rows["Time zone"].status is Status.WARN
    assert rows["Result tables"].status is Status.FAIL
    assert "sparkguard init" in rows["Result tables"].fix
    assert not any(tmp_path.iterdir())
