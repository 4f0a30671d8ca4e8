"""Opens the Spark session: an existing one untouched, or a small local one with Delta.

In this order: the session handed in; the one active in this process; Spark Connect when a
remote is given or SPARK_REMOTE is set; on Databricks, EMR and under spark-submit whatever the
platform and the submitter configured; else a local session of our own. Only the last, and a
local Connect server, get settings from here.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import jars
from sparkguard.conditions import condition_of
from sparkguard.errors import ConfigurationError, EvaluationError, MissingDependency

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST_JAVA = 17
OLDEST_SPARK = (4, 0)
_EMR_MARK = Path("/mnt/var/lib/info/job-flow.json")


def open_session(
    *,
    existing: SparkSession | None = None,
    remote: str | None = None,
    options: Mapping[str, str] | None = None,
    fetch_jars: bool = False,
) -> SparkSession:
    """A session that reads and writes Delta.

    `options` are Spark settings that win over the local ones; they are refused, by
    ConfigurationError, where the session is not ours to configure. With `fetch_jars`, Delta's
    jars are brought through Spark's resolver when this machine lacks them. Raises
    MissingDependency with the command to type, and EvaluationError when Spark doesn't start.
    """
    session = existing if existing is not None else _active()
    if session is not None:
        _refuse(options, "a session that is already open")
        return _supported(session)
    address = remote or os.environ.get("SPARK_REMOTE")
    if address and not address.startswith("local"):
        _refuse(options, "a remote Spark Connect server")
        return _supported(_connect(address, {}))
    if not address and (whose := managing_platform()):
        _refuse(options, whose)
        return _supported(_start({}))
    _require_java()
    paths = jars.fetch(jars.pyspark_version()) if fetch_jars else jars.find(jars.pyspark_version())
    settings = {**local_settings(paths), **(options or {})}
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    if address:
        return _supported(_connect(address, settings))
    return _supported(_start({"spark.master": "local[*]", **settings}))


def local_settings(delta_jars: tuple[Path, ...]) -> dict[str, str]:
    """Settings for Spark on one small machine; without them each Delta query takes seconds more."""
    cores = os.cpu_count() or 2
    quiet = f'-Dlog4j2.configurationFile="{files("sparkguard") / "log4j2.properties"}"'
    return {
        "spark.app.name": "sparkguard",
        "spark.jars": ",".join(str(path) for path in delta_jars),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(min(max(cores, 2), 8)),
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.driver.memory": os.environ.get("SPARK_DRIVER_MEMORY", "2g"),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": quiet,
        # Where it is missing, Spark would say so in every command.
        "spark.sql.execution.arrow.pyspark.enabled": str(_has_arrow()).lower(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def _has_arrow() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("pandas", "pyarrow"))


def managing_platform() -> str | None:
    """Who configured Spark before us: Databricks, Amazon EMR, spark-submit, or None."""
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return "Databricks"
    if _EMR_MARK.exists():
        return "Amazon EMR"
    return "spark-submit" if "PYSPARK_GATEWAY_PORT" in os.environ else None


@cache
def java_version() -> int | None:
    """The major version of the Java that Spark would start, or None without one that starts."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).is_file():
        return None
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    except OSError:  # it may not be executed, or is of another architecture
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(found.group(1)) if found else None


def is_connect(session: SparkSession) -> bool:
    """True for a Spark Connect session."""
    return type(session).__module__.startswith("pyspark.sql.connect")


def _require_java() -> None:
    found = java_version()
    if found is None or found < OLDEST_JAVA:
        is_there = "Java was not found" if found is None else f"Java {found} was found"
        raise MissingDependency(
            f"Spark needs Java {OLDEST_JAVA} or newer; {is_there}. Install one, for example with: "
            f"{java_command()}. If it is installed elsewhere, set JAVA_HOME."
        )


def java_command() -> str:
    """The command that installs Java with this system's package manager."""
    for manager, command in {
        "apt-get": "sudo apt-get install -y default-jre-headless",
        "dnf": "sudo dnf install -y java-17-openjdk-headless",
        "apk": "sudo apk add openjdk17-jre-headless",
        "brew": "brew install openjdk@17",
    }.items():
        if shutil.which(manager):
            return command
    return "your system's package manager (openjdk 17, headless)"


def _active() -> SparkSession | None:
    if "pyspark" not in sys.modules:
        return None
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession()


def _connect(address: str, settings: Mapping[str, str]) -> SparkSession:
    if importlib.util.find_spec("grpc") is None:
        raise MissingDependency(
            "Spark Connect needs more packages. Type: pip install 'sparkguard[spark,connect]'"
        )
    return _start(settings, address)


def _start(settings: Mapping[str, str], address: str | None = None) -> SparkSession:
    jars.pyspark_version()
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    if address:
        builder = builder.remote(address)
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise _not_started(error) from error


def _supported(session: SparkSession) -> SparkSession:
    try:
        found = session.version  # the first that asks a remote server
    except Exception as error:
        raise _not_started(error) from error
    version = tuple(int(part) for part in re.findall(r"\d+", found)[:2])
    if version < OLDEST_SPARK:
        raise ConfigurationError(f"Spark {found} is not supported: 4.0 or newer is")
    return session


def _not_started(error: Exception) -> EvaluationError:
    condition = condition_of(error)
    return EvaluationError(
        f"Spark did not start ({condition}). `sparkguard doctor` checks what it needs.", condition
    )


def _refuse(options: Mapping[str, str] | None, whose: str) -> None:
    if options:
        raise ConfigurationError(
            f"Spark settings ({', '.join(sorted(options))}) can't be given to {whose}; "
            "set them where that session is configured"
        )


def worker_python(session: SparkSession) -> str:
    """The Python version that executors start. Raises what Spark raises when none starts."""
    from pyspark.sql.functions import udf

    # A lambda is sent by value: executors need not have SparkGuard installed.
    version = udf(lambda _: platform.python_version(), "string")
    return str(session.range(1).select(version("id")).collect()[0][0])


def can_persist(session: SparkSession) -> bool:
    """False on platforms that refuse to keep a DataFrame, such as Databricks serverless."""
    try:
        session.range(1).persist().unpersist()
    except Exception:
        return False
    return True
