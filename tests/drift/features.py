"""Features of a baseline, and counts that moved away from it."""

from __future__ import annotations

import numpy as np

from sparkguard.drift.cells import Binned, Listed, feature_of
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.families import Family
from sparkguard.measures.values import Values, ValuesState

EDGES = tuple(float(i) for i in range(1, 100))


def binned(rows: int, null: int = 0) -> Binned:
    state = BinsState((rows // 100,) * 100, null)
    found = feature_of(Bins(("x",), Family.FLOAT, EDGES), state)
    assert isinstance(found, Binned)
    return found


def listed(counts: dict[str | None, int], family: Family = Family.STRING) -> Listed:
    found = feature_of(Values(("x",), family), ValuesState(counts))
    assert isinstance(found, Listed)
    return found


def shifted(rows: int, share: float) -> list[int]:
    """Even bins of which `share` of the rows moved from the lower half to the upper one."""
    p = np.full(20, 0.05)
    p[:10] -= share / 10
    p[10:] += share / 10
    return [*np.round(p * rows).astype(int).tolist(), 0, 0, 0, 0]
