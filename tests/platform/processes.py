"""Real Spark processes on this machine: a standalone cluster and a Connect server."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sparkguard import jars
from tests.plans import INTERPRETED

ROOT = Path(__file__).parents[2]
DELTA = {
    **INTERPRETED,
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.ui.enabled": "false",
}
PATIENCE = 120.0


def spark_home() -> Path:
    spec = importlib.util.find_spec("pyspark")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def environment() -> dict[str, str]:
    """The environment without traces of a Spark that this process may have started."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYSPARK_", "SPARK_"))}
    return {
        **own,
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
    }


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def standalone_cluster(
    folder: Path, workers: int = 2, environ: Mapping[str, str] | None = None
) -> Iterator[str]:
    """A master and workers of one core and 1 GiB each, as processes of their own; its address.

    Executors inherit `environ`, which is `environment()` unless given.
    """
    port, ui = free_port(), free_port()
    address = f"spark://127.0.0.1:{port}"
    master = "org.apache.spark.deploy.master.Master"
    worker = "org.apache.spark.deploy.worker.Worker"
    at = ("--host", "127.0.0.1", "--port")
    with ExitStack() as running:
        running.enter_context(
            _java(folder, "master", (master, *at, str(port), "--webui-port", str(ui)), environ)
        )
        until(lambda: _alive_workers(ui) == 0, "the master answers")
        for number in range(workers):
            own = folder / f"worker{number}"
            small = ("-c", "1", "-m", "1g", "-d", str(own), "--webui-port", "0", address)
            running.enter_context(_java(folder, own.name, (worker, *at, "0", *small), environ))
        until(lambda: _alive_workers(ui) == workers, f"{workers} workers have joined")
        yield address


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """A Spark Connect server as a process of its own; its `sc://` address."""
    port = free_port()
    service = "org.apache.spark.sql.connect.service.SparkConnectServer"
    settings = {**DELTA, "spark.connect.grpc.binding.port": str(port)}
    command = (
        *submit_command("local[2]", settings, folder / "server"),
        *("--class", service, "spark-internal"),
    )
    with _process(folder, "connect", command):
        until(lambda: _listens(port), "the Connect server listens")
        yield f"sc://127.0.0.1:{port}"


def submit_command(master: str, settings: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """spark-submit in client mode with Delta's jars, up to the program to run."""
    folder.mkdir(parents=True, exist_ok=True)
    quiet = ROOT / "sparkguard" / "log4j2.properties"
    all_settings = {
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet}",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        **settings,
    }
    paths = jars.find(jars.pyspark_version())
    return (
        str(spark_home() / "bin" / "spark-submit"),
        *("--master", master, "--jars", ",".join(map(str, paths))),
        *(part for key, value in all_settings.items() for part in ("--conf", f"{key}={value}")),
    )


def submit(
    master: str,
    job: Path,
    arguments: Sequence[str],
    folder: Path,
    seconds: float = 600,
    settings: Mapping[str, str] = DELTA,
) -> subprocess.CompletedProcess[str]:
    """Run `job` to its end and hand back its exit code and output."""
    command = (*submit_command(master, settings, folder), str(job), *arguments)
    return subprocess.run(
        command,
        env=environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.2)
    raise TimeoutError(f"not within {PATIENCE:.0f} s: {what}")


def _alive_workers(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/", timeout=5) as page:
            return int(json.load(page)["aliveworkers"])
    except (OSError, ValueError):
        return -1


def _listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _java(
    folder: Path, name: str, command: Sequence[str], environ: Mapping[str, str] | None
) -> Iterator[None]:
    program = str(spark_home() / "bin" / "spark-class")
    with _process(folder, name, (program, *command), environ):
        yield


@contextmanager
def _process(
    folder: Path, name: str, command: Sequence[str], environ: Mapping[str, str] | None = None
) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environ or environment(), cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
