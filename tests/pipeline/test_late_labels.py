"""Late and corrected labels: only the predictions they touch are read again, with one result."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sparkguard import sql
from sparkguard.contracts.audit import load_audit
from sparkguard.evaluation.tasks import Ranking
from sparkguard.layout import lay_out
from sparkguard.measures.keyed_sums import KeyedSums
from sparkguard.pipeline.incremental import Memory
from sparkguard.pipeline.late_labels import LateLabels
from sparkguard.pipeline.observe import observe
from sparkguard.pipeline.situation import situation
from sparkguard.plan import make_plan
from sparkguard.profile import Need, Profile
from sparkguard.relations.base import Tables
from sparkguard.relations.effective_label import PredictionBucket
from sparkguard.relations.prediction_with_truth import PredictionWithTruth
from sparkguard.results import Store
from sparkguard.run import Request, audit, bind_all
from sparkguard.scan import run_scan
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot
from sparkguard.sql import Sql
from sparkguard.tables import TableRef
from tests.evaluation.oracle import DAY, Prediction, evaluate
from tests.evaluation.test_audit import AUDIT, CONTRACT, FIRST, land
from tests.relations.test_effective_label import AS_OF, HORIZON, frames, planted, relation
from tests.stores import create_store

CONFLICTING, PENDING = PredictionBucket.CONFLICTING, PredictionBucket.PENDING
SINCE = AS_OF - 5 * DAY
VERSIONS = {"p": 0, "l": 0}


def land_twice(lake: Path, spark: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Both tables at two moments; of the predictions only week 2 was written again."""
    predictions, labels = planted(9)
    predictions.append(Prediction(None, DAY, 0.1, "2"))
    some = [p for i, p in enumerate(predictions) if p.week == "1" or (p.id or 1) % 9 or i % 2]
    then = some, labels[:-300]
    now = (
        [p for p in predictions if p.week == "1" or (p.id or 1) % 50],
        [x for x in labels if x.id is None or x.id % 37],
    )
    for name, frame in frames(spark, *then).items():
        writer = frame.coalesce(1).write.format("delta")
        writer = writer.partitionBy("week") if name == "p" else writer
        writer.option("delta.enableChangeDataFeed", name == "l").save(str(lake / name))
    again = frames(spark, now[0], labels[-300:])
    again["p"].where("week = '2'").coalesce(1).write.format("delta").mode("overwrite").option(
        "replaceWhere", "week = '2'"
    ).save(str(lake / "p"))
    again["l"].coalesce(1).write.format("delta").mode("append").save(str(lake / "l"))
    spark.sql(f"DELETE FROM delta.`{lake / 'l'}` WHERE id % 37 = 0")
    return then, now


@pytest.mark.parametrize(
    "query",
    [None, pytest.param(sql.template("CAST(id DIV 5 AS STRING)"), marks=pytest.mark.full)],
)
def test_what_touched_predictions_add_to_the_sums_of_then(
    spark: Any, lake: Path, query: Sql | None
) -> None:
    then, now = land_twice(lake, spark)
    snapshot = Snapshot.pin(spark, {name: TableRef(path=str(lake / name)) for name in "pl"})
    of, _ = relation()
    if query is not None:
        task = Ranking(3)
        of = replace(of, predicted=replace(of.predicted, query=query), best=3,
                     cells=task.cells(), sums=task.sums())  # fmt: skip

    def counted(relation: PredictionWithTruth, tables: Tables) -> Profile:
        need: Need[Any] = Need(relation, KeyedSums(relation.keys, relation.totals))
        (scan,) = lay_out([need], {"p": ("week",)})
        found = run_scan(scan, tables)
        assert not found.failures
        return found.profile.restricted([need])

    states = counted(replace(of, as_of=SINCE), Then(snapshot)).states
    late = LateLabels(
        snapshot, replace(of, since=SINCE), FIRST, VERSIONS, states, sql.template("week = '2'")
    )
    assert late.is_told()
    assert late.frame("l").count() < snapshot.frame("l").count()
    assert Profile(states).merge(counted(late.relation, late)) == counted(of, snapshot)
    if query is not None:
        return

    before, after = (
        evaluate(*tables, HORIZON, moment) for tables, moment in ((then, SINCE), (now, AS_OF))
    )
    expected = set()
    said = [{i: (o.of_id[i] is CONFLICTING, t) for i, _, t in o.truth} for o in (before, after)]
    for id_, was in said[0].items():
        if before.of_id[id_] is not PENDING and said[1].get(id_) != was:
            expected.add((id_, -1, before.of_id[id_].name.lower()))
            if id_ in said[1]:
                expected.add((id_, 1, after.of_id[id_].name.lower()))
    pairs = late.pairs(("week",), [Slice.of({"week": w}) for w in "12"]).collect()
    names = {hashlib.sha256(str(id_).encode()).hexdigest()[:32]: id_ for id_ in said[0]}
    assert {(names[r["prediction"]], r["change"], r["bucket"]) for r in pairs} == expected
    assert len(pairs) == len(expected) > 50
    assert {r["slice"] for r in pairs} == {"week=1", "week=2"}
    assert {r["known_at"] is None for r in pairs if "label" in r["bucket"]} == {False}


