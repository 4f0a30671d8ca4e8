"""A baseline from its making to the verdicts that rest on it, on a table of six months."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.baselining import create_baseline
from sparkguard.cli import run
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.errors import ConfigurationError
from sparkguard.layout import lay_out
from sparkguard.measures.bins import Bins
from sparkguard.measures.families import Family
from sparkguard.measures.values import Values
from sparkguard.pipeline.incremental import Memory
from sparkguard.profile import Need
from sparkguard.relations.table import Table
from sparkguard.results import Store
from sparkguard.results.alerts import accepted, acknowledge, last_rows
from sparkguard.results.baselines import Baselines
from sparkguard.run import Request, audit
from sparkguard.scan import run_scan
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot
from tests.shops import save, write_audit
from tests.stores import create_store

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
incremental: true
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
    spark: Any, lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = config(tmp_path, lake)
    trips(spark).write.format("delta").partitionBy("month").save(str(lake / "trips"))
    create_store(spark, lake / "results")
    store, stored = Store(spark, str(lake / "results")), Baselines(spark, str(lake / "results"))
    file, given = str(tmp_path / "audits/trips.yaml"), ["--set", f"lake={lake}"]

    def said(*arguments: str, code: int = 0) -> str:
        assert run(arguments) == code
        return capsys.readouterr().out

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
    options = ["--by", "bob", "--reason", "looks right"]
    assert "q1 of trips is approved" in said(
        "baseline", "approve", file, "trips", "q1", *options, *given
    )
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

    place = str(lake / "results")
    told = said("results", "explain", place, second.run_id, subject[1], "--slice", "month=6")
    assert "sum of (p - q) ln(p / q)" in told
    assert "█" in told
    assert "VERSION AS OF 0" in told
    (line,) = (x for x in said("baseline", "list", file, *given).splitlines() if "q1" in x)
    assert line.split()[1:4] == ["q1", "approved", "bob"]
    shown = said("baseline", "show", file, "trips", "q1", "--column", "dest", *given)
    assert "version 0, month=1, month=2, month=3" in shown

    spark.sql(f"UPDATE delta.`{lake}/trips` SET dest = 'z' WHERE month = 2 AND dest = 'a'")
    report = tmp_path / "third.json"
    options = ["--aa", "--as-of", "2024-01-03", "--json", str(report)]
    assert "A/A: 0 alarms in 18 feature-partitions" in said("audit", file, *options, *given, code=1)
    third = json.loads(report.read_text())
    assert third["false_alarms"]["over_budget"] is False
    now = {(row["check_id"], row["slice"]): row for row in third["results"]}
    then = {(row.check_id, row.slice): row for row in second.results}
    moved = {key for key, row in now.items() if row["outcome"] != then[key].outcome}
    dest = alert.check_id.replace("delay", "dest")
    # An accepted step is part of the usual from then on, so that delays may change as well.
    assert {key for key in moved if key[0] != alert.check_id} == {(dest, ""), (dest, "month=2")}
    assert "values that the baseline lacks" in now[dest, "month=2"]["reason"]
    opened = last_rows(store)["trips", dest]
    assert (opened.state, opened.new_slices) == ("open", ("", "month=2"))
    # What was recalled and what was read again is what a complete reading gives.
    needs = [need for need, _ in made.profile.states]
    past = store.history("trips", needs, limit=1)
    recalled = {key: state for one in past for key, state in one.profile.states.items()}
    (scan,) = lay_out(needs, {"trips": ("month",)})
    complete = run_scan(scan, Snapshot.pin(spark, {"trips": settings.datasets[0].table}))
    assert recalled == dict(complete.profile.restricted(needs).states)
    assert len(recalled) == 18

    # A run over one slice says nothing of the others.
    audit(settings, Request(only=MONTHS[0], as_of=datetime(2024, 1, 4, tzinfo=timezone.utc)))
    snapshot = Snapshot.pin(spark, {"trips": settings.datasets[0].table})
    friday = datetime(2024, 1, 5, tzinfo=timezone.utc)
    memory = Memory("trips", store, snapshot, {"trips": ("month",)}, friday)
    assert memory.recall("trips", needs) is None

    said("baseline", "retire", file, "trips", "q1", "--by", "eve", *given)
    assert stored.in_force("trips") is None
    assert stored.lives()["trips"][0].by == "eve"


def of_trips(folder: Path, *rules: dict[str, str], by: tuple[str, ...] = ("month",)) -> Path:
    quality = [
        {"type": "custom", "engine": "sparkguard", "name": f"rule {i}", "implementation": rule}
        for i, rule in enumerate(rules)
    ]
    slices = {"slices": {"by": list(by), "judge": "all"}} if by else {}
    return write_audit(folder, {"trips": {"quality": quality}}, {"trips": slices})


def test_rules_over_one_column_share_its_counts(spark: Any, tmp_path: Path) -> None:
    save(trips(spark), tmp_path, "trips", "month")
    create_store(spark, tmp_path / "lake" / "sparkguard")
    rules = [
        {"check": check, **more}
        for check in ("drift", "silent_drift")
        for more in ({}, {"column": "dest"})
    ]
    made = create_baseline(of_trips(tmp_path, *rules), "trips", "q1", MONTHS, by="ann", spark=spark)
    rows = {
        need.measure.kind: need.measure.metrics(state).get("rows")
        for (need, _), state in made.profile.states.items()
        if "dest" in need.measure.columns()
    }
    assert (rows["traits"], rows["values"]) == (6_000, 6_000)


@pytest.mark.parametrize("by", [(), ("month",)])
def test_a_table_without_rows_has_no_baseline(
    spark: Any, tmp_path: Path, by: tuple[str, ...]
) -> None:
    save(trips(spark).limit(0), tmp_path, "trips", "month")
    create_store(spark, tmp_path / "lake" / "sparkguard")
    config = of_trips(tmp_path, {"check": "drift"}, by=by)
    with pytest.raises(ConfigurationError, match="dataset 'trips' has no rows"):
        create_baseline(config, "trips", "q1", by="ann", spark=spark)


def test_counts_have_the_same_bits_however_rows_are_spread(spark: Any) -> None:
    rows, table = trips(spark), Table("trips")
    edges = tuple(float(i) for i in range(1, 100))
    needs: list[Need[Any]] = [
        Need(table, Bins(("delay",), Family.FLOAT, edges)),
        Need(table, Values(("dest",), Family.STRING)),
    ]
    (scan,) = lay_out(needs, {"trips": ("month",)})

    class Spread:
        def __init__(self, parts: int) -> None:
            self.parts = parts

        def frame(self, name: str, /) -> Any:
            return rows.repartition(self.parts)

    def bits(parts: int) -> dict[tuple[str, str], bytes]:
        found = run_scan(scan, Spread(parts)).profile.restricted(needs)
        return {(n.id, where.key): n.measure.dump(s) for (n, where), s in found.states.items()}

    found = bits(1)
    assert len(found) == 12
    assert bits(7) == bits(200) == found
