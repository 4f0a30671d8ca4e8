"""From which volume on keys are orphans: by nested subsets of keys, and by rows per key."""

from __future__ import annotations

from collections.abc import Iterator

from sparkguard.measures.orphan_volume import OrphanVolumeState
from sparkguard.relations.orphan_volume import RUNGS
from sparkguard.verdicts import Evidence
from sparkguard.windows.steps import StepChange, curve, step_change, wilson


def evidence(state: OrphanVolumeState) -> Iterator[Evidence]:
    """Curves of the share of keys with 95 % intervals (Wilson), and where they step up."""
    yield from _by_subset(state)
    for nth, last in RUNGS:
        yield from _by_frequency(state, nth, last)
    if step := step_of(state):
        yield Evidence("work", "numbers", 0, "step at rows per key", number=float(2**step.at))
        yield Evidence("work", "numbers", 1, "step p-value", number=step.p)


def _by_subset(state: OrphanVolumeState) -> Iterator[Evidence]:
    for i, (nth, last) in enumerate(RUNGS):
        cell = state.up_to(last)
        if cell.keys:
            low, high = wilson(cell.orphan_keys, cell.keys)
            yield Evidence(
                "series", "orphan rate by number of keys", i, _named(nth), float(cell.keys),
                cell.orphan_keys / cell.keys, cell.orphan_keys, low, high,
                f"{cell.orphan_rows:,} of {cell.rows:,} rows",
            )  # fmt: skip


def _by_frequency(state: OrphanVolumeState, nth: int, last: int) -> Iterator[Evidence]:
    name = "orphan rate by rows per key" + ("" if nth == 1 else f", {_named(nth)}")
    for i, point in enumerate(curve(state.counts(), last)):
        low, high = point.interval
        yield Evidence(
            "series", name, i, f"{2**point.size:,}", float(2**point.size), point.rate,
            point.wrong, low, high,
        )  # fmt: skip


def _named(nth: int) -> str:
    return "all keys" if nth == 1 else f"1 in {nth:,} keys"


def step_of(state: OrphanVolumeState | None) -> StepChange | None:
    """The number of rows per key from which on many more keys are orphans; None without one."""
    step = None if state is None else step_change(state.counts())
    return step if step is not None and step.is_step else None


def said(step: StepChange) -> str:
    """A clause for a verdict's reason."""
    return (
        f"orphans begin at {2**step.at:,} rows per key: {step.above.rate:.1%} of keys from there "
        f"on, {step.below.rate:.1%} below (p = {step.p:.3f})"
    )
