"""How findings read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sparkguard.windows.replay import Replayed, Score
from sparkguard.windows.statuses import Status
from sparkguard.windows.steps import HOT_UNIT
from sparkguard.windows.telling import Extent, Told, evidence, outcome_reason, sensitivity

CAP = Score("cap_last", "the last 10,000 rows", "history capped at 10,000", 148, 100)
LATE = Score("late_ignored", "the window without events that arrived late", "late", 3, 40)


def _told(replayed: Replayed | None, extent: Extent | None = None) -> Told:
    return Told(
        {(0, 3): (0, 900), (1, 13): (100, 100)},
        {Status.MATCHING: 900, Status.WRONG: 100},
        extent or Extent(10_001, 9_998, 20_000),
        "sum",
        replayed,
    )


def test_the_bug_its_runner_up_and_the_rest_are_named() -> None:
    said = outcome_reason(_told(Replayed(150, 100, 0, (LATE, CAP))))
    assert said == (
        "100 wrong values of 1,000 rows compared; 98.7 % of wrong values equal the sum of the "
        "last 10,000 rows: history capped at 10,000; runner-up: the window without events that "
        "arrived late, 2.0 %; unexplained: 1.3 % (150 wrong values replayed); right up to a "
        "population of 9,998, errors start at population 10,001"
    )


def test_a_tie_is_told_as_a_tie() -> None:
    other = Score("stale", "the value of 1 hour earlier", "the feature lags behind", 148, 100)
    said = outcome_reason(_told(Replayed(150, 100, 0, (CAP, other))))
    assert "(as good: the value of 1 hour earlier)" in said


def test_right_values_that_break_are_told() -> None:
    breaks = Score("empty", "0", "x", 150, 60)
    said = outcome_reason(_told(Replayed(150, 100, 0, (breaks,))))
    assert "though it would break 40 of 100 right values" in said


def test_what_no_bug_explains_is_said_to_be_so() -> None:
    said = outcome_reason(_told(Replayed(12, 100, 0, ())))
    assert "no known bug explains any of 12 replayed wrong values" in said


def test_bugs_that_large_entities_hide_are_said_to_be_untried() -> None:
    hidden = "; leak could not be replayed on 9 of them, of entities with more than 5,000 events"
    found = Replayed(12, 100, unreplayed={"leak": 9})
    said = "no known bug explains any of 12 replayed wrong values"
    assert f"{said}{hidden};" in outcome_reason(_told(found))
    assert hidden in outcome_reason(_told(replace(found, wrong=150, scores=(CAP,))))
    assert hidden not in outcome_reason(_told(replace(found, wrong=148, scores=(CAP,))))


def test_explanations_that_break_right_values_lose_rank() -> None:
    breaks = Score("empty", "0", "x", 150, 10)
    assert Replayed(150, 100, 0, (breaks, CAP)).ranked[0] == CAP


def test_blindness_is_told() -> None:
    found = Replayed(0, 100, 0, (), {"cap_last": 2, "dst": 0, "overflow": 0}, 57)
    assert sensitivity(_told(found, Extent(None, 57, 57))) == (
        "would have shown 1 of 3 bugs; blind to dst, overflow; caps show only below 57, the "
        "largest population"
    )
    rows = [e for e in evidence(_told(found)) if e.name.startswith("windows each bug")]
    assert [(e.label, e.count, e.text is None) for e in rows] == [
        ("cap_last", 2, True), ("dst", 0, False), ("overflow", 0, False)
    ]  # fmt: skip


def test_from_which_size_on_a_bug_shows_is_told() -> None:
    shown = {"boundary (left edge)": 0, "boundary (right edge)": 3, "stale": 3, "length": 3}
    finest = {"stale": 3_600_000_000, "length": 1_000}
    found = Replayed(0, 100, 0, (), {"cap_last": 0, **shown}, 57, finest=finest)
    assert sensitivity(_told(found)) == (
        "would have shown 2 of 4 bugs; blind to cap_last, boundary (left edge); "
        "shows stale only from 1 hour on"
    )
    rows = {e.label: e.text for e in evidence(_told(found)) if e.name.startswith("windows each")}
    assert (
        rows["boundary (left edge)"] == "insensitive: needs an event exactly at an edge of a window"
    )
    assert (rows["stale"], rows["boundary (right edge)"]) == ("from 1 hour on", None)


def test_scores_of_slices_add_up() -> None:
    a = Replayed(10, 5, 0, (CAP,), {"dst": 1}, 5)
    merged = a.merge(a)
    assert (merged.wrong, merged.right, merged.scores[0].explained) == (20, 10, 296)
    assert merged.sensitivity == {"dst": 2}


@pytest.mark.parametrize("units", [1, 20])
def test_a_step_is_in_the_evidence_only_where_it_is_one(units: int) -> None:
    counts = {
        (unit, size): (9 if size == 7 and unit < units else 0, 9)
        for unit in range(101)
        for size in range(8)
    }
    told = replace(_told(None, Extent(3, 200, 200)), counts=counts)
    numbers = {e.label: e.number for e in evidence(told) if e.kind == "work"}
    assert numbers.get("step at population") == (128.0 if units > 1 else None)
    assert ("errors start at a population of about 128" in outcome_reason(told)) is (units > 1)


def test_the_hottest_entities_are_told_apart_from_a_sample() -> None:
    told = replace(_told(None), share=0.01, counts={(0, 3): (0, 900), (HOT_UNIT, 13): (100, 120)})
    assert (
        "in a sample of 1.0 % of entities and the hottest beside it "
        "(100 of 120 rows of theirs differ)" in outcome_reason(told)
    )
    hot = [e for e in evidence(told) if e.name.endswith("hottest entities")]
    assert [(e.x, e.count) for e in hot] == [(8192.0, 120)]
