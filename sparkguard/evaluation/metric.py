"""A metric's value with everything that says how far it can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Metric:
    """`value` with its sampling interval `low` to `high`; `reason` is why one of them is None.

    `bin_low` to `bin_high` always hold the metric of the unbinned scores: their distance is
    arithmetic and no sampling error. `error` is the standard error of the value, None where the
    labels are too few to tell it. `reweighted` is
    the value if labels are weighted to the scores of all predictions, worth `effective` labels;
    both None where they are a fair sample. `parts` are what it is made of, or is read beside, by
    name.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    bin_low: float | None = None
    bin_high: float | None = None
    error: float | None = None
    reason: str = ""
    reweighted: float | None = None
    effective: float | None = None
    parts: tuple[tuple[str, float], ...] = ()

    @property
    def is_loss(self) -> bool:
        """Whether smaller is better."""
        return self.name in LOSSES

    @property
    def beside(self) -> str:
        """The reweighted value as part of a sentence; empty without one."""
        if self.reweighted is None or self.effective is None:
            return ""
        return (
            f", {self.reweighted:.5g} reweighted to all scores, worth {self.effective:,.0f} labels"
        )


LOSSES = frozenset(
    ("log_loss", "brier", "calibration_error", "mae", "rmse", "wape", "mape", "bias")
)
"""Metrics of which less is better; `bias` in its size. Pinball losses are named `pinball_...`."""


def is_loss(name: str) -> bool:
    return name in LOSSES or name.startswith("pinball")


ONE = "one label or query tells no standard error"


def undefined(name: str, reason: str) -> Metric:
    return Metric(name, None, reason=reason)


def z_of(confidence: float = CONFIDENCE) -> float:
    """The two-sided normal quantile."""
    return float(stats.norm.isf((1 - confidence) / 2))


def around(name: str, value: float, error: float) -> Metric:
    """A value with the normal interval of its standard error."""
    half = z_of() * error
    return Metric(name, value, value - half, value + half, error=error)


def in_unit(name: str, value: float, error: float) -> Metric:
    """The same for a value between 0 and 1, on the logit scale, so that it stays there.

    The value is neither 0 nor 1.
    """
    middle, half = math.log(value / (1 - value)), z_of() * error / (value * (1 - value))
    low, high = (1 / (1 + math.exp(min(-(middle + side), 700.0))) for side in (-half, half))
    return Metric(name, value, low, high, error=error)


def mean(name: str, first: float, second: float, n: int) -> Metric:
    """A mean from the sums of its terms and of their squares; SE = sqrt((Σx²/n - x̄²)/n).

    One term tells no error.
    """
    if n == 0:
        return undefined(name, "no labelled prediction")
    value = first / n
    if n == 1:
        return Metric(name, value, reason=ONE)
    return around(name, value, math.sqrt(max(0.0, second / n - value * value) / n))


def wider(one: Metric, error: float | None) -> Metric:
    """`one` with the interval of the larger of two standard errors; none where it has none."""
    if error is None or one.value is None or one.error is None or error <= one.error:
        return one
    if one.name not in ("auc", "average_precision"):
        other = around(one.name, one.value, error)
    elif 0 < one.value < 1:
        other = in_unit(one.name, one.value, error)
    else:
        half = z_of() * error
        ends = max(one.value - half, 0.0), min(one.value + half, 1.0)
        other = Metric(one.name, one.value, *ends, error=error)
    return replace(other, bin_low=one.bin_low, bin_high=one.bin_high, parts=one.parts)
