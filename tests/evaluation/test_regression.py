from __future__ import annotations

import math

import pytest

from sparkguard.evaluation.regression import Errors, metrics, refuse_overflow

LEVELS = (0.1, 0.9)


def by_name(pairs: list[tuple[float, float]], quantum: float = 0.001) -> dict[str, float | None]:
    of = Errors.of(pairs, quantum)
    return {metric.name: metric.value for metric in metrics(of, quantum, LEVELS)}


@pytest.mark.parametrize(
    ("predicted", "level", "expected"),
    [
        ((0, 2, 3), 0.1, 0.03), ((1, 2, 4), 0.1, 0.3),
        ((0, 2, 3), 0.9, 0.3), ((1, 2, 4), 0.9, 0.03),
    ],
)  # fmt: skip
def test_documented_pinball(predicted: tuple[int, ...], level: float, expected: float) -> None:
    found = by_name(list(zip((1, 2, 3), predicted, strict=True)))
    assert round(found[f"pinball_{level:g}"] or 0, 2) == expected


def test_documented_mape() -> None:
    truth, predicted = (3, -0.5, 2, 7), (2.5, 0.0, 2, 8)
    found = by_name(list(zip(truth, predicted, strict=True)))
    assert math.floor((found["mape"] or 0) * 10**4) / 10**4 == 0.3273  # printed cut off
    assert found["mae"] == pytest.approx(0.5)
    assert found["rmse"] == pytest.approx(0.375**0.5)
    assert found["bias"] == pytest.approx((-0.5 + 0.5 + 0 + 1) / 4)
    assert found["wape"] == pytest.approx(2 / 12.5)


def test_documented_mape_with_a_zero_target() -> None:
    pairs = list(zip((1.0, 0.0, 2.4, 7.0), (1.2, 0.1, 2.4, 8.0), strict=True))
    (found,) = (m for m in metrics(Errors.of(pairs, 0.1), 0.1) if m.name == "mape")
    assert found.value == pytest.approx((0.2 + 0 + 1 / 7) / 3)
    parts = dict(found.parts)
    assert parts["with 0 as machine epsilon"] == pytest.approx(112589990684262.48, rel=1e-15)
    assert parts["rows whose truth is 0"] == 1


def test_definitions_that_could_overflow_are_refused() -> None:
    refuse_overflow(1e5, 0.1)
    with pytest.raises(ValueError, match="overflow"):
        refuse_overflow(1e9, 0.001)


def test_no_rows_give_reasons() -> None:
    assert all(m.value is None and m.reason for m in metrics(Errors(), 0.1, LEVELS))
    assert by_name([(0.0, 1.0)])["wape"] is None
