"""All partitions of a feature against references: how far they moved, and how surely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkguard.drift import distances
from sparkguard.drift.cells import Counted, Feature
from sparkguard.drift.minimum_effect import ALPHA, is_evaluable, p_value
from sparkguard.drift.shares import newcombe, outside, wilson
from sparkguard.rendering.tabular import Grid, Tabular

Floats = NDArray[np.float64]
Levels = NDArray[np.int64]


class Level(IntEnum):
    STEADY = 0
    WARN = 1
    ALERT = 2


@dataclass(frozen=True)
class Limits:
    """What counts as a move: PSI in nats, shares as differences between 0 and 1.

    Defaults: PSI .10 and .25 (Siddiqi, 2006); shares and L-infinity are engineering defaults.
    `new_values` is the least share of unseen values that alerts.
    """

    warn: float = 0.10
    alert: float = 0.25
    share_warn: float = 0.01
    share_alert: float = 0.05
    category_warn: float = 0.05
    category_alert: float = 0.10
    new_values: float = 0.01


@dataclass(frozen=True, eq=False)
class Comparison(Tabular):
    """One number per partition. `p_warn` and `p_alert` are NaN where there is no distance.

    `direct` is the level by shares, single categories and unseen values, which need no other
    test; `why` its reason by partition. `evaluable` says that there are rows enough.
    """

    n: Floats
    m: Floats
    v: Floats
    used: Levels
    psi: Floats
    p_warn: Floats
    p_alert: Floats
    evaluable: NDArray[np.bool_]
    l_infinity: Floats
    unseen: Floats
    null_before: Floats
    null_after: Floats
    direct: Levels
    why: Mapping[int, str]

    def level(self, alpha: float = ALPHA) -> Levels:
        """The level of each partition by itself, without regard to other tests."""
        with np.errstate(invalid="ignore"):
            by_distance = np.where(
                self.p_alert <= alpha, Level.ALERT, np.where(self.p_warn <= alpha, Level.WARN, 0)
            )
        by_distance = np.where(self.evaluable, by_distance, 0)
        return np.maximum(by_distance, self.direct)

    def grid(self) -> Grid:
        """A row per partition, in their order."""
        numbers = {
            "rows_before": self.n,
            "rows_now": self.m,
            "psi": self.psi,
            "p_warn": self.p_warn,
            "p_alert": self.p_alert,
            "l_infinity": self.l_infinity,
            "unseen": self.unseen,
            "null_before": self.null_before,
            "null_after": self.null_after,
        }
        levels = self.level()
        rows = [
            (
                at,
                Level(int(levels[at])).name.lower(),
                self.why.get(at, ""),
                *(float(number[at]) for number in numbers.values()),
            )
            for at in range(len(self.m))
        ]
        heads = (("partition", "INT"), ("level", "STRING"), ("reason", "STRING"))
        return Grid("Comparison", (*heads, *((name, "DOUBLE") for name in numbers)), rows)

    def to_dict(self) -> Mapping[str, Any]:
        """Plain data: every number of every partition."""
        grid = self.grid()
        return {"partitions": [dict(zip(grid.names, row, strict=True)) for row in grid.rows]}


def compare(
    feature: Feature, reference: Counted, current: Counted, limits: Limits | None = None
) -> Comparison:
    """`current` has a row of counts per partition; `reference` one for all, or one for each."""
    limits = limits or Limits()
    X = np.atleast_2d(np.asarray(current))
    R = np.broadcast_to(np.asarray(reference), X.shape)
    n, m = R.sum(axis=1).astype(np.float64), X.sum(axis=1).astype(np.float64)
    v = distances.sampling(R, X)
    used = distances.used(R, X).sum(axis=1)
    nothing = np.full(len(X), np.nan)
    psi = distances.psi(R, X) if feature.has_distance else nothing
    has_rows = (n > 0) & (m > 0)
    if feature.has_distance:
        p_warn, p_alert = (p_value(psi, v, used, d) for d in (limits.warn, limits.alert))
        evaluable = has_rows & is_evaluable(np.where(has_rows, v, np.inf), used, limits.warn)
    else:
        p_warn = p_alert = nothing
        evaluable = has_rows & _shares_evaluable(n, m, limits)
    null = feature.shares["null share"]
    before, after = R[:, null].sum(axis=1), X[:, null].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = before / n, after / m
    l_infinity = distances.l_infinity(R, X) if feature.categories else nothing
    unseen = X[:, feature.unseen] / np.maximum(m, 1) if feature.unseen is not None else nothing
    direct, why = _direct(feature, R, X, has_rows, l_infinity, limits)
    return Comparison(
        n, m, v, used, psi, p_warn, p_alert, evaluable, l_infinity, unseen, *shares, direct, why
    )


def _shares_evaluable(n: Floats, m: Floats, limits: Limits) -> NDArray[np.bool_]:
    """Rows enough to tell a share that moved from 0 by the alerting difference."""
    low, _ = wilson(2 * limits.share_alert * m, m, 1 - ALPHA)
    base, _ = wilson(2 * limits.share_alert * n, n, 1 - ALPHA)
    return np.asarray((low > 0.5 * limits.share_alert) & (base > 0.5 * limits.share_alert))


def _direct(
    feature: Feature,
    R: Counted,
    X: Counted,
    has_rows: NDArray[np.bool_],
    l_infinity: Floats,
    limits: Limits,
) -> tuple[Levels, dict[int, str]]:
    levels, why = np.zeros(len(X), dtype=np.int64), dict[int, str]()

    def raised(warn: NDArray[np.bool_], alert: NDArray[np.bool_], text: list[str]) -> None:
        found = np.where(has_rows & alert, 2, np.where(has_rows & warn, 1, 0))
        for at in np.flatnonzero(found > levels):
            why[int(at)] = text[at]
        np.maximum(levels, found, out=levels)

    n, m = R.sum(axis=1), X.sum(axis=1)
    for name, group in feature.shares.items():
        was, now = R[:, group].sum(axis=1), X[:, group].sum(axis=1)
        _, low, high = newcombe(was, n, now, m, 1 - ALPHA)
        texts = [
            f"{name} {a / max(b, 1):.2%}, was {c / max(d, 1):.2%}"
            for a, b, c, d in zip(now, m, was, n, strict=True)
        ]
        raised(outside(low, high, limits.share_warn), outside(low, high, limits.share_alert), texts)
    if feature.unseen is not None:
        low, _ = wilson(X[:, feature.unseen], m, 1 - ALPHA)
        over = np.asarray(low > max(limits.new_values, feature.rare))
        # Against a rolling reference the cell may hold rows on both sides: then it is no news.
        over &= R[:, feature.unseen] == 0
        shares = X[:, feature.unseen] / np.maximum(m, 1)
        raised(over, over, [f"{s:.2%} of rows hold values that the baseline lacks" for s in shares])
    if feature.categories:
        used = distances.used(R, X).sum(axis=1)
        noise = distances.l_infinity_noise(used, distances.sampling(R, X), ALPHA)
        worst = np.abs(X / np.maximum(m, 1)[:, None] - R / np.maximum(n, 1)[:, None]).argmax(axis=1)
        texts = [
            f"the share of {feature.cells[w].label!r} moved by {d:.3f}"
            for w, d in zip(worst, l_infinity, strict=True)
        ]
        sure = l_infinity > noise
        raised(
            sure & (l_infinity > limits.category_warn),
            sure & (l_infinity > limits.category_alert),
            texts,
        )
    return levels, why


def why_not_evaluable(found: Comparison, at: int) -> str:
    """The state and a sentence for a partition that allows no verdict; "" for one that does."""
    if not found.m[at]:
        return "EMPTY: there are no rows"
    if not found.n[at]:
        return "NO_BASELINE: the baseline has no rows"
    if found.null_before[at] == found.null_after[at] == 1:
        return "ALL_NULL: as in the baseline"
    if not found.evaluable[at]:
        n, m = found.n[at], found.m[at]
        return f"INSUFFICIENT_ROWS: {m:,.0f} against {n:,.0f} can't tell a move from chance"
    return ""
