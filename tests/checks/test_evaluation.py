"""Judgements on states made in plain Python: outcomes, reasons, revisions, conditions."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sparkguard.checks.base import Approved, Context, Judgement
from sparkguard.errors import ConfigurationError
from sparkguard.evaluation.conditions import CONDITIONS
from sparkguard.kinds import canonical
from sparkguard.profile import Profile
from sparkguard.relations.effective_label import LabelBucket
from sparkguard.results.baselines import _need
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome, Severity, Verdict
from tests.evaluation.states import One, context_of, declared, judged, state_of

WEEKS = 20
N = 60  # predictions a day


def days(
    n: int, seed: int = 1, skill: float = 1.0, lost: Mapping[int, float] | None = None
) -> list[One]:
    """`n` days of predictions, each with its label on the next day but for a share `lost`."""
    draw, found = random.Random(seed), []
    for day in range(n):
        for i in range(N):
            positive = draw.random() < 0.3
            score = min(0.99, max(0.01, draw.gauss(0.35 + 0.35 * skill * positive, 0.15)))
            arrives = draw.random() >= (lost or {}).get(day + 1, 0.0)
            origin = "EWR" if i % 3 else "JFK"
            found.append(One(day, score, positive, day + 1 if arrives else None, origin))
    return found


def seen_on(
    today: int, rows: list[One], of: Any = None, by_week: bool = False, **more: Any
) -> Context:
    of = of or declared()
    arrived: dict[int, int] = {}
    for one in rows:
        if one.arrival is not None and one.arrival < today:
            arrived[one.arrival] = arrived.get(one.arrival, 0) + 1
    cohorts = {WHOLE: state_of(rows, today)}
    if by_week:
        weeks: dict[Slice, list[One]] = {}
        for one in rows:
            weeks.setdefault(Slice.of({"week": str(one.day // 7)}), []).append(one)
        cohorts = {where: state_of(some, today) for where, some in weeks.items()}
    return context_of(of, cohorts, arrived, today, **more)


def conditions(today: int, rows: list[One], of: Any = None, **more: Any) -> dict[str, Judgement]:
    of = of or declared()
    context = seen_on(today, rows, of, **more)
    return {name: judged(of, name, context) for name in CONDITIONS}


def broken(found: Mapping[str, Judgement]) -> set[str]:
    return {n for n, j in found.items() if j.outcome in (Outcome.FAIL, Outcome.WARN)}


def test_a_metric_is_stored_with_coverage_interval_and_maturity() -> None:
    of = declared(metrics={"auc": {"least": 0.5}})
    context = seen_on(60, days(60), of)
    found = judged(of, "accounting", context)
    assert found.outcome is Outcome.PASS
    assert found.rows == 60 * N
    rows = found.stored["evaluations"]
    assert {row["segment_value"] for row in rows} == {None, "EWR", "JFK"}
    (auc,) = (r for r in rows if r["metric"] == "auc" and not r["segment"])
    assert auc["bin_low"] <= auc["value"] <= auc["bin_high"]
    assert auc["low"] < auc["value"] < auc["high"]
    assert auc["coverage"] == pytest.approx(59 / 60)
    assert (auc["revision"], auc["cause"], auc["label_version"]) == (1, None, 7)
    assert all(row["coverage"] is not None for row in rows)
    early = judged(of, "auc", seen_on(2, days(2), of))
    assert early.outcome is Outcome.NOT_EVALUABLE
    assert early.counts_as is Outcome.WARN
    assert "too early" in early.reason


@pytest.mark.parametrize(
    ("scores", "said"),
    [((1.5,), "no probabilities"), ((float("nan"),), "no probabilities"), ((-0.1,), "probab")],
)
def test_scores_that_are_no_probabilities_give_a_reason_and_no_metric(
    scores: tuple[float, ...], said: str
) -> None:
    rows = [*days(30), *(One(3, score, True, 4) for score in scores)]
    found = judged(declared(), "accounting", seen_on(60, rows))
    assert found.outcome is Outcome.FAIL
    assert said in found.reason
    whole = [r for r in found.stored["evaluations"] if not r["segment"]]
    assert {(row["value"], row["status"]) for row in whole} == {(None, "INVALID")}


def test_no_label_at_all_is_no_number() -> None:
    rows = [One(day, 0.4) for day in range(10) for _ in range(N)]
    of = declared(metrics={"auc": {"least": 0.5}})
    for today, said in ((2, "yet"), (40, "yet")):
        context = seen_on(today, rows, of)
        found = judged(of, "accounting", context)
        assert found.outcome is Outcome.NOT_EVALUABLE
        assert said in found.reason
        assert {row["value"] for row in found.stored["evaluations"]} == {None}
        assert judged(of, "auc", context).outcome is Outcome.NOT_EVALUABLE


def test_half_of_the_labels_leaves_the_other_half_without_a_value() -> None:
    rows = [*days(28), *(replace(one, arrival=None, truth=None, day=one.day + 28)
                         for one in days(28))]  # fmt: skip
    context = seen_on(100, rows, by_week=True)
    values = {
        week: {r["value"] for r in
               judged(declared(), "accounting", context, Slice.of({"week": str(week)}))
               .stored["evaluations"] if r["metric"] == "auc" and not r["segment"]}
        for week in range(8)
    }  # fmt: skip
    assert all(None not in values[week] for week in range(4))
    assert all(values[week] == {None} for week in range(4, 8))


def test_a_bound_is_held_once_labels_are_ripe() -> None:
    of = declared(metrics={"auc": {"least": 0.99}, "brier": {"most": 0.9}})
    context = seen_on(70, days(60), of)
    found = judged(of, "auc", context)
    assert found.outcome is Outcome.FAIL
    assert "below 0.99" in found.reason
    assert "owner ann" in found.reason
    assert judged(of, "brier", context).outcome is Outcome.PASS
    few = seen_on(70, days(1)[:10], of)
    assert "INSUFFICIENT" in judged(of, "auc", few).reason


def test_decay_against_the_baseline_names_slices_and_what_drifted() -> None:
    of = declared(metrics={"auc": {"margin": 0.01}})
    good = days(28)
    bad = [replace(one, score=0.5 if one.origin == "JFK" else one.score, day=one.day + 28,
                   arrival=(one.arrival or 0) + 28) for one in days(7, seed=2)]  # fmt: skip
    where = Slice.of({"week": "4"})
    context = seen_on(60, [*good, *bad], of, by_week=True)
    part = of.expand(context)["auc"]
    (need,) = part.baseline_needs(context)
    held = Profile({(need, WHOLE): state_of(good, 60)})
    missing = judged(of, "auc", context, where)
    assert (missing.outcome, missing.counts_as) == (Outcome.NOT_EVALUABLE, Outcome.WARN)
    context = replace(context, baseline=held, approved=Approved("january", 1))
    found = judged(of, "auc", context, where)
    assert found.outcome is Outcome.FAIL
    assert "worse than in january" in found.reason
    assert "origin=JFK" in found.reason
    assert "origin=EWR" not in found.reason
    assert "not known" in found.reason
    assert judged(of, "auc", context, Slice.of({"week": "2"})).outcome is Outcome.PASS
    drifted = Verdict("preds.drift.distance", where, Outcome.FAIL, Severity.ERROR)
    context = replace(context, previous={("preds.drift.distance", where): drifted})
    assert "inputs drifted too (distance)" in judged(of, "auc", context, where).reason


def test_a_correction_is_a_revision_with_its_delta_and_never_overwrites() -> None:
    of, rows = declared(), days(30)
    first = judged(of, "accounting", seen_on(60, rows)).stored["evaluations"]
    again = judged(of, "accounting", seen_on(60, rows, earlier=first))
    assert again.stored == {}
    corrected = [replace(one, truth=not one.truth) if i % 10 == 0 else one
                 for i, one in enumerate(rows)]  # fmt: skip
    corrected.append(replace(rows[0], label=LabelBucket.SUPERSEDED, day=3))
    context = seen_on(61, corrected, earlier=first)
    second = judged(of, "accounting", context).stored["evaluations"]
    (before,) = (r for r in first if r["metric"] == "auc" and not r["segment"])
    (after,) = (r for r in second if r["metric"] == "auc" and not r["segment"])
    assert after["revision"] == 2
    assert after["cause"] == "correction"
    assert after["delta"] == pytest.approx(after["value"] - before["value"])
    found = judged(of, "restatement", context)
    assert found.outcome is Outcome.WARN
    assert "closed" in found.reason
    other = declared(thresholds=[0.4])
    third = judged(other, "accounting", seen_on(61, rows, other, earlier=first))
    assert {r["cause"] for r in third.stored["evaluations"] if r["metric"] == "auc"} == {
        "definition"
    }


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


def test_a_blind_slice_and_a_version_without_evaluation() -> None:
    rows = [replace(one, arrival=None) if one.origin == "JFK" else one for one in days(40)]
    found = conditions(60, rows)
    assert "origin=JFK" in found["slice_blindness"].reason
    assert found["slice_blindness"].outcome is Outcome.WARN
    versions = [replace(one, version="2", arrival=None) if one.day > 20 else
                replace(one, version="1") for one in days(40)]  # fmt: skip
    found = conditions(44, versions)
    assert "not_re_evaluated" in broken(found)


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


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"metrics": {"acu": {"least": 1}}}, "no metric 'acu'"),
        ({"metrics": {"auc": {}}}, "least, most or margin"),
        ({"horizon": "PT5H"}, "whole days"),
        ({"thresholds": [1.5]}, "between 0 and 1"),
        ({"task": "regression", "quantum": 1e-9}, "overflow"),
        ({"owners": {"feed": "x"}}, "no condition 'feed'"),
        ({"acknowledged": [{"condition": "feed_dead", "by": "b", "until": "soon"}]}, "a day"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        declared(**more)


def test_types_that_can_not_be_evaluated_are_refused_before_any_row_is_read() -> None:
    of = declared(score="origin")
    with pytest.raises(ConfigurationError, match="needs a number"):
        seen_on(60, days(2), of)
    of = declared(time="score")
    with pytest.raises(ConfigurationError, match="to be a time"):
        seen_on(60, days(2), of)


def test_it_is_judged_by_its_parts_alone() -> None:
    of = declared(metrics={"auc": {"least": 0.5}})
    context = seen_on(60, days(2), of)
    assert list(of.expand(context)) == ["accounting", "auc", *CONDITIONS]
    assert (of.needs(context), of.requires(context)) == ((), frozenset())
    assert ("truth", ("late",)) in of.expand(context)["auc"].requires(context)
    with pytest.raises(TypeError, match="parts"):
        of.judge(context.seen, context)


def test_what_a_baseline_holds_is_rebuilt_from_its_stored_form() -> None:
    of = declared(entity="origin")
    context = seen_on(60, days(2), of)
    for need in of.expand(context)["accounting"].needs(context):
        row = {
            "relation": json.dumps(canonical(need.relation)),
            "measure": json.dumps(canonical(need.measure)),
            "measure_kind": need.measure.kind,
            "need_id": need.id,
        }
        assert _need(row) == need


def test_an_empty_table_is_no_healthy_one() -> None:
    found = conditions(60, [])
    assert found["predictions_stopped"].outcome is Outcome.FAIL
    assert {j.outcome for n, j in found.items() if n != "predictions_stopped"} <= {
        Outcome.NOT_EVALUABLE, Outcome.PASS
    }  # fmt: skip
    assert found["restatement"].outcome is Outcome.PASS  # nothing was stored that could move
    assert judged(declared(), "accounting", seen_on(60, [])).outcome is Outcome.NOT_EVALUABLE
