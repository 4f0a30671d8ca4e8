"""When labels are due, whether they come, and what moves a metric."""

from __future__ import annotations

import math
import random

import pytest

from sparkguard.evaluation.comparison import decay, drivers, explanation
from sparkguard.evaluation.feed import Feed
from sparkguard.evaluation.maturity import Development, Ladder, Maturity, maturity
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.selection import selection

HORIZON = 4
RATES = (0.4, 0.3, 0.2, 0.05, 0.05)  # of 1,000 predictions a day
FIRST = 15_000


def arrivals(days: int, n: int = 1_000) -> dict[int, dict[int, int]]:
    return {
        FIRST + c: {k: round(n * r) for k, r in enumerate(RATES) if c + k < days}
        for c in range(days)
    }


def test_expected_labels_by_age_from_known_predictions() -> None:
    days = 20
    found = Development(
        {FIRST + c: 1_000 for c in range(days)}, arrivals(days), FIRST + days, HORIZON
    )
    assert found.rates == pytest.approx(RATES)
    assert found.is_whole
    ages = [found.developed(FIRST + days - 1 - k) for k in range(HORIZON + 1)]
    assert ages == pytest.approx([0.4, 0.7, 0.9, 0.95, 1.0])
    statuses = [maturity(k, HORIZON, ages[min(k, HORIZON)]) for k in range(HORIZON + 2)]
    assert statuses == [
        *(Maturity.PROVISIONAL, Maturity.MATURING, Maturity.MATURE, Maturity.MATURE),
        *(Maturity.MATURE, Maturity.CLOSED),
    ]
    assert found.days_to(0.9) == 2
    assert maturity(1, HORIZON, 0.4, starved=True) is Maturity.STARVED
    assert maturity(9, HORIZON, 0.4, starved=True) is Maturity.CLOSED


def test_an_age_that_no_cohort_reached_is_unknown() -> None:
    found = Development({FIRST: 10}, {FIRST: {0: 5}}, FIRST + 1, HORIZON)
    assert found.expected(FIRST) == 0.5
    assert found.rates[1:] == (None,) * HORIZON
    assert not found.is_whole
    assert maturity(0, HORIZON, None) is Maturity.UNKNOWN


@pytest.mark.parametrize("make", [Development, Ladder])
def test_no_share_is_known_until_a_cohort_has_reached_the_horizon(make: type[Development]) -> None:
    """Of 1,000 predictions a day 2 % have a label so far, within five days of thirty."""
    early = {FIRST + c: dict.fromkeys(range(5 - c), 20) for c in range(5)}
    predictions, horizon = dict.fromkeys(early, 1_000), 30
    found = make(predictions, early, FIRST + 5, horizon)
    assert found.expected(FIRST) == pytest.approx(0.1)
    assert found.developed(FIRST) is None
    assert found.developed_of(predictions) is None
    assert (found.shares, found.days_to(0.9)) == ((), horizon)
    assert maturity(found.age(FIRST), horizon, found.developed(FIRST)) is Maturity.UNKNOWN
    assert make(predictions, early, FIRST + 5, 4).developed(FIRST) == 1
    if isinstance(found, Ladder):
        assert found.ladder is None  # labels to come would be those of five days


def test_a_total_that_nobody_knows_is_told_by_the_ladder() -> None:
    """Of two days one has twice the labels of the other; none comes on the day itself."""
    days, shares = 20, (0.0, 0.5, 0.3, 0.1, 0.1)
    total = {FIRST + c: (200, 400)[c % 2] for c in range(days)}
    arrived = {
        c: {k: round(n * shares[k]) for k in range(HORIZON + 1) if c + k < FIRST + days}
        for c, n in total.items()
    }
    found = Ladder(dict.fromkeys(total, 1_000), arrived, FIRST + days, HORIZON)
    assert found.shares == pytest.approx([0, 0.5, 0.8, 0.9, 1.0])
    assert found.developed(FIRST + days - 1) == 0
    assert found.developed_of({FIRST + days - 2: 1_000, FIRST + days - 1: 1_000}) == 0.25
    assert found.days_to(0.9) == 3
    assert found.coverage_of({FIRST: 1_000}) == pytest.approx(0.3, abs=0.01)
    assert found.ladder is not None
    assert found.ladder.outstanding == pytest.approx(sum(
        n - sum(arrived[c].values()) for c, n in total.items() if c < FIRST + days - 1
    ))  # fmt: skip
    assert Ladder({FIRST: 10}, {}, FIRST + 1, HORIZON).developed(FIRST) is None


