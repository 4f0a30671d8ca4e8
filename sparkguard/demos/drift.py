"""Drift on real data: seasons of 336,776 flights only warn, one planted change of unit fails."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.baselining import create_baseline
from sparkguard.demos import Show
from sparkguard.demos.landing import configuration, land
from sparkguard.rendering.plaintext import explained
from sparkguard.results import Store
from sparkguard.results.baselines import Baselines
from sparkguard.results.evidence import evidence_of
from sparkguard.results.run_result import RunResult
from sparkguard.run import Request, audit, initialise
from sparkguard.sink import overwrite, update
from sparkguard.slices import Slice
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FIRST, SECOND = (datetime(2014, 1, day, tzinfo=timezone.utc) for day in (7, 8))
QUARTER = tuple(Slice.of({"month": str(month)}) for month in (1, 2, 3))
PLANTED = Slice.of({"month": "9"})
CHECK = "flights.drift.dep_delay"


def run(lake: Path, spark: SparkSession, show: Show) -> bool:
    """Approves January to March, audits the year, plants a change, audits again.

    True when the year alone fails nothing and the change fails in its month, and only there.
    """
    land(spark, lake, show)
    own = lake / "drift"
    flights = TableRef(path=str(own / "flights"))
    show("copying the flights")
    rows = spark.read.format("delta").load(str(lake / "flights"))
    overwrite(rows, flights, ("month",))
    config, variables = configuration() / "audits" / "flights_drift.yaml", {"lake": str(own)}
    initialise(config, spark=spark, variables=variables)
    baselines = Baselines(spark, str(own / "sparkguard"))
    name = f"q1-{len(baselines.changes('flights'))}"
    made = create_baseline(
        *(config, "flights", name, QUARTER),
        by="demo",
        spark=spark,
        variables=variables,
        progress=show,
    )
    show(f"replay: {made.replay_alarms} alarms on {made.replayed} accepted feature-partitions")
    baselines.approve("flights", name, "demo", "the first quarter is as it should be")
    year = audit(config, Request(as_of=FIRST), spark=spark, variables=variables, progress=show)
    show(year)
    show("planting a change: in September the delay of departure is in seconds")
    update(
        spark,
        flights,
        "dep_delay",
        sql.template("{} * 60", sql.name("dep_delay")),
        sql.template("{} = 9", sql.name("month")),
    )
    planted = audit(config, Request(as_of=SECOND), spark=spark, variables=variables, progress=show)
    show(planted)
    _explain(Store(spark, planted.location), planted, show)
    return _failed(year) == set() and _failed(planted) == {"", PLANTED.key}


def _failed(result: RunResult) -> set[str]:
    """Slices in which a distribution failed; of other columns than the planted one, its name."""
    return {
        row.slice if row.check_id.endswith(".dep_delay") else row.check_id
        for row in result.where(outcome="fail")
        if row.check_kind == "drift"
    }


def _explain(store: Store, result: RunResult, show: Show) -> None:
    """The verdict on the planted month, with the numbers that a reader needs to redo it."""
    for row in result.where(slice=PLANTED.key, outcome="fail"):
        show(f"{row.check_id}, {PLANTED}: {row.reason}")
        for line in explained(evidence_of(store, result.run_id, row.check_id, PLANTED)):
            show(line)
