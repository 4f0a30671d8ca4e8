"""A small model's truth through whole audits: numbers, alerts and revisions as they are stored."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.contracts.audit import load_audit
from sparkguard.results import Store
from sparkguard.results.alerts import last_rows
from sparkguard.run import Request, audit
from tests.stores import create_store

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: model
version: 1.0.0
status: active
schema:
  - name: scores
    properties:
      - {name: id, logicalType: integer}
      - {name: week, logicalType: integer}
      - {name: made, logicalType: timestamp}
      - {name: score, logicalType: number}
      - {name: shop, logicalType: string}
    quality:
      - id: model
        type: custom
        engine: sparkguard
        implementation:
          check: evaluation
          task: binary
          id: id
          time: made
          score: score
          truth: {table: truth, label: good, event_time: at, arrival_time: known, version: v}
          horizon: P3D
          slices: [shop]
          metrics: {auc: {least: 0.6}}
          owner: ann
          owners: {feed_dead: bob}
  - name: truth
    properties:
      - {name: id, logicalType: integer}
      - {name: good, logicalType: integer}
      - {name: at, logicalType: timestamp}
      - {name: known, logicalType: timestamp}
      - {name: v, logicalType: integer}
"""
AUDIT = """\
audit: model
contracts: ../contracts
results: {path: "${lake}/results"}
datasets:
  scores:
    contract: model
    table: {path: "${lake}/scores"}
    slices: {by: [week], judge: all}
  truth: {contract: model, table: {path: "${lake}/truth"}}
not_evaluable: warn
"""
FIRST = datetime(2024, 1, 1, tzinfo=timezone.utc)  # a Monday
DAYS, A_DAY, DEAD = 56, 50, 49
ID = f"id DIV {A_DAY}"


def land(spark: Any, lake: Path) -> None:
    """Labels come on the day after, but for days 49 and 50, on which none arrives."""
    noise = "pmod(xxhash64(id), 1000)"
    scores = spark.range(DAYS * A_DAY).selectExpr(
        "id",
        f"CAST(({ID}) DIV 7 AS INT) AS week",
        f"TIMESTAMP'2024-01-01 06:00:00+00:00' + make_interval(0, 0, 0, CAST({ID} AS INT)) AS made",
        f"0.2 + 0.3 * (id % 2) + {noise} / 2500D AS score",
        "IF(id % 3 = 0, 'a', 'b') AS shop",
    )
    day = "make_interval(0, 0, 0, 1)"
    truth = scores.selectExpr(
        "id", f"CAST(id % 2 = 1 AND {noise} < 900 AS INT) AS good", f"made + {day} AS at",
        f"made + {day} AS known", "1 AS v",
    )  # fmt: skip
    gone = truth.where(f"({ID}) + 1 NOT BETWEEN {DEAD} AND {DEAD + 1}")
    scores.coalesce(1).write.format("delta").partitionBy("week").save(str(lake / "scores"))
    gone.coalesce(1).write.format("delta").save(str(lake / "truth"))


@pytest.mark.e2e
def test_numbers_alerts_and_revisions_of_two_audits(spark: Any, lake: Path, tmp_path: Path) -> None:
    for name in ("contracts", "audits"):
        (tmp_path / name).mkdir()
    (tmp_path / "contracts/model.odcs.yaml").write_text(CONTRACT)
    (tmp_path / "audits/model.yaml").write_text(AUDIT)
    settings = load_audit(tmp_path / "audits/model.yaml", {"lake": str(lake)})
    land(spark, lake)
    create_store(spark, lake / "results")
    store = Store(spark, str(lake / "results"))

    dead = audit(settings, Request(as_of=FIRST + timedelta(days=DEAD + 1)), spark=spark)
    outcomes = {(row.check_id, row.slice): row.outcome for row in dead.results}
    assert set(outcomes.values()) <= {"pass", "fail", "not_evaluable"}
    assert [key for key, outcome in outcomes.items() if outcome == "fail"] == [
        ("scores.model.feed_dead", "")
    ]
    assert outcomes["scores.model.auc", "week=5"] == "pass"
    assert outcomes["scores.model.accounting", "week=7"] == "not_evaluable"
    alert = last_rows(store)["scores", "scores.model.feed_dead"]
    assert (alert.state, alert.owner) == ("open", "bob")
    assert "since 2024-02-19" in alert.reason

    late = spark.read.format("delta").load(str(lake / "truth")).where("id < 350 AND id % 7 = 0")
    known = "TIMESTAMP'2024-02-21 12:00:00+00:00' AS known"
    late.selectExpr("id", "1 - good AS good", "at", known, "2 AS v").write.format("delta").mode(
        "append"
    ).save(str(lake / "truth"))
    healed = audit(settings, Request(as_of=FIRST + timedelta(days=DEAD + 4)), spark=spark)
    assert last_rows(store)["scores", "scores.model.feed_dead"].state == "resolved"
    restated = {r.check_id for r in healed.results if r.outcome == "warn"}
    assert "scores.model.restatement" in restated

    rows = store.collect(store.read("evaluations"), "evaluations", 10_000)
    aucs = sorted(
        (r for r in rows if r["metric"] == "auc" and r["slice"] == "week=0" and not r["segment"]),
        key=lambda r: r["revision"],
    )
    assert [r["revision"] for r in aucs] == [1, 2]
    assert [r["maturity"] for r in aucs] == ["CLOSED", "CLOSED"]
    assert aucs[1]["cause"] == "correction"
    assert aucs[1]["delta"] == pytest.approx(aucs[1]["value"] - aucs[0]["value"])
    assert aucs[1]["label_version"] == aucs[0]["label_version"] + 1
    assert len([r for r in rows if r["slice"] == "week=2" and r["metric"] == "auc"]) == 3

    before = audit(settings, Request(run_id=dead.run_id), spark=spark)
    assert before.replayed
