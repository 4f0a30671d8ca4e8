"""The main job on real data: a full-scale audit of 336,776 flights against their contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.demos import Show
from sparkguard.demos.landing import configuration, land
from sparkguard.results import Store
from sparkguard.results.run_result import RunResult
from sparkguard.run import audit, initialise

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Known:
    """A publicly known number of this data: rows of the year that have `label` in a check."""

    check: str
    label: str
    rows: int
    says: str


_TAILNUM = "flights.references.tailnum"

KNOWN = (
    Known("flights.references.dest", "orphan rows", 7_602, "fly to an airport that is not listed"),
    Known(_TAILNUM, "orphan rows", 50_094, "have a plane that is not listed"),
    Known(_TAILNUM, "rows with a key NULL altogether", 2_512, "have no tailnum"),
    Known("flights.references.origin+time_hour", "orphan rows", 1_556, "have no weather"),
    Known("flights.completeness.dep_time", "violations", 8_255, "have no departure time"),
)


def run(lake: Path, spark: SparkSession, show: Show) -> bool:
    """Lands the data, audits it, and compares with what is known. True when all agrees."""
    land(spark, lake, show)
    config, variables = configuration() / "audits" / "nycflights.yaml", {"lake": str(lake)}
    initialise(config, spark=spark, variables=variables)
    result = audit(config, spark=spark, variables=variables, progress=show)
    show(result)
    store = Store(spark, result.location)
    agreed = [_compare(known, result, store, show) for known in KNOWN]
    return all(agreed)


def _compare(known: Known, result: RunResult, store: Store, show: Show) -> bool:
    """Whether the whole year and the sum of its months both show the known number."""
    year, months = _reported(known, result, store)
    if (year, months) == (known.rows, known.rows):
        show(f"as known: {known.rows:,} flights {known.says}")
        return True
    show(
        f"expected {known.rows:,} flights that {known.says}; "
        f"found {year:,} in the year and {months:,} over its months"
    )
    return False


def _reported(known: Known, result: RunResult, store: Store) -> tuple[int, int]:
    if known.label == "violations":
        found = {row.slice: row.violations or 0 for row in result.where(check=known.check)}
    else:
        rows = store.read("evidence").where(
            sql.all_of(
                sql.template("{} = {}", sql.name(column), sql.literal(value))
                for column, value in (
                    ("run_id", result.run_id),
                    ("check_id", known.check),
                    ("label", known.label),
                )
            ).text
        )
        found = {row["slice"]: row["count"] for row in rows.select("slice", "count").collect()}
    return found.pop("", 0), sum(found.values())
