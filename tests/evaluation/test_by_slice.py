"""What fails in one slice is found there, within a cycle; many slices of noise find nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sparkguard.drift.multiplicity import Q
from sparkguard.evaluation.by_slice import BY_SLICE, judged
from sparkguard.evaluation.conditions import CONDITIONS
from sparkguard.evaluation.seen import Seen
from sparkguard.evaluation.watch import Found, Moved, State, Watch
from sparkguard.measures.keyed_sums import KeyedSumsState
from sparkguard.relations.daily import Daily, Kind
from sparkguard.relations.effective_label import LabelBucket, PredictionBucket
from sparkguard.verdicts import Outcome
from tests.evaluation.states import FIRST, days, declared, seen_on
from tests.evaluation.states import judged as verdict

HORIZON, CYCLE = 10, 7
Counts = NDArray[np.int64]


class Model:
    """Predictions and labels of `slices`, by slice, day and age: weekdays, slow and fast labels.

    Each day and each slice of a day varies by 8 %; on one day in fifty hardly anything is
    predicted, and every third slice has its labels only after a week.
    """

    def __init__(self, slices: int, days: int, seed: int, per_day: int = 60) -> None:
        draw = np.random.default_rng(seed)
        of_week = np.where((np.arange(days) + FIRST + 3) % 7 < 5, 1.0, 0.5)
        common = of_week * draw.normal(1, 0.08, days) * np.where(draw.random(days) < 0.02, 0.2, 1)
        size = per_day * draw.pareto(2, slices)[:, None] + per_day / 2
        mean = size * common * draw.normal(1, 0.08, (slices, days))
        self.made: Counts = draw.poisson(np.maximum(mean, 0))
        ages = np.arange(HORIZON + 1)
        fast, slow = 0.5**ages, (ages == 7) + 0.02
        curves = [(slow if i % 3 == 0 else fast) for i in range(slices)]
        shares = np.array([0.9 * curve / curve.sum() for curve in curves])
        chances = np.concatenate((shares, 1 - shares.sum(1, keepdims=True)), 1)
        self.labels: Counts = np.array(
            [[draw.multinomial(n, chances[i]) for n in row] for i, row in enumerate(self.made)]
        )[:, :, :-1]
        self.positive: Counts = draw.binomial(self.labels, 0.3)
        self.again: Counts = draw.binomial(self.labels, 0.004)

    def lose(self, i: int, days: range, share: float) -> None:
        """Of the labels of slice `i` that arrive on `days`."""
        for day in days:
            for age in range(min(day, HORIZON) + 1):
                for of in (self.labels, self.positive, self.again):
                    of[i, day - age, age] = round(of[i, day - age, age] * (1 - share))

    def watch(self, today: int) -> Watch:
        found: dict[tuple[int | str | None, ...], tuple[int, ...]] = {}

        def add(kind: int, value: str | None, key: tuple[int | None, ...], *n: int) -> None:
            at = (kind, None if value else "", value, *key)
            found[at] = tuple(map(sum, zip(found.get(at, (0,) * 4), n, strict=True)))

        for i, day in np.ndindex(len(self.made), today):
            n, name, made = int(self.made[i, day]), f"s{i}", FIRST + day
            add(Daily.MADE.of(0), name, (made, None, None, None), n, 0, 0, 0)
            known = 0
            for age in range(min(HORIZON, today - day - 1) + 1):
                k, p, again = (
                    int(of[i, day, age]) for of in (self.labels, self.positive, self.again)
                )
                if not k:
                    continue
                known, arrived, used = known + k, made + age, int(LabelBucket.USED)
                add(Daily.ARRIVED.of(0), name, (None, None, arrived, used), 0, k, 0, p)
                add(Daily.AGED.of(0), name, (age, None, None, None), k, k, 0, 0)
                key = (made, int(PredictionBucket.LABELLED), arrived, used)
                add(Kind.LEDGER, None, key, k, k, 0, p)
                if again:
                    key = (None, None, arrived, int(LabelBucket.DUPLICATE))
                    add(Daily.ARRIVED.of(0), name, key, 0, again, 0, 0)
                    add(Kind.LEDGER, None, (made, *key[1:]), 0, again, 0, 0)
            key = (made, int(PredictionBucket.OVERDUE), None, None)
            add(Kind.LEDGER, None, key, n - known, 0, 0, 0)
        return Watch(Seen(KeyedSumsState(found), ("of",)), FIRST + today, HORIZON, CYCLE)


def test_many_slices_of_noise_find_no_more_than_the_budget_says() -> None:
    looked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for seed in range(3):
        model = Model(30, 150, seed)
        for today in range(80, 150, CYCLE):
            watch = model.watch(today)
            assert len(watch.slices) > 10
            for name in BY_SLICE:
                looked[name] += 1
                found[name] += bool(judged(name, watch).slices)
    most = {name: stats.binom.ppf(0.99, n, Q) for name, n in looked.items()}
    assert {name: n for name, n in found.items() if n > most[name]} == {}


LOST, SEEN = 122, 123  # the day on which something is lost, and the morning that finds it


def found_on(model: Model) -> dict[str, Found]:
    """The conditions that hold in slices on the morning after; none did in the weeks before."""
    moments = (*range(80, LOST, CYCLE), LOST)
    watches = [model.watch(day) for day in moments]
    before = [judged(each, watch) for watch in watches for each in BY_SLICE]
    assert [one.text for one in before if one.slices] == []
    watch = model.watch(SEEN)
    found = {each: judged(each, watch) for each in BY_SLICE}
    return {each: one for each, one in found.items() if one.slices}


@pytest.mark.parametrize(
    ("share", "name", "state"),
    [(1.0, "feed_dead", State.STARVED), (0.6, "feed_partial", State.DEGRADED)],
)
def test_a_feed_that_fails_in_one_slice_is_found_in_its_cycle_and_nowhere_before(
    share: float, name: str, state: State
) -> None:
    model = Model(12, 130, 5, per_day=100)
    model.lose(4, range(LOST, 130), share)
    found = found_on(model)
    assert set(found) == {name}
    assert found[name].state is state
    assert found[name].since == FIRST + LOST
    assert [slice_ for slice_, _ in found[name].slices] == ["of=s4"]
    assert f"{state} since 2012-05-02 in of=s4: on 2012-05-02" in found[name].text


def test_each_failure_of_a_slice_is_its_own_condition() -> None:
    stopped, one_class, replayed = (Model(12, 130, 5, per_day=100) for _ in range(3))
    stopped.made[4, LOST:] = 0
    stopped.labels[4, LOST:] = 0
    for day in range(LOST - CYCLE, LOST + 1):
        for age in range(HORIZON + 1):
            one_class.positive[4, day - age, age] = 0
    replayed.again[4, LOST, 0] = replayed.labels[4, LOST, 0] // 2
    found = found_on(stopped)
    assert set(found) == {"predictions_stopped"}
    assert found["predictions_stopped"].state is State.STARVED
    found = {name: judged(name, one_class.watch(SEEN)) for name in BY_SLICE}
    assert {name for name, one in found.items() if one.slices} == {"degenerate_labels"}
    assert "in of=s4: all" in found["degenerate_labels"].text
    assert "are negative" in found["degenerate_labels"].text
    assert set(found_on(replayed)) == {"replayed_feed"}


def test_predictions_that_stop_everywhere_are_told_of_the_whole() -> None:
    model = Model(12, 130, 5)
    model.made[:, LOST:], model.labels[:, LOST:] = 0, 0
    watch = model.watch(SEEN)
    assert judged("predictions_stopped", watch) == CONDITIONS["predictions_stopped"](watch)
    assert judged("predictions_stopped", watch).state is State.STARVED


def test_a_column_of_one_value_has_no_others_to_compare_with() -> None:
    of, rows = declared(), [replace(one, origin="JFK") for one in days(60)]
    assert verdict(of, "feed_dead", seen_on(60, rows)).outcome is Outcome.PASS


def test_a_slice_is_restated_beyond_what_a_single_label_moves() -> None:
    watch = Model(2, 60, 1).watch(60)

    def found(moved: float | None, error: float | None) -> Found:
        now = None if moved is None else 0.8 + moved
        one = Moved("week=1", "auc", 0.8, now, error, "of=s1")
        return judged("restatement", replace(watch, moved=(one,)))

    assert found(0.02, 0.02).state is State.HEALTHY
    assert found(0.002, 0.0001).state is State.HEALTHY
    assert found(0.05, 0.02).text.startswith("DEGRADED since 2012-03-01 in of=s1: auc of week=1")
    assert found(None, None).state is State.HEALTHY  # it was one label's
    assert found(None, 0.02).text.endswith("was 0.8 and has no value any more")


def test_the_verdict_names_the_slice_with_its_evidence() -> None:
    of = declared(owners={"feed_dead": "bob"})
    rows = [replace(one, arrival=None) if (one.origin, one.arrival) == ("EWR", 130) else one
            for one in days(140)]  # fmt: skip
    assert verdict(of, "feed_dead", seen_on(130, rows, of)).outcome is Outcome.PASS
    found = verdict(of, "feed_dead", seen_on(131, rows, of))
    assert found.outcome is Outcome.FAIL
    assert found.reason.startswith("STARVED since 2012-05-10 in origin=EWR: on 2012-05-10 0 ")
    assert found.reason.endswith("; owner bob")
    assert "1% of the slices" in found.expected
    (of_slice,) = (one for one in found.evidence if one.kind == "work")
    assert (of_slice.label, of_slice.number) == ("origin=EWR", 0.0)
    drawn = [one for one in found.evidence if one.kind == "series"]
    assert (drawn[-1].label, drawn[-1].number) == ("2012-05-10", 0.0)
    assert drawn[-2].number == 40
    assert verdict(of, "feed_partial", seen_on(131, rows, of)).outcome is Outcome.WARN
    assert verdict(of, "feed_dead", seen_on(132, rows, of)).outcome is Outcome.PASS
