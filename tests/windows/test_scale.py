"""The self-test through Spark: all mutants side by side in one table, small and at ten millions."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sparkguard.checks.base import Context, Judgement, TableFacts
from sparkguard.checks.window import WindowCheck
from sparkguard.datatypes import from_json
from sparkguard.layout import lay_out
from sparkguard.profile import Need, Profile
from sparkguard.scan import THREADS, run_scan
from sparkguard.verdicts import Outcome
from sparkguard.windows.clock import moment
from sparkguard.windows.durations import DAY
from sparkguard.windows.spec import WindowSpec
from sparkguard.windows.values import EXACT, Tolerance
from tests.windows.mutants import CORRECT, MUTANTS, Mutant
from tests.windows.pipelines import START, Pipelines

pytestmark = pytest.mark.full

SIZES = (10_000, 10_000_000)
EVERY = {**{f"correct {name}": m for name, m in CORRECT.items()}, **MUTANTS}


class Parquet:
    """The two files as tables."""

    def __init__(self, spark: Any, folder: Path) -> None:
        self._spark, self._folder = spark, folder

    def frame(self, name: str, /) -> Any:
        return self._spark.read.parquet(str(self._folder / f"{name}.parquet"))


def _checks() -> Iterator[tuple[str, WindowCheck]]:
    """One check per pipeline; those of one declaration are recomputed together."""
    alike: dict[tuple[WindowSpec, Tolerance], dict[str, Mutant]] = {}
    for n, (name, mutant) in enumerate(EVERY.items()):
        alike.setdefault((mutant.spec, mutant.tolerance), {})[f"f{n}"] = EVERY[name]
    names = {f"f{n}": name for n, name in enumerate(EVERY)}
    for (spec, tolerance), mutants in alike.items():
        check = WindowCheck(
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
            outputs={column: mutant.aggregate for column, mutant in mutants.items()},
            tolerance=None if tolerance == EXACT else tolerance,
        )
        yield from ((names[column], replace(check, output=(column,))) for column in mutants)


@pytest.fixture(scope="module", params=SIZES, ids=("small", "large"))
def judged(
    spark: Any, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, Judgement]:
    """What is concluded of every pipeline over so many events."""
    folder = tmp_path_factory.mktemp("pipelines")
    hot = None if request.param == SIZES[0] else 20
    Pipelines(request.param, queries=5_000, hot=hot).save(folder, EVERY)
    tables = Parquet(spark, folder)
    facts = {
        name: TableFacts(name, from_json(tables.frame(name).schema.jsonValue()))
        for name in ("features", "events")
    }
    context = Context(facts["features"], moment(START + 400 * DAY), tables=facts)
    checks = dict(_checks())
    while fresh := _fresh(checks, context):
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(lambda scan: run_scan(scan, tables), lay_out(fresh, {})))
        assert not [failure for one in found for failure in one.failures.values()]
        states = Profile.merged(one.profile for one in found).states
        context = replace(context, seen=Profile({**context.seen.states, **states}))
    return {name: check.judge(context.seen, context) for name, check in checks.items()}


def _fresh(checks: dict[str, WindowCheck], context: Context) -> list[Need[Any]]:
    """What the checks need and have not seen, each need once."""
    known = {need for need, _ in context.seen.states}
    wanted = dict.fromkeys(need for check in checks.values() for need in check.needs(context))
    return [need for need in wanted if need not in known]


@pytest.mark.parametrize("name", [name for name in EVERY if not EVERY[name].bug])
def test_a_correct_pipeline_has_no_mismatch(judged: dict[str, Judgement], name: str) -> None:
    found = judged[name]
    assert (found.outcome, found.violations) == (Outcome.PASS, 0), found.reason


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_is_detected_and_named_first(judged: dict[str, Judgement], name: str) -> None:
    found = judged[name]
    assert found.outcome is Outcome.FAIL
    best = next(e for e in found.evidence if e.kind == "hypotheses")
    assert (best.text or "").partition(":")[0] == MUTANTS[name].bug, found.reason
