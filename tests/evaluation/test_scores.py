"""Binary metrics against published values, brute force, and their own invariants."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from sparkguard.drift.shares import wilson
from sparkguard.evaluation.auc import auc
from sparkguard.evaluation.average_precision import average_precision
from sparkguard.evaluation.calibration import Calibration, calibration_error, ratio
from sparkguard.evaluation.comparison import decay
from sparkguard.evaluation.confusion import at_threshold, f1, precision, recall
from sparkguard.evaluation.metric import Metric, in_unit, wider
from sparkguard.evaluation.probabilities import brier, log_loss
from sparkguard.evaluation.scores import INVALID, ONE, ZERO, Scores, bin_of
from tests.evaluation import work_home

CHUNKS = range(10)
RESOLUTION = 10**-9  # quanta of the sums

rows = st.lists(
    st.tuples(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0])), st.booleans()),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_published_auc_and_true_positives(chunk: int) -> None:
    found = work_home.scores(chunk)
    assert round(auc(found).value or 0, 5) == work_home.AUC[chunk]
    assert at_threshold(found, 1).tp == work_home.TRUE_POSITIVES[chunk]
    assert found.n == 5_000


@pytest.mark.parametrize("chunk", CHUNKS)
def test_metrics_agree_with_an_independent_library(chunk: int) -> None:
    scores, labels = zip(*work_home.rows(chunk), strict=True)
    found = work_home.scores(chunk)
    near = pytest.approx
    assert auc(found).value == near(sk.roc_auc_score(labels, scores), abs=1e-12)
    expected = sk.average_precision_score(labels, scores)
    assert average_precision(found).value == near(expected, abs=1e-12)
    assert log_loss(found).value == near(sk.log_loss(labels, scores), abs=RESOLUTION)
    assert brier(found).value == near(sk.brier_score_loss(labels, scores), abs=RESOLUTION)
    above = [s >= work_home.THRESHOLD for s in scores]
    counts = at_threshold(found, 1)
    assert precision(counts).value == near(sk.precision_score(labels, above))
    assert recall(counts).value == near(sk.recall_score(labels, above))
    assert f1(counts).value == near(sk.f1_score(labels, above))


def test_two_hundred_copies_change_counts_and_nothing_else() -> None:
    once, often = work_home.scores(3), work_home.scores(3, 200)
    for metric in (auc, average_precision, log_loss, brier, calibration_error):
        assert round(metric(once).value or 0, 5) == round(metric(often).value or 0, 5)
    assert f1(at_threshold(once, 1)).value == f1(at_threshold(often, 1)).value
    assert at_threshold(often, 1).tp == 200 * work_home.TRUE_POSITIVES[3]
    assert often.n == 1_000_000


def test_documented_examples() -> None:
    spam = [(0.9, True), (0.1, False), (0.2, False), (0.65, True)]
    assert round(log_loss(Scores.from_rows(spam)).value or 0, 5) == 0.21616
    four = [(0.1, False), (0.9, True), (0.8, True), (0.3, False)]
    assert brier(Scores.from_rows(four)).value == pytest.approx(0.0375)


@given(rows)
def test_the_auc_of_raw_scores_lies_in_the_interval(pairs: list[tuple[float, bool]]) -> None:
    found = auc(Scores.from_rows(pairs))
    if len({label for _, label in pairs}) < 2:
        assert found.value is None
        assert "one class" in found.reason
        return
    exact = sk.roc_auc_score([label for _, label in pairs], [score for score, _ in pairs])
    assert found.bin_low is not None
    assert found.bin_high is not None
    assert found.bin_low - 1e-12 <= exact <= found.bin_high + 1e-12


@given(rows)
def test_average_precision_of_raw_scores_lies_in_the_interval(
    pairs: list[tuple[float, bool]],
) -> None:
    found = average_precision(Scores.from_rows(pairs))
    if not any(label for _, label in pairs):
        assert found.value is None
        return
    labels, scores = [label for _, label in pairs], [score for score, _ in pairs]
    exact = sk.average_precision_score(labels, scores)
    assert found.bin_low is not None
    assert found.bin_high is not None
    assert found.bin_low - 1e-9 <= exact <= found.bin_high + 1e-9


def test_the_interval_is_narrow_at_any_base_rate() -> None:
    draw = random.Random(7)
    pairs = []
    for _ in range(200_000):
        positive = draw.random() < 0.0004
        logit = draw.gauss(-8 + 1.2 * positive, 1.0)
        pairs.append((1 / (1 + math.exp(-logit)), positive))
    found = auc(Scores.from_rows(pairs))
    exact = sk.roc_auc_score([label for _, label in pairs], [score for score, _ in pairs])
    assert found.value == pytest.approx(exact, abs=2e-4)
    assert (found.bin_high or 0) - (found.bin_low or 0) < 0.01


def test_the_interval_of_the_auc_holds_the_truth_as_often_as_it_says() -> None:
    draw = np.random.default_rng(3)
    truth = 0.5 * (1 + math.erf(1 / 2))  # of two unit normals one apart
    inside = 0
    for _ in range(200):
        logits = np.concatenate((draw.normal(0, 1, 150), draw.normal(1, 1, 100)))
        labels = [False] * 150 + [True] * 100
        found = auc(Scores.from_rows(zip(1 / (1 + np.exp(-logits)), labels, strict=True)))
        inside += (found.low or 0) <= truth <= (found.high or 0)
    assert 183 <= inside <= 198  # 95% of 200, and three standard errors around it


@pytest.mark.parametrize("positive", [0.4, 0.999])
def test_one_label_of_a_class_tells_no_error(positive: float) -> None:
    negatives = [(0.9 * (i + 1) / 200, False) for i in range(199)]
    for rows in (
        [*negatives, (positive, True)],
        [*((1 - score, True) for score, _ in negatives), (1 - positive, False)],
    ):
        found = auc(Scores.from_rows(rows))
        assert found.value is not None
        assert (found.low, found.high, found.error) == (None, None, None)
        assert "no standard error" in found.reason
    found = average_precision(Scores.from_rows([*negatives, (positive, True)]))
    assert (found.low, found.high, found.error) == (None, None, None)
    assert "no standard error" in found.reason


def test_separated_classes_leave_room_for_labels_out_of_place() -> None:
    few = [(0.1, False), (0.2, False), (0.8, True), (0.9, True)]
    for rows, copies in ((few, 1), (few, 50), ([(1 - x, y) for x, y in few], 1)):
        found = auc(Scores.from_rows(rows * copies))
        n = p = 2 * copies
        assert found.low is not None
        assert found.high is not None
        assert found.value in (0, 1)
        edge = found.low if found.value else 1 - found.high
        # Hanley and McNeil's variance, in their own letters.
        q1, q2, k = edge / (2 - edge), 2 * edge**2 / (1 + edge), (n + p) / 2 - 1
        variance = edge * (1 - edge) + k * (q1 - edge**2) + k * (q2 - edge**2)
        assert 1 - edge == pytest.approx(1.959964 * math.sqrt(variance / (n * p)), rel=1e-5)
        assert found.error == pytest.approx((1 - edge) / 1.959964)
    found = average_precision(Scores.from_rows(few * 50))
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(wilson(100, 100, 0.95)[0])


def test_a_model_that_was_perfect_can_decay() -> None:
    before = [(0.1, False), (0.9, True)] * 500
    after = [*before[:800], *[(0.1, True), (0.9, False)] * 100]
    for metric in (auc, average_precision):
        then, now = metric(Scores.from_rows(before)), metric(Scores.from_rows(after))
        lost = decay(then, now)
        assert lost is not None
        assert lost.is_significant
        same = decay(then, then)
        assert same is not None
        assert not same.is_significant


@pytest.mark.parametrize("name", ["auc", "average_precision"])
def test_the_wider_interval_of_a_perfect_model_stays_between_zero_and_one(name: str) -> None:
    found = wider(Metric(name, 1.0, 0.9, 1.0, error=0.05), 0.1)
    assert (found.low, found.high, found.error) == (pytest.approx(0.804, abs=1e-4), 1, 0.1)


def test_one_score_for_all_has_an_auc_of_one_half_for_sure() -> None:
    found = auc(Scores.from_rows([(0.3, i % 3 == 0) for i in range(200)]))
    assert (found.low, found.value, found.high, found.error) == (0.5, 0.5, 0.5, 0)


def test_an_interval_far_beyond_the_value_stays_between_zero_and_one() -> None:
    found = in_unit("auc", 1 - 1e-9, 0.01)
    assert (found.low, found.high) == (pytest.approx(0, abs=1e-9), 1)


def test_exact_zero_and_one_are_true_ties() -> None:
    found = auc(Scores.from_rows([(0.0, True), (0.0, False), (1.0, True), (1.0, False)]))
    assert found.value == found.bin_low == found.bin_high == 0.5
    assert [bin_of(x) for x in (0.0, 1.0, -0.1, 1.1, math.nan, None)] == [
        *(ZERO, ONE, INVALID, INVALID, INVALID, INVALID)
    ]


def test_calibration_and_the_parts_of_brier_agree_with_brute_force() -> None:
    found = work_home.scores(0)
    pairs = work_home.rows(0)
    whole = brier(found)
    groups_of: dict[float, list[bool]] = {}
    for score, positive in pairs:
        groups_of.setdefault(score, []).append(positive)
    n, base = len(pairs), sum(positive for _, positive in pairs) / len(pairs)
    shares = [(len(of), score, sum(of) / len(of)) for score, of in groups_of.items()]
    assert dict(whole.parts) == pytest.approx(
        {
            "reliability": sum(k * (score - share) ** 2 for k, score, share in shares) / n,
            "resolution": sum(k * (share - base) ** 2 for k, _, share in shares) / n,
            "uncertainty": base * (1 - base),
            "remainder": 0,  # every bin holds one score
        },
        abs=1e-8,
    )
    reliability, resolution, uncertainty, remainder = (number for _, number in whole.parts)
    assert whole.value == pytest.approx(reliability - resolution + uncertainty + remainder)
    groups = Calibration.of(found)
    assert groups.n.sum() == len(pairs)
    assert calibration_error(found).value == pytest.approx(groups.error)
    share = sum(s for s, _ in pairs) / sum(p for _, p in pairs)
    assert ratio(found).value == pytest.approx(share)


def test_no_label_gives_no_number() -> None:
    empty = Scores.of({})
    for metric in (auc, average_precision, log_loss, brier, calibration_error, ratio):
        assert metric(empty).value is None
        assert metric(empty).reason
    nothing = at_threshold(empty, 1)
    assert {precision(nothing).value, recall(nothing).value, f1(nothing).value} == {None}
