"""The self-test through Spark at ten million rows: all mutants side by side in one table."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.window import WindowCheck
from sparkguard.datatypes import from_json
from sparkguard.layout import lay_out
from sparkguard.profile import Profile
from sparkguard.scan import run_scan
from sparkguard.verdicts import Outcome
from sparkguard.windows.clock import moment
from sparkguard.windows.values import EXACT
from tests.windows.mutants import CORRECT, MUTANTS, Mutant
from tests.windows.pipelines import START, Pipelines

ROWS = 10_000_000
EVERY = {**{f"correct {name}": m for name, m in CORRECT.items()}, **MUTANTS}


class Parquet:
    """The two files as tables; times have a zone whatever the writer left out."""

    def __init__(self, spark: Any, folder: Path) -> None:
        self._spark, self._folder = spark, folder

    def frame(self, name: str, /) -> Any:
        return self._spark.read.parquet(str(self._folder / f"{name}.parquet"))


@pytest.fixture(scope="module")
def large(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Parquet:
    folder = tmp_path_factory.mktemp("pipelines")
    Pipelines(ROWS, queries=20_000).save(folder, EVERY)
    return Parquet(spark, folder)


def _check(mutant: Mutant, column: str) -> WindowCheck:
    spec = mutant.spec
    return WindowCheck(
        events="events",
        entity=spec.entity,
        query_time=spec.query_time,
        event_time=spec.event_time,
        arrival_time=spec.arrival_time,
        knowledge=spec.knowledge,
        window=spec.window,
        nulls=spec.nulls,
        distinct_id=spec.distinct_id,
        timezone=spec.timezone,
        history="complete",
        output=(column,),
        aggregate=mutant.aggregate,
        tolerance=None if mutant.tolerance == EXACT else mutant.tolerance,
    )


def judged(mutant: Mutant, column: str, tables: Parquet) -> Any:
    facts = {
        name: TableFacts(name, from_json(tables.frame(name).schema.jsonValue()))
        for name in ("features", "events")
    }
    as_of = moment(START + 400 * 86_400_000_000)
    check, context = _check(mutant, column), Context(facts["features"], as_of, tables=facts)
    seen = Profile()
    while True:
        known = {need for need, _ in seen.states}
        needs = [n for n in check.needs(dataclasses.replace(context, seen=seen)) if n not in known]
        if not needs:
            return check.judge(seen, dataclasses.replace(context, seen=seen))
        found = [run_scan(scan, tables) for scan in lay_out(needs, {})]
        assert not [failure for one in found for failure in one.failures.values()]
        seen = Profile({**seen.states, **Profile.merged(one.profile for one in found).states})


@pytest.mark.full
@pytest.mark.parametrize("name", EVERY)
def test_mutants_are_named_and_correct_pipelines_match_at_scale(large: Parquet, name: str) -> None:
    mutant = EVERY[name]
    found = judged(mutant, f"f{list(EVERY).index(name)}", large)
    if not mutant.bug:
        assert (found.outcome, found.violations) == (Outcome.PASS, 0), found.reason
        return
    assert found.outcome is Outcome.FAIL
    best = next(e for e in found.evidence if e.kind == "hypotheses")
    assert (best.text or "").partition(":")[0] == mutant.bug, found.reason
