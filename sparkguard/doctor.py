"""Looks at everything an audit depends on and says what to mend; writes nothing."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import jars, session
from sparkguard.conditions import condition_of
from sparkguard.errors import MissingDependency, SparkGuardError
from sparkguard.results import Store
from sparkguard.snapshot import SHRINKING, setting
from sparkguard.tables import ResultsPlace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MOST_SKEW = 5.0
_S3A_LOG_STORE = "spark.delta.logStore.s3a.impl"


class Status(Enum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Row:
    """One thing looked at. `fix` is what to do about it, empty when all is well.

    `exit_code` is what a failure means: 2 a request to mend here, 3 Spark or data can't answer.
    """

    name: str
    found: str
    status: Status = Status.OK
    fix: str = ""
    exit_code: int = 2


def diagnose(
    open_session: Callable[[], SparkSession], store: ResultsPlace | None = None
) -> tuple[Row, ...]:
    """Rows on the machine, then on the session and the result store.

    The session is opened only when the machine has what it takes.
    """
    rows = list(machine())
    if exit_code(rows):
        return tuple(rows)
    try:
        spark = open_session()
    except SparkGuardError as error:
        failed = Row("Spark session", "does not start", Status.FAIL, str(error), error.exit_code)
        return (*rows, failed)
    rows.extend(of_session(spark))
    if store is not None:
        rows.extend(of_store(spark, store))
    return tuple(rows)


def exit_code(rows: Iterable[Row]) -> int:
    """0 when nothing failed, else 2 or 3; a request to mend here comes first."""
    return min((row.exit_code for row in rows if row.status is Status.FAIL), default=0)


def machine() -> Iterator[Row]:
    """Python, PySpark, and for a local session Java and Delta's jars."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Row("Python", python)
    try:
        spark_version = jars.pyspark_version()
    except MissingDependency as error:
        yield Row("PySpark", "not installed", Status.FAIL, str(error))
        return
    yield _pyspark(spark_version)
    remote = os.environ.get("SPARK_REMOTE", "")
    if remote and not remote.startswith("local"):
        yield Row("Platform", "Spark Connect server; Java and jars are its own")
        return
    if platform := session.managing_platform():
        yield Row("Platform", f"{platform}; Java and jars are its own")
        return
    yield _java()
    yield _jars(spark_version)


def of_session(spark: SparkSession) -> Iterator[Row]:
    """Versions, interpreters, settings that change results, and what the platform permits."""
    kind = "Connect" if session.is_connect(spark) else "classic"
    yield Row("Spark session", f"{spark.version}, {kind}")
    yield _delta_answers(spark)
    yield _worker(spark)
    for key in SHRINKING:
        if setting(spark, key) == "true":
            fix = f"Set {key} to false: damaged tables silently lose rows, and audits refuse."
            yield Row(key, "true", Status.FAIL, fix, exit_code=3)
        else:
            yield Row(key, "false")
    zone = setting(spark, "spark.sql.session.timeZone") or "unknown"
    if zone in ("utc", "etc/utc"):
        yield Row("Time zone", "UTC")
    else:
        fix = "Set spark.sql.session.timeZone to UTC, or dates depend on the session."
        yield Row("Time zone", zone, Status.WARN, fix)
    yield Row("ANSI", setting(spark, "spark.sql.ansi.enabled") or "as Spark sets it")
    if setting(spark, "spark.sql.caseSensitive") == "true":
        yield Row("Case sensitivity", "on; column names must match exactly")
    else:
        yield Row("Case sensitivity", "off")
    yield Row("Persisting", "permitted" if session.can_persist(spark) else "refused; not needed")
    yield _clock(spark)


def of_store(spark: SparkSession, store: ResultsPlace) -> Iterator[Row]:
    """Whether result tables exist, are of this version, and may be written."""
    try:
        Store(spark, store).check()
        yield Row("Result tables", f"complete in {store}")
    except SparkGuardError as error:
        yield Row(
            "Result tables",
            f"not usable in {store}",
            Status.FAIL,
            str(error),
            min(error.exit_code, 3),
        )
    yield _writable(store)
    if (store.path or "").startswith("s3a:") and not setting(spark, _S3A_LOG_STORE):
        fix = f"Set {_S3A_LOG_STORE} to a multi-driver log store, or let one driver write at a time"
        yield Row("S3 log store", "single-driver", Status.WARN, f"{fix}: commits can be lost.")


