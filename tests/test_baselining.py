"""A baseline from its making to the verdicts that rest on it, on a table of six months."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.baselining import create_baseline
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.errors import ConfigurationError
from sparkguard.layout import lay_out
from sparkguard.measures.bins import Bins
from sparkguard.profile import Need
from sparkguard.relations.table import Table
from sparkguard.results import Store
from sparkguard.results.alerts import accepted, acknowledge, last_rows
from sparkguard.results.baselines import Baselines
from sparkguard.run import Request, audit, initialise
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE, Slice

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: trips
version: 1.0.0
status: active
schema:
  - name: trips
    properties:
      - {name: month, logicalType: integer}
      - {name: delay, logicalType: number}
      - {name: steady, logicalType: number}
      - {name: dest, logicalType: string}
    quality:
      - type: custom
        engine: sparkguard
        implementation: {check: drift}
"""
AUDIT = """\
audit: trips
contracts: ../contracts
results: {path: "${lake}/results"}
datasets:
  trips:
    contract: trips
    table: {path: "${lake}/trips"}
    slices: {by: [month], judge: all}
"""
MONTHS = tuple(Slice.of({"month": str(m)}) for m in (1, 2, 3))


def config(folder: Path, lake: Path) -> AuditConfig:
    for name in ("contracts", "audits"):
        (folder / name).mkdir()
    (folder / "contracts/trips.odcs.yaml").write_text(CONTRACT)
    (folder / "audits/trips.yaml").write_text(AUDIT)
    return load_audit(folder / "audits/trips.yaml", {"lake": str(lake)})


def trips(spark: Any) -> Any:
    """2,000 rows a month; from month 5 on half of the delays are 40 later."""
    number = "CAST(pmod(xxhash64(id), 100000) AS DOUBLE) / 1000"
    return spark.range(12_000).selectExpr(
        "CAST(id % 6 + 1 AS INT) AS month",
        f"{number} + IF(id % 6 >= 4 AND id DIV 6 % 2 = 0, 40, 0) AS delay",
        "CAST(pmod(xxhash64(id, 1), 100000) AS DOUBLE) AS steady",
        "element_at(array('a', 'b', 'c'), CAST(pmod(xxhash64(id, 2), 3) AS INT) + 1) AS dest",
    )


def test_a_baseline_and_the_verdicts_that_rest_on_it(
    spark: Any, lake: Path, tmp_path: Path
) -> None:
    settings = config(tmp_path, lake)
    trips(spark).write.format("delta").partitionBy("month").save(str(lake / "trips"))
    initialise(settings, spark=spark)
    store, stored = Store(spark, str(lake / "results")), Baselines(spark, str(lake / "results"))

    first = audit(settings, Request(as_of=datetime(2024, 1, 1, tzinfo=timezone.utc)), spark=spark)
    assert {row.outcome for row in first.results if row.check_kind == "drift"} == {"not_evaluable"}
    assert {row.counts_as for row in first.results if row.check_kind == "drift"} == {"warn"}

    made = create_baseline(settings, "trips", "q1", MONTHS, by="ann", spark=spark)
    assert made.replay_alarms == 0
    assert made.replayed == 9
    kinds = {".".join(n.measure.column): n.measure.kind for n, _ in made.profile.states}
    assert kinds == {"delay": "bins", "steady": "bins", "dest": "values"}
    assert stored.load("trips", "q1") == made
    assert stored.in_force("trips") is None
    with pytest.raises(ConfigurationError, match="already"):
        create_baseline(settings, "trips", "q1", MONTHS, by="ann", spark=spark)
    stored.approve("trips", "q1", "bob", "looks right")
    approved = stored.in_force("trips")
    assert approved is not None
    assert (approved[0].by, approved[0].slices) == ("bob", MONTHS)

    second = audit(settings, Request(as_of=datetime(2024, 1, 2, tzinfo=timezone.utc)), spark=spark)
    drifts = {
        (row.check_id.rsplit(".", 1)[-1], row.slice): row.outcome
        for row in second.results
        if row.check_kind == "drift"
    }
    bad = {key for key, outcome in drifts.items() if outcome == "fail"}
    assert bad == {("delay", ""), ("delay", "month=5"), ("delay", "month=6")}
    assert set(drifts.values()) == {"pass", "fail"}
    assert len(drifts) == 21

    ((subject, alert),) = last_rows(store).items()
    assert alert.state == "open"
    assert alert.slices == ("", "month=5", "month=6")
    with pytest.raises(ConfigurationError, match="month=5"):
        create_baseline(settings, "trips", "q2", [Slice.of({"month": "5"})], by="ann", spark=spark)
    acknowledge(store, *subject, by="ann", reason="new airport")
    assert Slice.of({"month": "5"}) in accepted(store, "trips")[alert.check_id]


def test_counts_have_the_same_bits_however_rows_are_spread(spark: Any) -> None:
    rows = trips(spark)
    need = Need(Table("trips"), Bins(("delay",), _family(), tuple(float(i) for i in range(1, 100))))
    (scan,) = lay_out([need], {"trips": ("month",)})

    class Spread:
        def __init__(self, parts: int) -> None:
            self.parts = parts

        def frame(self, name: str, /) -> Any:
            return rows.repartition(self.parts)

    found = [
        need.measure.dump(run_scan(scan, Spread(n)).profile.at(WHOLE, need)) for n in (1, 7, 200)
    ]
    assert found[0] == found[1] == found[2]


def _family() -> Any:
    from sparkguard.measures.families import Family

    return Family.FLOAT
