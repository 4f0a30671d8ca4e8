"""Which slices a change comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Name = TypeVar("Name")


@dataclass(frozen=True)
class Contribution:
    """The part of a change that one slice brings, in the unit of the change, and its share.

    `within` comes from what the slice holds, `mix` from how large it is beside the others.
    """

    within: float
    mix: float
    share: float

    @property
    def total(self) -> float:
        return self.within + self.mix


def of_sum(before: Mapping[Name, float], after: Mapping[Name, float]) -> dict[Name, Contribution]:
    """Parts of the change of a sum over slices, the greatest first."""
    parts = {
        name: (after.get(name, 0.0) - before.get(name, 0.0), 0.0)
        for name in dict.fromkeys([*before, *after])
    }
    return _ranked(parts)


def of_ratio(
    before: Mapping[Name, tuple[float, float]], after: Mapping[Name, tuple[float, float]]
) -> dict[Name, Contribution]:
    """Parts of the change of a ratio, from (numerator, denominator) of each slice.

    within = mean weight times the change of the slice's ratio; mix = change of its weight times
    its mean distance from the overall ratio. They add up to the whole change (Kitagawa, 1955).
    """
    weights = [_weights(before), _weights(after)]
    overall = [sum(x for x, _ in side.values()) / _total(side) for side in (before, after)]
    middle = sum(overall) / 2
    parts: dict[Name, tuple[float, float]] = {}
    for name in dict.fromkeys([*before, *after]):
        w0, w1 = (w.get(name, 0.0) for w in weights)
        r0, r1 = _ratio(before.get(name)), _ratio(after.get(name))
        r0, r1 = r0 if r0 is not None else r1, r1 if r1 is not None else r0
        if r0 is None or r1 is None:
            continue
        parts[name] = ((w0 + w1) / 2 * (r1 - r0), (w1 - w0) * ((r0 + r1) / 2 - middle))
    return _ranked(parts)


def _ranked(parts: Mapping[Name, tuple[float, float]]) -> dict[Name, Contribution]:
    total = sum(within + mix for within, mix in parts.values())
    found = {
        name: Contribution(within, mix, (within + mix) / total if total else 0.0)
        for name, (within, mix) in parts.items()
    }
    return dict(sorted(found.items(), key=lambda item: -abs(item[1].total)))


def _ratio(pair: tuple[float, float] | None) -> float | None:
    return pair[0] / pair[1] if pair is not None and pair[1] else None


def _total(side: Mapping[Name, tuple[float, float]]) -> float:
    return sum(weight for _, weight in side.values()) or 1.0


def _weights(side: Mapping[Name, tuple[float, float]]) -> dict[Name, float]:
    total = _total(side)
    return {name: weight / total for name, (_, weight) in side.items()}
