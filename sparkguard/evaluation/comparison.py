"""Whether a metric is worse than the reference's, at equal age of the labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy import stats

from sparkguard.drift.multiplicity import discoveries
from sparkguard.evaluation.metric import Metric, is_loss

ALPHA = 0.01


@dataclass(frozen=True)
class Decay:
    """How much worse a metric became beyond its margin; p of the one-sided test."""

    loss: float
    z: float
    p: float

    @property
    def is_significant(self) -> bool:
        return self.p < ALPHA


def decay(reference: Metric, current: Metric, margin: float = 0.0) -> Decay | None:
    """(M_ref - M_cur - margin) / sqrt(SE²_ref + SE²_cur), the sign turned for losses.

    None where a side has no value or no standard error. `bias` is compared in its size.
    """
    if reference.value is None or current.value is None:
        return None
    if reference.error is None or current.error is None:
        return None
    before, now = reference.value, current.value
    if reference.name == "bias":
        before, now = abs(before), abs(now)
    loss = (now - before) if is_loss(reference.name) else (before - now)
    error = math.hypot(reference.error, current.error)
    beyond = loss - margin
    z = beyond / error if error else math.copysign(math.inf, beyond) if beyond else 0.0
    return Decay(loss, z, float(stats.norm.sf(z)))


def drivers(
    found: Mapping[str, tuple[Decay, int]], whole: Decay, q: float = ALPHA
) -> tuple[str, ...]:
    """The slices that became worse, by their share in the whole's loss, the greatest first.

    `found` holds decay and labelled rows by slice; false discoveries are controlled at `q` by
    Benjamini and Hochberg (1995). A slice that lost less than the whole drives nothing.
    """
    names = list(found)
    hits = discoveries([found[name][0].p for name in names], q)
    worse = [
        name
        for name, hit in zip(names, hits, strict=True)
        if hit and found[name][0].loss >= whole.loss
    ]
    return tuple(sorted(worse, key=lambda name: -found[name][0].loss * found[name][1]))


def explanation(slices: Sequence[str], drifted: Sequence[str] | None, biased: bool) -> str:
    """What to look at first: labels, data or the model. `drifted` is None where nobody looked."""
    if biased:
        return "the labelled predictions are no fair sample: look at the labels first"
    where = f" in {', '.join(slices[:3])}" if slices else ""
    if drifted is None:
        return f"the model became worse{where}; whether inputs drifted is not known"
    if drifted:
        columns = ", ".join(drifted[:3])
        return f"inputs drifted too ({columns}){where}: look at the data, or retrain"
    said = "what they mean changed, or the labels; retrain or fix labels"
    return f"inputs did not drift{where}: {said}"
