"""Delta's jars are found where they are and never taken with a wrong checksum."""

from __future__ import annotations

import hashlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

from sparkguard import jars
from sparkguard.errors import MissingDependency


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("SPARKGUARD_DELTA_JARS", raising=False)
    monkeypatch.setenv("SPARKGUARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> jars.Release:
    """A release whose jars are a few bytes."""
    files = {"delta-spark_9": b"spark", "delta-storage": b"storage"}
    spark, storage = (
        jars.Jar(name, "9.0", hashlib.sha256(data).hexdigest()) for name, data in files.items()
    )
    found = jars.Release("9.9.9", "9.0", (spark, storage))
    monkeypatch.setitem(jars.RELEASES, "9.9.9", found)
    return found


def put(folder: Path, name: str, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def test_jars_placed_by_hand_are_found(release: jars.Release) -> None:
    a = put(jars.cache(), "delta-spark_9-9.0.jar", b"spark")
    b = put(jars.cache(), "delta-storage-9.0.jar", b"storage")
    assert jars.find("9.9.9") == (a, b)


def test_an_ivy_cache_is_searched_as_well(release: jars.Release, home: Path) -> None:
    a = put(home / ".ivy2" / "jars", "io.delta_delta-spark_9-9.0.jar", b"spark")
    under = home / ".ivy2.5.2" / "cache" / "io.delta" / "delta-storage" / "jars"
    b = put(under, "delta-storage-9.0.jar", b"storage")
    assert jars.find("9.9.9") == (a, b)


def test_a_jar_with_another_checksum_is_not_taken(release: jars.Release) -> None:
    put(jars.cache(), "delta-spark_9-9.0.jar", b"tampered")
    put(jars.cache(), "delta-storage-9.0.jar", b"storage")
    with pytest.raises(MissingDependency, match=r"delta-spark_9-9\.0\.jar.*python -m"):
        jars.find("9.9.9")


def test_named_jars_are_taken_and_must_exist(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    a = put(tmp_path, "a.jar", b"anything")
    monkeypatch.setenv("SPARKGUARD_DELTA_JARS", f"{a}, {a}")
    assert jars.find("4.2.0") == (a, a)
    monkeypatch.setenv("SPARKGUARD_DELTA_JARS", f"{a},/nowhere/b.jar")
    with pytest.raises(MissingDependency, match=r"/nowhere/b\.jar"):
        jars.find("4.2.0")


def test_an_untested_spark_has_no_jars() -> None:
    with pytest.raises(MissingDependency, match=r"Spark 4\.1\.0 has no tested Delta"):
        jars.find("4.1.0")


def test_what_the_resolver_brings_is_checked_before_it_is_kept(
    monkeypatch: pytest.MonkeyPatch, release: jars.Release, tmp_path: Path
) -> None:
    good = put(tmp_path / "ivy", "io.delta_delta-storage-9.0.jar", b"storage")
    spark = put(tmp_path / "ivy", "io.delta_delta-spark_9-9.0.jar", b"tampered")
    monkeypatch.setattr(jars, "_resolve", lambda release, folder: [good, spark])
    with pytest.raises(MissingDependency, match="SHA-256"):
        jars.fetch("9.9.9")
    assert list(jars.cache().glob("delta-spark*")) == []
    spark.write_bytes(b"spark")
    assert [path.name for path in jars.fetch("9.9.9")] == [
        "delta-spark_9-9.0.jar",
        "delta-storage-9.0.jar",
    ]


def test_a_resolver_that_does_not_end_is_told(
    monkeypatch: pytest.MonkeyPatch, release: jars.Release
) -> None:
    def slow(*command: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("spark-submit", 600)

    monkeypatch.setattr(jars.subprocess, "run", slow)
    with pytest.raises(MissingDependency, match=r"did not end within 600 s.*by hand"):
        jars.fetch("9.9.9")


def test_a_cache_that_can_not_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch,
    release: jars.Release,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPARKGUARD_CACHE", str(tmp_path / "file" / "jars"))
    monkeypatch.setattr(jars, "pyspark_version", lambda: "9.9.9")
    assert jars.main() == MissingDependency.exit_code
    assert "SPARKGUARD_CACHE" in capsys.readouterr().err


def test_a_pyspark_that_no_package_manager_installed_has_a_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", unknown)
    assert jars.pyspark_version() == pyspark.__version__
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingDependency, match="pip install"):
        jars.pyspark_version()


def test_a_user_without_a_home_needs_a_cache_alone(
    monkeypatch: pytest.MonkeyPatch, release: jars.Release
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    paths = (
        put(jars.cache(), "delta-spark_9-9.0.jar", b"spark"),
        put(jars.cache(), "delta-storage-9.0.jar", b"storage"),
    )
    assert jars.find("9.9.9") == paths
    monkeypatch.delenv("SPARKGUARD_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    with pytest.raises(MissingDependency, match="set SPARKGUARD_CACHE"):
        jars.find("9.9.9")


def test_a_jar_that_can_not_be_read_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, release: jars.Release
) -> None:
    def refused(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    put(jars.cache(), "delta-spark_9-9.0.jar", b"spark")
    monkeypatch.setattr(jars, "is_intact", refused)
    with pytest.raises(MissingDependency, match="are not on this machine"):
        jars.find("9.9.9")
