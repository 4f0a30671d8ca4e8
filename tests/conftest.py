"""One Spark session per test process, classic or Connect by SPARKGUARD_TEST_MODE."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.plans import INTERPRETED

MODE = os.environ.get("SPARKGUARD_TEST_MODE", "classic")

# pytest-xdist sets a width, and tables would be cut to it.
os.environ.pop("COLUMNS", None)

settings.register_profile("sparkguard", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("sparkguard")


# Java's quick compiler makes more code than the room it gets by default holds.
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the truths at scale as well")
    parser.addoption("--no-spark", action="store_true", help="only tests that start no Spark")


def pytest_configure(config: pytest.Config) -> None:
    """Most tests' time is compilers at work on code that soon ends.

    Java's quick one alone takes half of the processor time, here and in the processes that tests
    start; at scale the thorough one pays.
    """
    if not config.getoption("--full"):
        os.environ["JAVA_TOOL_OPTIONS"] = _SHORT_LIVED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what --full or --no-spark say; tests that need Spark take the fixture `spark`."""
    left_out = [item for item in items if _is_left_out(config, item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_left_out(config: pytest.Config, item: pytest.Item) -> bool:
    if item.get_closest_marker("full") and not config.getoption("--full"):
        return True
    starts_spark = "spark" in getattr(item, "fixturenames", ())
    starts_spark = starts_spark or item.get_closest_marker("platform") is not None
    return bool(starts_spark and config.getoption("--no-spark"))


@pytest.fixture(scope="session")
def mode() -> str:
    """`classic` or `connect`."""
    return MODE


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Any]:
    """A small local Spark session with Delta, the only one of its process."""
    from sparkguard.session import open_session

    full = pytestconfig.getoption("--full")
    settings = {
        **({} if full else INTERPRETED),
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "1",
        # Executor and driver are one process here; at scale four replays hold their events at once.
        "spark.driver.memory": "4g" if full else "1g",
    }
    if MODE == "connect":
        session = open_session(remote="local[2]", options=settings)
    else:
        session = open_session(options={"spark.master": "local[2]", **settings})
    yield session
    session.stop()


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """An empty folder for Delta tables."""
    folder = tmp_path / "lake"
    folder.mkdir()
    return folder
