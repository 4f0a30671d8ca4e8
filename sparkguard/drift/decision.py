"""From tests to one verdict: two references, persistence, and features that moved together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sparkguard.drift.comparison import Level
from sparkguard.drift.multiplicity import Dependence, Q, in_two_stages

POPULATION = 0.30
FEWEST = 3
"""Share of a partition's features, and how many, that make one move of the population."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Trial:
    """One comparison of one feature and partition, before other tests are looked at.

    `direct` is the level that shares, categories and unseen values give without another test.
    Without rows enough (`evaluable` False) the p-values don't count.
    """

    p_warn: float
    p_alert: float
    direct: Level
    evaluable: bool

    @property
    def counts(self) -> bool:
        return self.evaluable and self.p_warn == self.p_warn


@dataclass(frozen=True)
class Case:
    """One feature of one partition, waiting for the other tests of its run.

    `pinned` and `rolling` are the comparisons with the baseline and with the partitions before;
    `lasting` says that the partition before was at least at the warning level. `weight` ranks
    what moved: PSI times importance. False discoveries are controlled over all cases of one
    `dependence`.
    """

    dataset: str
    feature: str
    pinned: Trial
    rolling: Trial | None = None
    lasting: bool = True
    weight: float = 0.0
    dependence: Dependence = "bh"


@dataclass(frozen=True)
class Step:
    """What a partition came to: its level, in words how it moved, and what moved with it."""

    level: Level = Level.STEADY
    text: str = ""
    together: str = ""


def settled(cases: Mapping[tuple[str, Key], Case]) -> dict[tuple[str, Key], Step]:
    """The whole policy over the cases of a run, by (rule, partition)."""
    rolling: dict[tuple[str, Key], Level] = {}
    pinned: dict[tuple[str, Key], Level] = {}
    for dependence in {case.dependence for case in cases.values()}:
        some = {k: c for k, c in cases.items() if c.dependence == dependence}
        against = {k: c.rolling for k, c in some.items() if c.rolling}
        rolling |= levels(against, dependence=dependence)
        pinned |= levels({k: c.pinned for k, c in some.items()}, dependence=dependence)
    steps = {
        k: decide(
            _known(c.pinned, pinned[k], beside=rolling.get(k)),
            _known(c.rolling, rolling.get(k), beside=pinned[k]),
            c.lasting,
        )
        for k, c in cases.items()
    }
    places = {key: (case.dataset, key[1]) for key, case in cases.items()}
    compared = Counter(places.values())
    together = populations(
        {(c.feature, places[k]): c.weight for k, c in cases.items() if steps[k].level}, compared
    )
    return {
        key: replace(step, together=_together(together[place], compared[place]))
        if step.level and (place := places[key]) in together
        else step
        for key, step in steps.items()
    }


def _known(trial: Trial | None, level: Level | None, beside: Level | None) -> Level | None:
    """The level of a comparison; None where rows too few hide whether it would reach the other's.

    Without rows enough a level is a lower bound: its absence is no finding.
    """
    if trial is None or level is None or trial.evaluable:
        return level
    return level if level >= (beside or Level.STEADY) else None


def _together(moved: Sequence[str], compared: int) -> str:
    return f"{len(moved)} of {compared} columns moved together, first {moved[0]}"


def levels(
    tests: Mapping[tuple[str, Key], Trial], q: float = Q, dependence: Dependence = "bh"
) -> dict[tuple[str, Key], Level]:
    """The level of each (feature, partition), false discoveries controlled over all of them."""
    warned = _rejected({k: t.p_warn for k, t in tests.items() if t.counts}, q, dependence)
    alerted = _rejected({k: t.p_alert for k, t in tests.items() if t.counts}, q, dependence)
    found: dict[tuple[str, Key], Level] = {}
    for key, test in tests.items():
        by_distance = (
            Level.ALERT
            if alerted.get(key) and warned.get(key)
            else (Level.WARN if warned.get(key) else Level.STEADY)
        )
        found[key] = max(by_distance, test.direct)
    return found


def decide(pinned: Level | None, rolling: Level | None, lasting: bool) -> Step:
    """One verdict from two references.

    `pinned` is None where there are too few rows to compare with the baseline, `rolling` where
    there are too few rows or partitions before. A warning has to be `lasting`: the partition
    before was at least at that level. Without a baseline only a step is told, since a warning
    would hide that the rest is not known.
    """
    if pinned is None:
        is_step = rolling is Level.ALERT
        return Step(Level.ALERT, "step: differs from the partitions before") if is_step else Step()
    if pinned is Level.ALERT and rolling is None:
        return Step(Level.ALERT, "differs from the baseline")
    if pinned is Level.ALERT and rolling is Level.ALERT:
        return Step(Level.ALERT, "step: differs from the baseline and from the partitions before")
    if pinned is Level.ALERT:
        return Step(
            Level.WARN, "slow drift: differs from the baseline, not from the partitions before"
        )
    if rolling is Level.ALERT:
        against = "differs from the partitions before"
        if pinned is Level.WARN:
            return Step(Level.ALERT, f"step: {against} and begins to differ from the baseline")
        return Step(Level.WARN, f"step towards the baseline: {against} alone")
    if max(pinned, rolling or Level.STEADY) is Level.WARN:
        if lasting:
            return Step(Level.WARN, "differs somewhat, as the partition before did")
        return Step(Level.STEADY, "differs somewhat; warns if the next partition does as well")
    return Step()


def populations(
    moved: Mapping[tuple[str, Key], float], features: Mapping[Key, int]
) -> dict[Key, tuple[str, ...]]:
    """Partitions in which many features moved, with those by falling weight.

    `moved` gives PSI times importance of what moved; `features` how many were compared.
    """
    by_partition: dict[Key, list[tuple[float, str]]] = {}
    for (feature, partition), weight in moved.items():
        by_partition.setdefault(partition, []).append((-weight, feature))
    return {
        partition: tuple(name for _, name in sorted(found))
        for partition, found in by_partition.items()
        if len(found) >= FEWEST and len(found) >= POPULATION * features[partition]
    }


def _rejected(
    p: Mapping[tuple[str, Key], float], q: float, dependence: Dependence
) -> dict[tuple[str, Key], bool]:
    families: dict[str, list[tuple[str, Key]]] = {}
    for key in p:
        families.setdefault(key[0], []).append(key)
    found = in_two_stages(
        {name: [p[key] for key in keys] for name, keys in families.items()}, q, dependence
    )
    return {
        key: hit
        for name, keys in families.items()
        for key, hit in zip(keys, found[name], strict=True)
    }