@dataclass(frozen=True)
class Then:
    """The tables at their first versions."""

    snapshot: Snapshot

    def frame(self, name: str, /) -> Any:
        return self.snapshot.frame_at(name, VERSIONS[name])


@pytest.mark.full
def test_a_days_labels_are_added_to_the_states_of_the_day_before(
    spark: Any, lake: Path, tmp_path: Path
) -> None:
    for name in ("contracts", "audits"):
        (tmp_path / name).mkdir()
    (tmp_path / "contracts/model.odcs.yaml").write_text(CONTRACT)
    (tmp_path / "audits/model.yaml").write_text(f"{AUDIT}incremental: true\n")
    settings = load_audit(tmp_path / "audits/model.yaml", {"lake": str(lake)})
    land(spark, lake)
    truth = f"delta.`{lake / 'truth'}`"
    spark.sql(f"ALTER TABLE {truth} SET TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    create_store(spark, lake / "results")
    tuesday = FIRST + timedelta(days=43)
    audit(settings, Request(as_of=tuesday), spark=spark)
    spark.sql(
        f"INSERT INTO {truth} SELECT id, 1 - good, at, at + INTERVAL 30 DAYS, 2 FROM {truth}"
        " WHERE id BETWEEN 400 AND 410"
    )
    spark.sql(f"DELETE FROM {truth} WHERE id = 900")

    wednesday = tuesday + timedelta(days=1)
    snapshot = Snapshot.pin(spark, {d.name: d.table for d in settings.datasets})
    plan = make_plan(bind_all(settings), situation(settings, snapshot), wednesday)
    plan = replace(plan, entries=tuple(e for e in plan.entries if e.kind == "evaluation"))
    store = Store(spark, str(lake / "results"))
    memory = Memory("model", store, snapshot, plan.by, wednesday)
    needs = next(e.check.needs(plan.context(e)) for e in plan.entries if e.check is not None)
    need: Need[Any] = needs[0]
    assert isinstance(need.relation, PredictionWithTruth)
    late = memory.late_labels(need, need.relation)
    assert late is not None
    touched = late.frame("truth").select("id").distinct().count()
    assert 11 <= touched < 300  # corrected, deleted, and of the last days; of 2,800

    again, whole = (observe(plan, snapshot, memory=m).scanned for m in (memory, None))
    assert not again.failures
    found, expected = (
        {where: need.measure.dump(s) for (n, where), s in one.profile.states.items() if n == need}
        for one in (again, whole)
    )
    assert found == expected
    assert Slice.of({"week": "0"}) in found

    done = audit(settings, Request(as_of=wednesday), spark=spark)
    pairs = store.collect(store.read("evaluation_pairs"), "evaluation_pairs", 100)
    assert {(r["run_id"], r["check_id"]) for r in pairs} == {
        (done.run_id, "scores.model.accounting")
    }
    assert Counter((r["slice"], r["change"], r["bucket"]) for r in pairs) == {
        ("week=1", -1, "labelled"): 11, ("week=1", 1, "labelled"): 11,
        ("week=2", -1, "labelled"): 1, ("week=2", 1, "overdue"): 1,
    }  # fmt: skip
