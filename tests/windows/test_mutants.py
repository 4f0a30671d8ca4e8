"""The self-test: every mutant of a correct pipeline is detected and named first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sparkguard.windows.replay import replay
from tests.windows.mutants import CORRECT, MUTANTS
from tests.windows.pipelines import CAP, Pipelines


@pytest.fixture(scope="module")
def small() -> Pipelines:
    """Ten thousand events."""
    return Pipelines(10_000)


@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_pipeline_has_no_mismatch(small: Pipelines, name: str) -> None:
    cases = list(small.cases(CORRECT[name]))
    assert len(cases) == 40
    assert [case for case in cases if not case.is_right] == []


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_is_detected_and_named_first(small: Pipelines, name: str) -> None:
    mutant = MUTANTS[name]
    cases = list(small.cases(mutant))
    found = replay(cases, hints=(CAP, CAP + 1))
    assert found.wrong > 0
    best = found.best[0]
    assert (best.bug, best.explained / found.wrong) == (mutant.bug, 1.0), found.ranked[:4]


def test_some_of_the_ties_are_found_whatever_their_order(small: Pipelines) -> None:
    """Through Spark events of one time come in any order, if the contract declares none."""
    cases = [
        replace(case, events=[replace(event, order=()) for event in reversed(case.events)])
        for case in small.cases(MUTANTS["one of the ties"])
    ]
    found = replay(cases, hints=(CAP, CAP + 1))
    assert (found.best[0].bug, found.best[0].explained) == ("rows_for_range", found.wrong)
