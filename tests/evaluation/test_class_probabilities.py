from __future__ import annotations

import math

import pytest

from sparkguard.evaluation.class_probabilities import metrics, terms


def test_documented_brier_of_three_classes() -> None:
    rows = [
        ({"eggs": 0.8, "ham": 0.1, "spam": 0.1}, "eggs"),
        ({"eggs": 0.2, "ham": 0.7, "spam": 0.1}, "ham"),
        ({"eggs": 0.2, "ham": 0.2, "spam": 0.6}, "spam"),
    ]
    sums = [sum(column) for column in zip(*(terms(*row) for row in rows), strict=True)]
    found = {metric.name: metric.value or 0 for metric in metrics(sums, 3)}
    assert math.floor(found["brier"] * 1_000) / 1_000 == 0.146  # printed cut off
    assert found["log_loss"] == pytest.approx(-math.log(0.8 * 0.7 * 0.6) / 3)


def test_documented_log_loss_of_two_classes() -> None:
    rows = [
        ({"ham": 0.1, "spam": 0.9}, "spam"), ({"ham": 0.9, "spam": 0.1}, "ham"),
        ({"ham": 0.8, "spam": 0.2}, "ham"), ({"ham": 0.35, "spam": 0.65}, "spam"),
    ]  # fmt: skip
    sums = [sum(column) for column in zip(*(terms(*row) for row in rows), strict=True)]
    assert round(next(metrics(sums, 4)).value or 0, 5) == 0.21616


def test_a_class_without_probability_is_surely_wrong() -> None:
    loss, _, distance, _ = terms({"a": 1.0}, "b")
    assert loss == round(-math.log(2.220446049250313e-16) * 10**9)
    assert distance == 2 * 10**9
    assert all(m.value is None for m in metrics((0, 0, 0, 0), 0))
