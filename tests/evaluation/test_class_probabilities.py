from __future__ import annotations

import math

import pytest

from sparkguard.evaluation.class_probabilities import metrics, one_vs_rest, terms
from sparkguard.evaluation.scores import ZERO, bin_of


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


def test_rows_that_do_not_name_a_class_give_it_nothing() -> None:
    """50 a, 50 b and 100 c; no map names c, and those of c name both others with less."""
    of_a, of_b = ({bin_of(0.9): (50, 50), bin_of(0.1): (100, 0)} for _ in "ab")
    found = one_vs_rest({"a": of_a, "b": of_b}, {"a": 50, "b": 50, "c": 100})
    assert found.value == pytest.approx((1 + 1 + 0.5) / 3)
    assert round(found.value or 0, 3) == 0.833

    given = {"a": {bin_of(0.5): (1, 1), ZERO: (1, 1)}, "b": {bin_of(0.5): (1, 1)}}
    found = one_vs_rest(
        given, {"a": 2, "b": 2}
    )  # a: 0.5 and 0 against 0 and 0; b: 0.5, 0 against 0, 0
    assert found.value == pytest.approx(((1 + 0.5) / 2 + (1 + 0.5) / 2) / 2)
    assert one_vs_rest({"a": {bin_of(0.5): (2, 2)}}, {"a": 2}).value is None
