"""Month by month ingestion of flights, while upstream releases change what they send.

In May a release renames `dep_delay`, in July one widens `flight`, from September on `air_time` is
NULL. The gate stops the first two before a row is stored; nothing is wrong with the schema of the
third, and the drift check names the month in which it began.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import gate
from sparkguard.contracts.odcs import parse_contract
from sparkguard.deltalog import null_files, null_onset
from sparkguard.demos import Show
from sparkguard.demos.landing import land
from sparkguard.results import Store
from sparkguard.results.registry import Registry
from sparkguard.results.run_result import RunResult
from sparkguard.run import audit
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

RENAMED, WIDENED, EMPTIED = 5, 7, 9
_COLUMNS = (
    "year", "month", "day", "carrier", "flight", "tailnum", "origin", "dest",
    "sched_dep_time", "dep_delay", "air_time", "time_hour",
)  # fmt: skip

_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: departures
version: {version}
status: active
schema:
  - name: departures
    quality:
      - type: custom
        engine: sparkguard
        implementation:
          check: silent_drift
          ignore: [year, day, tailnum, dest, sched_dep_time, time_hour]
    properties:
      - {{name: year, logicalType: integer, physicalType: int, required: true}}
      - {{name: month, logicalType: integer, physicalType: int, required: true, partitioned: true,
         logicalTypeOptions: {{minimum: 1, maximum: 12}}}}
      - {{name: day, logicalType: integer, physicalType: int, required: true}}
      - {{name: carrier, logicalType: string, physicalType: string, required: true}}
      - {{name: flight, logicalType: integer, physicalType: int, required: true}}
      - {{name: tailnum, logicalType: string, physicalType: string}}
      - {{name: origin, logicalType: string, physicalType: string, required: true,
         quality: [{{metric: invalidValues, mustBe: 0,
                    arguments: {{validValues: [EWR, JFK, LGA]}}}}]}}
      - {{name: dest, logicalType: string, physicalType: string, required: true}}
      - {{name: sched_dep_time, logicalType: integer, physicalType: int, required: true}}
      - {{name: {delay}, logicalType: integer, physicalType: int}}
      - {{name: air_time, logicalType: integer, physicalType: int,
         logicalTypeOptions: {{minimum: 0}}}}
      - {{name: time_hour, logicalType: timestamp, physicalType: timestamp, required: true}}
"""

_AUDIT = """\
audit: departures
contracts: [departures.odcs.yaml]
results: {{path: "{results}"}}
datasets:
  departures:
    contract: departures
    table: {{path: "{table}"}}
    slices: {{by: [month], judge: none}}
"""


def run(lake: Path, spark: SparkSession, show: Show) -> bool:
    """Ingests the year through the gate. True when all three changes are found where they are."""
    land(spark, lake, show)
    folder = lake / "boundary"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    contract_file = folder / "departures.odcs.yaml"
    contract_file.write_text(_contract("1.0.0"))
    registry = _published(spark, folder, show)
    target = folder / "departures"
    spark.sql(
        f"CREATE TABLE delta.`{target}` ({_columns(spark, lake)}) USING delta "
        "PARTITIONED BY (month) TBLPROPERTIES ('delta.enableTypeWidening' = 'true')"
    )
    stopped = _ingest(spark, lake, contract_file, target, registry, show)
    (folder / "departures.audit.yaml").write_text(
        _AUDIT.format(results=folder / "results", table=target)
    )
    result = audit(folder / "departures.audit.yaml", spark=spark, progress=show)
    files = null_files(spark, TableRef(path=str(target)), ["air_time"])
    onset = null_onset(files["air_time"])
    if onset is not None:
        show(f"Delta's log: air_time is NULL in every file since {onset[0]}, version {onset[1]}")
    return _as_expected(stopped, result, show) and onset is not None


def _contract(version: str, delay: str = "dep_delay") -> str:
    return _CONTRACT.format(version=version, delay=delay)


def _columns(spark: SparkSession, lake: Path) -> str:
    schema = spark.read.format("delta").load(f"{lake}/flights").select(*_COLUMNS).schema
    return ", ".join(f"{f.name} {f.dataType.simpleString()}" for f in schema.fields)


def _published(spark: SparkSession, folder: Path, show: Show) -> Registry:
    """The registry with version 1.0.0; the renaming 1.1.0 is refused by it."""
    Store(spark, str(folder / "results")).init()
    registry = Registry(spark, str(folder / "results"))
    for version, delay in (("1.0.0", "dep_delay"), ("1.1.0", "departure_delay")):
        text = _contract(version, delay)
        done = registry.publish(parse_contract(text, f"{version}.odcs.yaml"), text, "demo")
        if done.publication is not None:
            show(f"contract departures {version} is published")
        for block in done.decision.blocks:
            show(f"contract departures {version} is refused: {block}")
    return registry


def _ingest(
    spark: SparkSession,
    lake: Path,
    contract: Path,
    target: Path,
    registry: Registry,
    show: Show,
) -> dict[int, str]:
    """Every month through the gate with mergeSchema on; what it stopped, by month."""
    flights = spark.read.format("delta").load(f"{lake}/flights").select(*_COLUMNS)
    stopped: dict[int, str] = {}
    for month in range(1, 13):
        batch = flights.where(f"month = {month}")
        if month >= EMPTIED:
            batch = batch.selectExpr(*_with("air_time", "CAST(NULL AS INT)"))
        for release in (_release(month), lambda frame: frame):
            options = gate.GateOptions(merge_schema=True, write_id=f"month-{month}")
            try:
                result = gate.write(
                    release(batch), contract, TableRef(path=str(target)), options,
                    registry=registry,
                )  # fmt: skip
            except gate.Refused as refused:
                stopped[month] = "; ".join(refused.result.reasons)
                show(f"month {month} stopped: {stopped[month]}")
            else:
                show(f"month {month}: {result.rows_written:,} rows in")
                break
    return stopped


def _release(month: int) -> Callable[[DataFrame], DataFrame]:
    """What upstream does to a month's batch before it is told."""
    if month == RENAMED:
        return lambda frame: frame.withColumnRenamed("dep_delay", "departure_delay")
    if month == WIDENED:
        return lambda frame: frame.selectExpr(*_with("flight", "CAST(flight AS BIGINT)"))
    return lambda frame: frame


def _with(column: str, expression: str) -> list[str]:
    return [f"{expression} AS {c}" if c == column else c for c in _COLUMNS]


def _as_expected(stopped: dict[int, str], result: RunResult, show: Show) -> bool:
    drift = [row for row in result.results if row.check_kind == "silent_drift"]
    found = "; ".join(row.reason for row in drift)
    show(f"silent drift: {found or 'none'}")
    return (
        sorted(stopped) == [RENAMED, WIDENED]
        and "departure_delay" in stopped[RENAMED]
        and "flight: arrives as bigint, promised is int" in stopped[WIDENED]
        and f"air_time: always NULL since month={EMPTIED}" in found
    )
