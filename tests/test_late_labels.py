"""Late and corrected labels: only the slices they touch are read again, with the same result."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sparkguard.contracts.audit import load_audit
from sparkguard.incremental import Memory
from sparkguard.observe import observe
from sparkguard.plan import make_plan
from sparkguard.profile import Need
from sparkguard.relations.prediction_with_truth import PredictionWithTruth
from sparkguard.results import Store
from sparkguard.run import Request, audit, bind_all, initialise
from sparkguard.situation import situation
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot
from tests.evaluation.test_audit import AUDIT, CONTRACT, FIRST, land


@pytest.mark.full
def test_a_days_labels_touch_their_weeks_and_the_open_ones(
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
    initialise(settings, spark=spark)
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
    memory = Memory(Store(spark, str(lake / "results")), snapshot, plan, wednesday)
    needs = next(e.check.needs(plan.context(e)) for e in plan.entries if e.check is not None)
    need: Need[Any] = needs[0]
    assert isinstance(need.relation, PredictionWithTruth)
    recalled = memory.recall_truth(need, need.relation)
    assert recalled is not None
    weeks = {dict(where.values)["week"] for where in recalled.changed}
    assert weeks == {"1", "2", "5", "6", "7"}  # two with other labels; the others are still open

    again, whole = (observe(plan, snapshot, memory=m).scanned for m in (memory, None))
    assert not again.failures
    found, expected = (
        {where: need.measure.dump(s) for (n, where), s in one.profile.states.items() if n == need}
        for one in (again, whole)
    )
    assert found == expected
    assert Slice.of({"week": "0"}) in found
