"""The second reference: the last partitions of the same season that did not step away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sparkguard.drift.cells import Counted, Feature
from sparkguard.drift.comparison import Comparison, Level, Limits, compare
from sparkguard.slices import value_order

PARTITIONS = 4
LEAST = 2
"""Partitions that make a rolling reference, and how few of them still do."""


def day_of(text: str | None) -> date | None:
    """The day that a partition's text stands for, None when it is no ISO 8601 date."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def days_of(labels: Sequence[str]) -> dict[str, date] | None:
    """The day of each partition; None where some are no dates, or several are of one day."""
    days = {label: day for label in labels if (day := day_of(label)) is not None}
    return days if len(set(days.values())) == len(labels) else None


def in_order(texts: Sequence[str | None]) -> list[int]:
    """Positions in the order of time: numbers by value, then texts, at last what has no time."""
    keys = [value_order(text, nulls_last=True) for text in texts]
    return sorted(range(len(texts)), key=keys.__getitem__)


def seasons(texts: Sequence[str | None]) -> list[int]:
    """Partitions of equal numbers are alike: by weekday where all are dates, else all of them.

    The partition of rows without a time is like no other.
    """
    days = [day_of(text) for text in texts if text is not None]
    are_dates = all(days)
    return [
        -1 if text is None else day.weekday() if are_dates and (day := day_of(text)) else 0
        for text in texts
    ]


def with_rolling(
    feature: Feature,
    current: Counted,
    season: Sequence[int],
    accepted: Sequence[bool],
    limits: Limits | None = None,
    broken: Sequence[bool] = (),
) -> tuple[Comparison, Comparison, NDArray[np.bool_], Counted]:
    """(against the baseline, against the rolling reference, where there is one, the references).

    `current` is in the order of time. A partition that stepped away from both references enters
    none later, unless it was `accepted`; a `broken` or empty one never does. A reference without
    rows enough leaves it to the other. Which ones stepped depends on earlier ones only, so
    repeating until nothing changes ends and gives what going through time would.
    """
    pinned = compare(feature, feature.reference, current, limits)
    far = pinned.level() == Level.ALERT
    own = ~np.asarray(accepted, dtype=bool)
    unfit = (pinned.m == 0) | (np.asarray(broken, dtype=bool) if len(broken) else False)
    left_out = (far & own) | unfit
    while True:
        references, has = _sums(current, season, left_out)
        rolling = compare(feature, references, current, limits)
        stepped = has & (rolling.level() == Level.ALERT)
        alike = has & rolling.evaluable & ~stepped
        again = (own & ((far & ~alike) | (stepped & ~pinned.evaluable))) | unfit
        if (again == left_out).all():
            return pinned, rolling, has, references
        first = int(np.flatnonzero(again != left_out)[0])
        # All before the first change is settled, and with it the change itself.
        left_out = np.concatenate((left_out[:first], again[first:]))


def _sums(
    current: Counted, season: Sequence[int], left_out: NDArray[np.bool_]
) -> tuple[Counted, NDArray[np.bool_]]:
    sums, has = np.zeros_like(current), np.zeros(len(current), dtype=bool)
    recent: dict[int, list[int]] = {}
    for at, group in enumerate(season):
        kept = recent.setdefault(group, [])
        if len(kept) >= LEAST:
            sums[at], has[at] = current[kept[-PARTITIONS:]].sum(axis=0), True
        if not left_out[at]:
            kept.append(at)
    return sums, has
