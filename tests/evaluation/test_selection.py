"""Labels of the sure cases only: the reweighted metric stands beside the plain one."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from sparkguard.evaluation.scores import SUMS, bin_of, cell_of
from sparkguard.evaluation.selection import reweighted, selection, selection_of
from sparkguard.evaluation.tasks import Binary, Cells
from sparkguard.verdicts import Outcome
from tests.evaluation.states import One, declared, judged, seen_on

TASK = Binary((0.5,))


def population(n: int = 40_000) -> list[tuple[float, bool, bool]]:
    """(score, truth, whether its label came): sure cases come six times as often."""
    draw, found = random.Random(3), []
    for _ in range(n):
        score = min(0.999, max(0.001, draw.gauss(0.5, 0.2)))
        comes = draw.random() < (0.6 if abs(score - 0.5) > 0.2 else 0.1)
        found.append((score, draw.random() < score, comes))
    return found


def cells_of(rows: list[tuple[float, bool, bool]], all_known: bool = False) -> Cells:
    found: dict[tuple[str | int | None, ...], tuple[int, ...]] = {}
    for score, truth, comes in rows:
        key = (bin_of(score), int(score >= 0.5))
        added = (1, *cell_of(score, truth if comes or all_known else None))
        before = found.get(key, (0,) * (1 + len(SUMS)))
        found[key] = tuple(a + b for a, b in zip(before, added, strict=True))
    return found


def test_reweighted_metrics_are_those_of_all_labels() -> None:
    rows = population()
    biased, every = cells_of(rows), cells_of(rows, all_known=True)
    plain = {metric.name: metric.value for metric in TASK.metrics(biased)}
    truth = {metric.name: metric.value for metric in TASK.metrics(every)}
    found = reweighted(TASK, biased)
    assert found.keys() == plain.keys()
    for name in ("auc", "average_precision", "log_loss", "brier", "accuracy_0.5", "f1_0.5"):
        value, effective = found[name]
        assert value == pytest.approx(truth[name], abs=0.015)
        assert abs((plain[name] or 0) - (truth[name] or 0)) > 0.03
        assert 0 < effective < TASK.labelled(biased)
    weighed = selection_of(biased)
    assert weighed is not None
    assert weighed.weights is not None
    assert sum(
        weighed.weights[int(key[0] or 0)] * (sums[1] + sums[2]) for key, sums in biased.items()
    ) == pytest.approx(len(rows))


def test_a_fair_sample_and_scores_without_labels_are_not_reweighted() -> None:
    rows = population()
    assert reweighted(TASK, cells_of(rows, all_known=True)) == {}
    sure = [(score, truth, abs(score - 0.5) > 0.2) for score, truth, _ in rows]
    found = selection_of(cells_of(sure))
    assert found is not None
    assert found.is_biased
    assert found.weights is None
    assert reweighted(TASK, cells_of(sure)) == {}


def test_weights_give_a_label_the_predictions_of_its_cell() -> None:
    every = dict.fromkeys(range(0, 2_000, 100), 100)
    found = selection(every, {b: 50 if b < 1_000 else 10 for b in every})
    assert found is not None
    assert found.weights == {b: 2.0 if b < 1_000 else 10.0 for b in every}
    assert found.effective == pytest.approx(2_000**2 / (500 * 4 + 100 * 100))


def test_it_is_stored_beside_the_value_and_told_with_it() -> None:
    of = declared(metrics={"auc": {"least": 0.99}})
    rows = [One(i % 20, score, truth, i % 20 + 1 if comes else None)
            for i, (score, truth, comes) in enumerate(population(6_000))]  # fmt: skip
    context = seen_on(60, rows, of)
    stored = judged(of, "accounting", context).kept
    (auc,) = (row for row in stored if row["metric"] == "auc" and not row["segment"])
    assert auc["flags"] == ("BIASED_SAMPLE",)
    assert auc["reweighted"] < auc["value"] - 0.02
    assert auc["n_effective"] < auc["n_labelled"]
    found = judged(of, "auc", context)
    assert found.outcome is Outcome.FAIL
    said = f", {auc['reweighted']:.5g} reweighted to all scores, worth {auc['n_effective']:,.0f}"
    assert said in found.reason
    assert found.observed == auc["value"]
    (shown,) = (one for one in found.evidence if (one.label or "").startswith("reweighted"))
    assert (shown.number, shown.count) == (auc["reweighted"], round(auc["n_effective"]))
    fair = seen_on(60, [replace(one, arrival=one.day + 1) for one in rows], of)
    (plain,) = (
        row for row in judged(of, "accounting", fair).kept
        if row["metric"] == "auc" and not row["segment"]
    )  # fmt: skip
    assert (plain["reweighted"], plain["n_effective"], plain["flags"]) == (None, None, ())
