from __future__ import annotations

import pytest

from sparkguard.evaluation.confusion import Confusion, Counts, f1


def by_name(pairs: list[tuple[str, str]]) -> dict[str, float | None]:
    return {metric.name: metric.value for metric in Confusion.of(pairs).metrics()}


def test_documented_macro_f1() -> None:
    truth, predicted = "012012", "021001"
    found = by_name(list(zip(truth, predicted, strict=True)))
    assert found["f1_macro"] == pytest.approx(0.267, abs=5e-4)
    assert found["f1_micro"] == found["accuracy"]
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["f1_weighted"] == pytest.approx(0.267, abs=5e-4)


def test_a_zero_denominator_is_no_zero() -> None:
    assert f1(Counts(0, 0, 0, 9)).value is None
    assert f1(Counts(0, 0, 0, 9)).reason
    assert f1(Counts(0, 1, 0)).value == 0


def test_a_class_predicted_and_never_true_counts_in_the_mean() -> None:
    found = by_name([("a", "a"), ("a", "b")])
    assert found["f1_macro"] == pytest.approx((2 / 3 + 0) / 2)


def test_no_rows_give_reasons() -> None:
    assert all(metric.value is None and metric.reason for metric in Confusion({}).metrics())
