"""Judgements on states made in plain Python: outcomes, reasons, revisions, conditions."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sparkguard.checks.base import NO_SLICE, Approved
from sparkguard.evaluation.changes import moved
from sparkguard.evaluation.conditions import CONDITIONS
from sparkguard.evaluation.seen import Seen
from sparkguard.kinds import canonical
from sparkguard.measures.keyed_sums import KeyedSumsState
from sparkguard.profile import Profile
from sparkguard.relations.effective_label import LabelBucket
from sparkguard.results.baselines import _need
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome, Severity, Verdict
from tests.evaluation import work_home
from tests.evaluation.states import N, One, days, declared, judged, seen_on, state_of


def test_a_metric_is_stored_with_coverage_interval_and_maturity() -> None:
    of = declared(metrics={"auc": {"least": 0.5}})
    context = seen_on(60, days(60), of)
    found = judged(of, "accounting", context)
    assert found.outcome is Outcome.PASS
    assert found.rows == 60 * N
    rows = found.kept
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
    whole = [r for r in found.kept if not r["segment"]]
    assert {(row["value"], row["status"]) for row in whole} == {(None, "INVALID")}


def test_no_label_at_all_is_no_number() -> None:
    rows = [One(day, 0.4) for day in range(10) for _ in range(N)]
    of = declared(metrics={"auc": {"least": 0.5}})
    for today, said in ((2, "yet"), (40, "yet")):
        context = seen_on(today, rows, of)
        found = judged(of, "accounting", context)
        assert found.outcome is Outcome.NOT_EVALUABLE
        assert said in found.reason
        assert {row["value"] for row in found.kept} == {None}
        assert judged(of, "auc", context).outcome is Outcome.NOT_EVALUABLE


def test_labels_to_come_are_told_where_nobody_knows_how_many() -> None:
    rows, of = days(30), declared(denominator="unknown")
    told = {e.label: e for e in judged(of, "accounting", seen_on(30, rows, of)).evidence}
    assert told["labels to come"].number == 0  # all come on the next day, and no day has others
    assert "of 1,740 in all" in str(told["labels to come"].text)
    known = judged(declared(), "accounting", seen_on(30, rows)).evidence
    assert "labels to come" not in {e.label for e in known}
    young = seen_on(1, days(1), of)
    assert judged(of, "accounting", young).outcome is Outcome.NOT_EVALUABLE


def test_half_of_the_labels_leaves_the_other_half_without_a_value() -> None:
    rows = [*days(28), *(replace(one, arrival=None, truth=None, day=one.day + 28)
                         for one in days(28))]  # fmt: skip
    context = seen_on(100, rows, by_week=True)
    values = {
        week: {r["value"] for r in
               judged(declared(), "accounting", context, Slice.of({"week": str(week)}))
               .kept if r["metric"] == "auc" and not r["segment"]}
        for week in range(8)
    }  # fmt: skip
    assert all(None not in values[week] for week in range(4))
    assert all(values[week] == {None} for week in range(4, 8))


def test_published_chunks_of_which_half_has_labels() -> None:
    of = declared(thresholds=[work_home.THRESHOLD])
    rows = [
        One(chunk * 7, score, positive, chunk * 7 + 1 if chunk < 5 else None)
        for chunk in range(10)
        for score, positive in work_home.rows(chunk)
    ]
    context = seen_on(100, rows, of, by_week=True)
    for chunk, published in enumerate(work_home.AUC):
        found = judged(of, "accounting", context, Slice.of({"week": str(chunk)}))
        (auc,) = (r for r in found.kept if r["metric"] == "auc" and not r["segment"])
        counts = {e.label: e.count for e in found.evidence if e.name == "predictions"}
        if chunk < 5:
            assert round(auc["value"], 5) == published
            assert counts["labelled"] == 5_000
        else:
            assert auc["value"] is None
            assert counts["overdue"] == 5_000
    early = judged(of, "accounting", seen_on(64, rows, of, by_week=True), Slice.of({"week": "9"}))
    assert {e.label: e.count for e in early.evidence}["pending"] == 5_000


def test_a_bound_is_held_once_labels_are_ripe() -> None:
    of = declared(metrics={"auc": {"least": 0.99}, "brier": {"most": 0.9}})
    context = seen_on(70, days(60), of)
    found = judged(of, "auc", context)
    assert found.outcome is Outcome.FAIL
    assert "below 0.99" in found.reason
    assert "owner ann" in found.reason
    brier = judged(of, "brier", context)
    assert brier.outcome is Outcome.PASS
    parts = {row.label: row.number for row in brier.evidence if row.ordinal > 2}
    whole = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["remainder"]  # type: ignore[operator]
    assert whole == pytest.approx(brier.observed)
    few = seen_on(70, days(1)[:10], of)
    assert "INSUFFICIENT" in judged(of, "auc", few).reason
    kept = judged(of, "accounting", few).kept
    assert "10 labels; at least 20 are wanted" in {
        r["reason"] for r in kept if r["metric"] == "auc"
    }


def test_first_labels_are_too_early_until_a_cohort_has_reached_the_horizon() -> None:
    of = declared(metrics={"auc": {"least": 0.99}}, horizon="P30D")
    context = seen_on(21, days(21), of, by_week=True)
    found = judged(of, "auc", context, Slice.of({"week": "0"}))
    assert (found.outcome, found.counts_as) == (Outcome.NOT_EVALUABLE, Outcome.WARN)
    assert found.reason == (
        "UNKNOWN: no cohort has reached the horizon of 30 days, too early to judge"
    )
    whole = judged(of, "auc", context)
    assert whole.outcome is Outcome.NOT_EVALUABLE
    assert whole.reason.startswith("no cohort is MATURE or CLOSED; all together are UNKNOWN: ")
    assert judged(of, "auc", seen_on(60, days(21), of, by_week=True)).outcome is Outcome.FAIL
    filled_in = declared(metrics={"auc": {"least": 0.5}}, denominator="unknown")
    sparse = [replace(one, arrival=one.arrival if one.day == 0 else None) for one in days(5)]
    told = judged(filled_in, "auc", seen_on(5, sparse, filled_in))
    assert "nobody can tell how many are to come" in told.reason


def test_the_whole_is_held_to_limits_on_its_ripe_cohorts() -> None:
    """The fifth week starves, and labels of it that are known so far turn the model around."""
    of = declared(metrics={"auc": {"least": 0.9}})
    turned = [replace(one, truth=not one.truth) if one.day >= 28 else one
              for one in days(35, lost={34: 1.0})]  # fmt: skip
    context = seen_on(35, turned, of, by_week=True)
    week = judged(of, "auc", context, Slice.of({"week": "4"}))
    assert (week.outcome, "STARVED" in week.reason) == (Outcome.NOT_EVALUABLE, True)
    assert (week.observed or 1) < 0.5
    found, closed = (
        judged(of, "auc", each) for each in (context, seen_on(60, turned[: 28 * N], of))
    )
    assert (found.outcome, found.rows) == (Outcome.PASS, 35 * N)  # all of them were seen
    assert found.observed == closed.observed
    assert {e.label: e.count for e in found.evidence}["coverage"] == 28 * N
    every = judged(of, "auc", seen_on(60, turned, of, by_week=True))
    assert every.outcome is Outcome.FAIL


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
    assert judged(of, "auc", context).outcome is Outcome.PASS
    unsliced = judged(of, "auc", replace(context, judges_slices=False))
    assert (unsliced.outcome, unsliced.reason) == (Outcome.NOT_EVALUABLE, NO_SLICE)


@pytest.mark.parametrize("side", ["here", "in january"])
def test_one_positive_label_is_no_decay_and_no_reference(side: str) -> None:
    """It is ranked in the middle: an AUC of about one half, without any error."""
    of = declared(metrics={"auc": {"margin": 0.01}})
    many, one = days(28), [replace(x, truth=i == 0, score=0.4 if i == 0 else x.score)
                           for i, x in enumerate(days(7))]  # fmt: skip
    now, then = (one, many) if side == "here" else (many, one)
    context = seen_on(60, now, of)
    (need,) = of.expand(context)["auc"].baseline_needs(context)
    held = Profile({(need, WHOLE): state_of(then, 60)})
    found = judged(of, "auc", replace(context, baseline=held, approved=Approved("january", 1)))
    assert found.outcome is Outcome.NOT_EVALUABLE
    assert found.reason == (
        f"auc has no standard error to compare {side}: one label of a class tells no standard error"
    )


def test_a_correction_is_a_revision_with_its_delta_and_never_overwrites() -> None:
    of, rows = declared(), days(30)
    first = judged(of, "accounting", seen_on(60, rows)).kept
    again = judged(of, "accounting", seen_on(60, rows, earlier=first))
    assert again.kept == ()
    corrected = [replace(one, truth=not one.truth) if i % 10 == 0 else one
                 for i, one in enumerate(rows)]  # fmt: skip
    corrected.append(replace(rows[0], label=LabelBucket.SUPERSEDED, day=3))
    context = seen_on(61, corrected, earlier=first)
    second = judged(of, "accounting", context).kept
    (before,) = (r for r in first if r["metric"] == "auc" and not r["segment"])
    (after,) = (r for r in second if r["metric"] == "auc" and not r["segment"])
    assert after["revision"] == 2
    assert after["cause"] == "correction"
    assert after["delta"] == pytest.approx(after["value"] - before["value"])
    found = judged(of, "restatement", context)
    assert found.outcome is Outcome.WARN
    assert "closed" in found.reason
    for now, slices in ((context, {"", "origin=EWR", "origin=JFK"}), (seen_on(61, rows), {""})):
        (need, *_) = of.expand(now)["accounting"].needs(now)
        cohorts = {"": Seen(now.seen.at(WHOLE, need) or KeyedSumsState(), of.slices)}
        assert {one.slice for one in moved(of, cohorts, first, need.id)} == slices
    other = declared(thresholds=[0.4])
    third = judged(other, "accounting", seen_on(61, rows, other, earlier=first))
    assert {r["cause"] for r in third.kept if r["metric"] == "auc"} == {"definition"}


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
