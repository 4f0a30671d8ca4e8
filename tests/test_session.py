"""Which session is opened, what is set on it, and what a user is told when none can be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sparkguard import doctor, jars, session
from sparkguard.errors import ConfigurationError, EvaluationError, MissingDependency


class Hostile:
    """A platform's session that forbids whatever is not ours to do."""

    version = "4.0.0"

    @property
    def conf(self) -> Any:
        raise AssertionError("a setting of a foreign session was touched")

    def stop(self) -> None:
        raise AssertionError("a foreign session was stopped")


@pytest.fixture(autouse=True)
def _no_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key in ("SPARK_REMOTE", "DATABRICKS_RUNTIME_VERSION", "PYSPARK_GATEWAY_PORT"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setattr(session, "_active", lambda: None)
    session.java_version.cache_clear()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What would have been started, without starting it."""
    seen: dict[str, Any] = {}

    def start(settings: dict[str, str], address: str | None = None) -> Any:
        seen.update(settings=dict(settings), address=address)
        return SimpleNamespace(version="4.2.0")

    monkeypatch.setattr(session, "_start", start)
    return seen


def test_an_existing_session_is_used_untouched() -> None:
    own: Any = Hostile()
    assert session.open_session(existing=own) is own


def test_settings_for_an_existing_session_are_refused() -> None:
    own: Any = Hostile()
    with pytest.raises(ConfigurationError, match=r"spark\.executor\.memory.*already open"):
        session.open_session(existing=own, options={"spark.executor.memory": "4g"})


def test_spark_3_is_refused() -> None:
    old: Any = SimpleNamespace(version="3.5.4")
    with pytest.raises(ConfigurationError, match=r"Spark 3\.5\.4 is not supported"):
        session.open_session(existing=old)


@pytest.mark.parametrize(
    ("variable", "platform"),
    [("DATABRICKS_RUNTIME_VERSION", "Databricks"), ("PYSPARK_GATEWAY_PORT", "spark-submit")],
)
def test_nothing_is_added_on_a_managed_platform(
    monkeypatch: pytest.MonkeyPatch, started: dict[str, Any], variable: str, platform: str
) -> None:
    monkeypatch.setenv(variable, "17")
    session.open_session()
    assert started == {"settings": {}, "address": None}
    with pytest.raises(ConfigurationError, match=platform):
        session.open_session(options={"spark.ui.enabled": "false"})


@pytest.mark.parametrize("by_environment", [True, False])
def test_a_remote_server_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch, started: dict[str, Any], by_environment: bool
) -> None:
    if by_environment:
        monkeypatch.setenv("SPARK_REMOTE", "sc://host:15002")
        session.open_session()
    else:
        session.open_session(remote="sc://host:15002")
    assert started == {"settings": {}, "address": "sc://host:15002"}


def test_a_local_session_is_small_in_utc_and_has_the_jars(
    monkeypatch: pytest.MonkeyPatch, started: dict[str, Any]
) -> None:
    monkeypatch.setattr(jars, "find", lambda version: (Path("/j/a.jar"), Path("/j/b.jar")))
    session.open_session(options={"spark.driver.memory": "4g"})
    settings = started["settings"]
    assert settings["spark.jars"] == "/j/a.jar,/j/b.jar"
    assert settings["spark.sql.session.timeZone"] == "UTC"
    assert settings["spark.driver.memory"] == "4g"
    assert settings["spark.master"] == "local[*]"
    assert started["address"] is None


def test_a_local_session_has_the_memory_that_sparks_variable_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SPARK_DRIVER_MEMORY", raising=False)
    assert session.local_settings(())["spark.driver.memory"] == "2g"
    monkeypatch.setenv("SPARK_DRIVER_MEMORY", "16g")
    assert session.local_settings(())["spark.driver.memory"] == "16g"


def test_without_java_the_command_to_type_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingDependency, match=r"Java was not found.*install"):
        session.open_session()


def test_an_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert session.java_version() == 8
    with pytest.raises(MissingDependency, match="Java 8 was found"):
        session.open_session()


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_java_that_can_not_be_started_counts_as_none(
    mode: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_bytes(b"\x7fELF of another machine")
    java.chmod(mode)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert session.java_version() is None
    (row,) = (row for row in doctor.machine() if row.name == "Java")
    assert (row.found, row.status) == ("not found", doctor.Status.FAIL)


def test_a_server_that_does_not_answer_is_no_unexpected_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Silent:
        @property
        def version(self) -> str:
            raise ConnectionError("connect refused by 10.0.0.1")

    monkeypatch.setattr(session, "_start", lambda *_: Silent())
    with pytest.raises(EvaluationError, match=r"Spark did not start \(ConnectionError\)"):
        session.open_session(remote="sc://host:15002")


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> str:
        raise jars.importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(jars.importlib.metadata, "version", absent)
    monkeypatch.setattr(session, "_active", lambda: None)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingDependency, match=r"pip install 'sparkguard\[spark\]'"):
        session.open_session()


@pytest.mark.e2e
def test_the_fixture_session_is_of_the_mode_asked_for(spark: Any, mode: str) -> None:
    assert session.is_connect(spark) == (mode == "connect")
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert session.worker_python(spark) == ".".join(map(str, sys.version_info[:3]))
    assert session.can_persist(spark)


def test_importing_sparkguard_is_fast_and_brings_no_pyspark() -> None:
    code = (
        "import time; start = time.perf_counter(); import sparkguard, sys;"
        "took = time.perf_counter() - start;"
        "print(sorted({'pyspark', 'pandas', 'pyarrow'} & set(sys.modules)), took < 0.5)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"
