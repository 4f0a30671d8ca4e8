"""The eleven conditions: healthy feeds break none, and each failure breaks its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sparkguard.checks.base import Judgement
from sparkguard.evaluation.conditions import CONDITIONS
from sparkguard.profile import Profile
from sparkguard.relations.effective_label import LabelBucket
from sparkguard.relations.label_rows import LabelRow
from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome
from tests.evaluation.states import (
    FIRST,
    N,
    One,
    context_of,
    days,
    declared,
    judged,
    seen_on,
    state_of,
)

WEEKS = 20


def conditions(today: int, rows: list[One], of: Any = None, **more: Any) -> dict[str, Judgement]:
    of = of or declared()
    context = seen_on(today, rows, of, **more)
    return {name: judged(of, name, context) for name in CONDITIONS}


def broken(found: Mapping[str, Judgement]) -> set[str]:
    return {n for n, j in found.items() if j.outcome in (Outcome.FAIL, Outcome.WARN)}


def test_a_healthy_feed_breaks_no_condition_and_an_outage_only_its_own() -> None:
    rows = days(WEEKS * 7, lost=dict.fromkeys(range(130, 134), 1.0))
    for today in range(60, 130, 7):
        assert broken(conditions(today, rows)) == set()
    found = conditions(132, rows)
    assert broken(found) == {"feed_dead"}
    assert found["feed_dead"].outcome is Outcome.FAIL
    assert "since 2012-05-10" in found["feed_dead"].reason
    assert found["feed_dead"].owner == "ann"
    assert broken(conditions(136, rows)) == set()


def test_half_a_feed_is_degraded_on_the_first_day() -> None:
    rows = days(WEEKS * 7, lost={130: 0.5})
    found = conditions(131, rows)
    assert broken(found) == {"feed_partial"}
    assert found["feed_partial"].outcome is Outcome.WARN


FEED = ("feed_dead", "feed_partial")


def test_labels_that_never_came_and_labels_too_few_to_tell_are_no_healthy_feed() -> None:
    none = [replace(one, arrival=None, truth=None) for one in days(WEEKS * 7)]
    rare = [one for i, one in enumerate(days(WEEKS * 7)) if not i % (2 * N)]
    for rows, said in ((none, "no label of a prediction has arrived yet"), (rare, "fewer than 20")):
        found = conditions(100, rows)
        for name in FEED:
            assert (found[name].outcome, found[name].observed) == (Outcome.NOT_EVALUABLE, None)
            assert said in found[name].reason


def test_days_of_few_labels_are_judged_together() -> None:
    """Three labels are expected a day, so that 20 are in seven days."""
    few = [one for i, one in enumerate(days(WEEKS * 7)) if not i % (N // 3)]
    for today in range(60, 130):
        assert broken(conditions(today, few)) == set()
    assert 0.5 < (conditions(100, few)["feed_dead"].observed or 0) < 1.5
    gone = [replace(one, arrival=None) if (one.arrival or 0) >= 100 else one for one in few]
    assert "feed_dead" not in broken(conditions(103, gone))
    dead = conditions(108, gone)
    assert dead["feed_dead"].outcome is Outcome.FAIL
    assert "days from 2012-04-10 0 labels arrived where 2" in dead["feed_dead"].reason
    third = [replace(one, arrival=None) if (one.arrival or 0) >= 100 and i % 4 else one
             for i, one in enumerate(few)]  # fmt: skip
    assert broken(conditions(110, third)) == {"feed_partial"}


def test_predictions_that_stop_do_not_blame_the_labels() -> None:
    rows = [one for one in days(WEEKS * 7) if one.day < 120]
    assert broken(conditions(122, rows)) == {"predictions_stopped"}


@pytest.mark.parametrize(
    ("bucket", "name"),
    [(LabelBucket.DUPLICATE, "replayed_feed"), (LabelBucket.BEFORE_PREDICTION, "time_travel")],
)
def test_labels_that_repeat_or_travel_in_time(bucket: LabelBucket, name: str) -> None:
    rows = days(WEEKS * 7)
    rows += [One(99, 0.5, None, 99, label=bucket, origin="JFK") for _ in range(5)]
    assert broken(conditions(100, rows)) == {name}


def test_labels_of_one_class_are_degenerate() -> None:
    rows = [replace(one, truth=False) if one.arrival == 99 else one for one in days(WEEKS * 7)]
    found = conditions(100, rows)
    assert "degenerate_labels" in broken(found)
    assert "negative" in found["degenerate_labels"].reason


@pytest.mark.parametrize("positive", [True, False])
def test_labels_that_were_of_one_class_since_they_began_are_degenerate(positive: bool) -> None:
    rows = [replace(one, truth=positive) for one in days(40)]
    found = judged(declared(), "degenerate_labels", seen_on(41, rows))
    assert found.outcome is Outcome.FAIL
    assert f"all 60 labels that arrived are {'positive' if positive else 'nega'}" in found.reason
    few = judged(declared(), "degenerate_labels", seen_on(41, rows[-19:]))
    assert (few.outcome, few.reason) == (Outcome.NOT_EVALUABLE, "only 19 labels arrived")


def test_other_tasks_have_no_two_classes() -> None:
    of = declared(task="multiclass")
    found = judged(of, "degenerate_labels", seen_on(41, days(40), of))
    assert found.outcome is Outcome.NOT_EVALUABLE
    assert "binary" in found.reason


def test_labels_without_predictions_break_the_join() -> None:
    of, rows = declared(), days(WEEKS * 7)
    context = seen_on(100, rows, of)
    (labels,) = (k for k in context.seen.states if len(k[0].measure.keys) == 2)
    state = context.seen.states[labels]
    more = dict(state.sums)
    more[15_340 + 99, 0] = (90,)
    context = replace(context, seen=Profile({**context.seen.states, labels: type(state)(more)}))
    found = judged(of, "join_break", context)
    assert found.outcome is Outcome.FAIL
    assert "have no prediction" in found.reason


def test_labels_without_id_break_the_join_and_are_evidence_of_the_ledger() -> None:
    of, rows = declared(), days(WEEKS * 7)
    context = seen_on(100, rows, of)
    (labels,) = (k for k in context.seen.states if len(k[0].measure.keys) == 2)
    state = context.seen.states[labels]
    unread = {(FIRST + 99, LabelRow.NULL_ID): (90,), (None, LabelRow.NO_ARRIVAL): (5,),
              (FIRST + 100, LabelRow.NOT_YET): (7,)}  # fmt: skip
    more = type(state)({**state.sums, **unread})
    context = replace(context, seen=Profile({**context.seen.states, labels: more}))
    assert judged(of, "join_break", context).outcome is Outcome.FAIL
    evidence = judged(of, "accounting", context).evidence
    told = {e.label: e.count for e in evidence if e.name == "labels"}
    assert (told["null_id"], told["no_arrival"], told["not_yet"]) == (90, 5, 7)
    assert told["orphan"] == 0
    assert len({e.ordinal for e in evidence if e.name == "labels"}) == len(told)


def test_a_blind_slice_and_a_version_without_evaluation() -> None:
    rows = [replace(one, arrival=None) if one.origin == "JFK" else one for one in days(40)]
    found = conditions(60, rows)
    assert "origin=JFK" in found["slice_blindness"].reason
    assert found["slice_blindness"].outcome is Outcome.WARN
    versions = [replace(one, version="2", arrival=None) if one.day > 20 else
                replace(one, version="1") for one in days(40)]  # fmt: skip
    found = conditions(44, versions)
    assert "not_re_evaluated" in broken(found)


def test_a_slice_that_went_blind_lately_is_not_hidden_by_the_past() -> None:
    rows = [replace(one, arrival=None) if one.origin == "JFK" and one.day >= 133 else one
            for one in days(WEEKS * 7)]  # fmt: skip
    context = seen_on(144, rows, by_week=True)
    found = judged(declared(), "slice_blindness", context)
    assert found.outcome is Outcome.WARN
    assert "origin=JFK" in found.reason


def test_slices_too_small_to_compare_are_not_known_to_be_well() -> None:
    rows = [replace(one, origin=str(i % 150)) for i, one in enumerate(days(40))]
    found = judged(declared(), "slice_blindness", seen_on(60, rows))
    assert (found.outcome, found.observed) == (Outcome.NOT_EVALUABLE, None)
    assert "1 % of the predictions" in found.reason


def test_of_cohorts_of_the_same_days_the_same_one_is_looked_at_in_any_order() -> None:
    rows = days(40)
    blind = [replace(one, arrival=None) if one.origin == "JFK" else one for one in rows]
    cohorts = {Slice.of({"week": w}): state_of(x, 60) for w, x in (("1", rows), ("2", blind))}
    context = context_of(declared(), cohorts, {}, 60)
    turned = Profile(dict(reversed(context.seen.states.items())))
    one, other = (
        judged(declared(), "slice_blindness", each)
        for each in (context, replace(context, seen=turned))
    )
    assert one == other


def test_an_evaluator_that_paused_says_so() -> None:
    context = seen_on(60, days(60))
    late = replace(context, last_run=context.as_of - timedelta(days=5))
    assert judged(declared(), "heartbeat_lost", late).outcome is Outcome.WARN
    in_time = replace(context, last_run=context.as_of - timedelta(days=1))
    assert judged(declared(), "heartbeat_lost", in_time).outcome is Outcome.PASS


def test_an_acknowledged_condition_is_skipped_until_its_day() -> None:
    until = (date(2012, 1, 1) + timedelta(days=132)).isoformat()
    of = declared(
        acknowledged=[{"condition": "feed_dead", "by": "bob", "until": until}],
        owners={"feed_dead": "labels"},
    )
    rows = days(WEEKS * 7, lost=dict.fromkeys(range(130, 140), 1.0))
    context = seen_on(132, rows, of)
    found = judged(of, "feed_dead", context)
    assert (found.outcome, found.owner) == (Outcome.SKIPPED, "labels")
    assert "bob" in found.reason
    assert judged(of, "feed_dead", seen_on(134, rows, of)).outcome is Outcome.FAIL


@pytest.mark.parametrize("labels_arrive", [True, False])
def test_an_empty_table_is_no_healthy_one(labels_arrive: bool) -> None:
    of, arrived = declared(), dict.fromkeys(range(60), 60) if labels_arrive else {}
    context = context_of(of, {Slice(): state_of([], 60)}, arrived, 60)
    found = {name: judged(of, name, context).outcome for name in CONDITIONS}
    assert found.pop("predictions_stopped") is Outcome.FAIL
    assert set(found.values()) == {Outcome.NOT_EVALUABLE}
    assert judged(declared(), "accounting", seen_on(60, [])).outcome is Outcome.NOT_EVALUABLE


@pytest.mark.parametrize(
    "now",
    [
        lambda rows: [replace(one, arrival=None, truth=None) for one in rows],
        lambda rows: [replace(one, score=2.0) if i == 0 else one for i, one in enumerate(rows)],
    ],
    ids=["labels deleted", "an invalid score"],
)
def test_a_closed_cohort_without_any_number_is_restated(now: Any) -> None:
    of, rows = declared(), days(28)
    first = judged(of, "accounting", seen_on(60, rows)).kept
    assert judged(of, "restatement", seen_on(61, rows, earlier=first)).outcome is Outcome.PASS
    found = judged(of, "restatement", seen_on(61, now(rows), earlier=first))
    assert found.outcome is Outcome.WARN
    assert "has no value any more; " in found.reason
    gone = judged(of, "accounting", seen_on(61, now(rows), earlier=first)).kept
    later = seen_on(62, now(rows), earlier=gone)
    assert judged(of, "restatement", later).outcome is Outcome.PASS  # told once, as any move is
