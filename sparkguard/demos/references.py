"""Lost parents on real data: which flights' references break, and what an inner join loses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.demos import Show
from sparkguard.demos.landing import configuration, land
from sparkguard.results import Store
from sparkguard.results.run_result import RunResult
from sparkguard.run import audit, initialise
from sparkguard.sink import overwrite
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

AIRPORTS = {"SJU": 5_819, "BQN": 896, "STT": 522, "PSE": 365}
"""The airports that the airports table lacks, with their flights."""

LOST = {
    "rows lost, without a match in the right input": 50_094,
    "rows lost, with a NULL in their key": 2_512,
}
"""What an inner join of flights and planes loses, by cause."""


def run(lake: Path, spark: SparkSession, show: Show) -> bool:
    """Audits the flights' references and a join made of them. True when all is as known."""
    land(spark, lake, show)
    flights = _audited("nycflights", lake, spark, show)
    airports = _evidence(flights, "flights.references.dest", "top orphans")
    show("flights to airports that are not listed, by airport:")
    show(_lines(airports))

    show("making a join: flights with the maker of their plane")
    tables = {name: spark.read.format("delta").load(str(lake / name)) for name in _INPUTS}
    chosen = [tables[name].select(*columns) for name, columns in _INPUTS.items()]
    joined = chosen[0].join(chosen[1], "tailnum", "inner")
    overwrite(joined, TableRef(path=str(lake / "flights_with_planes")), ("month",))
    join = _audited("flights_with_planes", lake, spark, show)
    numbers = _evidence(join, "flights_with_planes.join", "join")
    show("what became of the flights in the join:")
    show(_lines(numbers))

    lost = {label: numbers.get(label) for label in LOST}
    agreed = airports == AIRPORTS and lost == LOST
    show("all as known" if agreed else f"expected {AIRPORTS} and {LOST}")
    return agreed


_INPUTS = {"flights": ("month", "tailnum", "distance"), "planes": ("tailnum", "manufacturer")}


def _audited(name: str, lake: Path, spark: SparkSession, show: Show) -> tuple[Store, RunResult]:
    config, variables = configuration() / "audits" / f"{name}.yaml", {"lake": str(lake)}
    initialise(config, spark=spark, variables=variables)
    result = audit(config, spark=spark, variables=variables, progress=show)
    return Store(spark, result.location), result


def _evidence(audited: tuple[Store, RunResult], check: str, name: str) -> dict[str, int]:
    """The counts of one picture of a check on the whole table, by label, in their order."""
    store, result = audited
    wanted: dict[str, Any] = {
        "run_id": result.run_id, "check_id": check, "slice": "", "name": name
    }  # fmt: skip
    rows = store.read("evidence").where(
        sql.all_of(
            sql.template("{} = {}", sql.name(column), sql.literal(value))
            for column, value in wanted.items()
        ).text
    )
    found = rows.select("ordinal", "label", "count").orderBy("ordinal").collect()
    return {row["label"]: row["count"] for row in found}


def _lines(numbers: dict[str, int]) -> str:
    return "\n".join(f"{count:>10,}  {label}" for label, count in numbers.items())