def _pyspark(version: str) -> Row:
    try:
        delta = importlib.metadata.version("delta-spark")
    except importlib.metadata.PackageNotFoundError:
        delta = ""
    release = jars.RELEASES.get(version)
    if release is None:
        fix = f"Tested are {', '.join(jars.RELEASES)}."
        return Row("PySpark", f"{version}, untested", Status.WARN, fix)
    if delta and delta != release.delta:
        fix = f"Type: pip install delta-spark=={release.delta}"
        return Row("PySpark", f"{version} with delta-spark {delta}", Status.WARN, fix)
    return Row("PySpark", f"{version} with Delta {release.delta}, tested together")


def _java() -> Row:
    version = session.java_version()
    if version is not None and version >= session.OLDEST_JAVA:
        return Row("Java", str(version))
    found = "not found" if version is None else str(version)
    fix = f"Install Java {session.OLDEST_JAVA} or newer: {session.java_command()}"
    return Row("Java", found, Status.FAIL, fix)


def _jars(spark_version: str) -> Row:
    try:
        paths = jars.find(spark_version)
    except MissingDependency as error:
        return Row("Delta jars", "not found", Status.FAIL, str(error))
    names = ", ".join(path.name for path in paths)
    release = jars.RELEASES.get(spark_version)
    known = {jar.file: jar for jar in release.jars} if release else {}
    if all(path.name in known and jars.is_intact(path, known[path.name]) for path in paths):
        return Row("Delta jars", f"{names}, checksums right")
    fix = "Unset SPARKGUARD_DELTA_JARS to use the tested jars."
    return Row("Delta jars", f"{names}, not the tested files", Status.WARN, fix)


def _delta_answers(spark: SparkSession) -> Row:
    try:
        spark.sql("DESCRIBE DETAIL delta.`/nowhere/sparkguard-doctor`").collect()
    except Exception as error:
        condition = condition_of(error)
        if "DELTA" in condition:
            return Row("Delta", "answers")
        fix = (
            "Give Spark Delta's two jars, spark.sql.extensions="
            "io.delta.sql.DeltaSparkSessionExtension and spark.sql.catalog.spark_catalog="
            "org.apache.spark.sql.delta.catalog.DeltaCatalog."
        )
        return Row("Delta", f"does not answer ({condition})", Status.FAIL, fix, exit_code=3)
    return Row("Delta", "answers")


def _worker(spark: SparkSession) -> Row:
    own = ".".join(map(str, sys.version_info[:2]))
    try:
        version = session.worker_python(spark)
    except Exception as error:
        fix = f"Set PYSPARK_PYTHON to a Python {own}; audits run without one."
        return Row("Workers' Python", f"none ({condition_of(error)})", Status.WARN, fix)
    if version.startswith(f"{own}."):
        return Row("Workers' Python", version)
    fix = f"Set PYSPARK_PYTHON to a Python {own} on the workers."
    return Row("Workers' Python", version, Status.WARN, fix)


def _clock(spark: SparkSession) -> Row:
    try:
        query = "SELECT unix_micros(current_timestamp()) / 1000000D AS now"
        skew = float(spark.sql(query).collect()[0]["now"]) - time.time()
    except Exception as error:
        return Row("Clock", f"unknown ({condition_of(error)})", Status.WARN, "Spark can't run SQL.")
    if abs(skew) <= _MOST_SKEW:
        return Row("Clock", "agrees with Spark's")
    fix = "Synchronise the clocks: freshness is judged by the driver's."
    return Row("Clock", f"{skew:+.0f} s at Spark's side", Status.WARN, fix)


def _writable(store: ResultsPlace) -> Row:
    if store.path is None or ":" in store.path.split("/")[0]:
        return Row(
            "Write access", "shown by the first write; MODIFY on the result tables is needed"
        )
    folder = Path(store.path)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if os.access(folder, os.W_OK | os.X_OK):
        return Row("Write access", f"to {folder}")
    fix = f"Give this user write access to {folder}."
    return Row("Write access", f"none to {folder}", Status.FAIL, fix, exit_code=2)
