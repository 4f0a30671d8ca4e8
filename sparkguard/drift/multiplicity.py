"""False discoveries among many tests: Benjamini-Hochberg, and families of tests in two stages."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Literal, TypeVar

import numpy as np

Q = 0.01
Dependence = Literal["bh", "by"]
Family = TypeVar("Family", bound=Hashable)


def discoveries(
    p: Sequence[float], q: float = Q, dependence: Dependence = "bh"
) -> tuple[bool, ...]:
    """Which tests are rejected so that at most a share `q` of them is expected to be false.

    `bh` is Benjamini and Hochberg (1995), for independent or positively dependent tests; `by`
    is Benjamini and Yekutieli (2001), for any.
    """
    if not p:
        return ()
    values, n = np.asarray(p, dtype=np.float64), len(p)
    if dependence == "by":
        q = q / float(np.sum(1 / np.arange(1, n + 1)))
    order = np.argsort(values, kind="stable")
    below = values[order] <= q * np.arange(1, n + 1) / n
    last = int(np.flatnonzero(below).max(initial=-1))
    rejected = np.zeros(n, dtype=bool)
    rejected[order[: last + 1]] = True
    return tuple(bool(x) for x in rejected)


def simes(p: Sequence[float]) -> float:
    """One p-value of a family: the least of n p(i) / i (Simes, 1986); 1 for none."""
    if not p:
        return 1.0
    values = np.sort(np.asarray(p, dtype=np.float64))
    return float(min(1.0, np.min(len(values) * values / np.arange(1, len(values) + 1))))


def in_two_stages(
    families: Mapping[Family, Sequence[float]], q: float = Q, dependence: Dependence = "bh"
) -> dict[Family, tuple[bool, ...]]:
    """Families first; then, within those found, their tests at `q` times the share found.

    Keeps the mean false discovery rate over the families found (Benjamini and Bogomolov, 2014).
    """
    names = list(families)
    found = discoveries([simes(families[name]) for name in names], q, dependence)
    share = sum(found) / len(names) if names else 0.0
    return {
        name: discoveries(families[name], q * share, dependence)
        if hit
        else (False,) * len(families[name])
        for name, hit in zip(names, found, strict=True)
    }