def feed(days: int, lost: dict[int, float], seed: int = 1) -> Feed:
    """Weekly cycle, lognormal delay of median four days, 8% noise; `lost` is a share by day."""
    draw = random.Random(seed)
    predictions, labels = {}, {}
    for c in range(days):
        n = round((1_000 if (FIRST + c + 3) % 7 < 5 else 600) * draw.gauss(1, 0.08))
        predictions[FIRST + c] = n
        left = n
        for k in range(31):
            share = _cdf(k + 1) - _cdf(k)
            arriving = min(left, max(0, round(draw.gauss(n * share, (n * share) ** 0.5))))
            left -= arriving
            arriving = round(arriving * (1 - lost.get(c + k, 0.0)))
            labels[FIRST + c, FIRST + c + k] = arriving
    return Feed(predictions, labels, FIRST + days, 30)


def _cdf(days: float) -> float:
    if not days:
        return 0.0
    return 0.5 * (1 + math.erf((math.log(days) - math.log(4)) / (0.6 * 2**0.5)))


@pytest.mark.parametrize("lost", [1.0, 0.5])
def test_a_stop_and_half_a_loss_are_seen_on_the_first_day_and_never_before(lost: float) -> None:
    days = 150
    found = feed(days, dict.fromkeys(range(120, days), lost)).days()
    bad = [a.day - FIRST for a in found if not a.is_normal]
    assert bad[0] == 120
    assert found[120].is_dead == (lost == 1.0)


def test_a_slow_loss_is_found_by_its_sum() -> None:
    days = 200
    found = feed(days, dict.fromkeys(range(150, days), 0.2)).days()
    bad = [a.day - FIRST for a in found if not a.is_normal]
    assert bad
    assert 150 <= bad[0] <= 165


def test_a_healthy_feed_raises_no_partial_or_dead_day() -> None:
    for seed in range(3):
        assert all(a.is_normal for a in feed(200, {}, seed).days())


def test_half_a_day_lost_is_one_incident() -> None:
    found = feed(120, {100: 0.5}).days()
    assert [a.day - FIRST for a in found if not a.is_normal] == [100]


def test_decay_is_judged_by_both_errors_and_a_margin() -> None:
    before, after = Metric("auc", 0.9, error=0.01), Metric("auc", 0.8, error=0.01)
    found = decay(before, after)
    assert found is not None
    assert found.z == pytest.approx(0.1 / (0.01 * 2**0.5))
    assert found.is_significant
    milder = decay(before, after, margin=0.1)
    assert milder is not None
    assert not milder.is_significant
    losing = decay(Metric("log_loss", 0.3, error=0.01), Metric("log_loss", 0.2, error=0.01))
    assert losing is not None
    assert losing.loss == pytest.approx(-0.1)
    assert decay(before, Metric("auc", None)) is None
    perfect = Metric("auc", 1.0, error=0.0)
    assert (same := decay(perfect, perfect)) is not None
    assert not same.is_significant


def test_the_slices_that_lost_most_come_first() -> None:
    whole = decay(Metric("auc", 0.9, error=0.001), Metric("auc", 0.85, error=0.001))
    worse = decay(Metric("auc", 0.9, error=0.01), Metric("auc", 0.7, error=0.01))
    same = decay(Metric("auc", 0.9, error=0.01), Metric("auc", 0.9, error=0.01))
    assert whole is not None
    assert worse is not None
    assert same is not None
    found = {"a": (same, 900), "b": (worse, 10), "c": (worse, 90)}
    assert drivers(found, whole) == ("c", "b")
    assert "c, b: look at the data" in explanation(("c", "b"), ("distance",), False)
    assert "did not drift in c" in explanation(("c",), (), False)
    assert "not known" in explanation((), None, False)
    assert "labels first" in explanation((), None, True)


def test_labels_of_the_sure_cases_only_are_no_fair_sample() -> None:
    every = dict.fromkeys(range(0, 2000, 10), 100)
    fair = selection(every, dict.fromkeys(every, 10))
    assert fair is not None
    assert not fair.is_biased
    assert fair.effective == pytest.approx(2_000)
    sure = selection(every, {b: 100 for b in every if b > 1_500})
    assert sure is not None
    assert sure.is_biased
    assert selection(every, {}) is None
