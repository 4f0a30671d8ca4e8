"""All bugs that windowed pipelines are known to have, in the order in which ties are told."""

from __future__ import annotations

from sparkguard.windows.bugs import Bug
from sparkguard.windows.bugs_of_edges import Boundary, Leak, Length, RowsForRange
from sparkguard.windows.bugs_of_rows import (
    FanOut,
    FirstRows,
    LastRows,
    MissingPartition,
    RowLimit,
)
from sparkguard.windows.bugs_of_time import DaylightSaving, Snapshot, Stale, TimeZone
from sparkguard.windows.bugs_of_values import (
    Approximation,
    Degrees,
    Empty,
    Float32,
    FloatOrder,
    NullKeys,
    Nulls,
    Overflow,
)
from sparkguard.windows.bugs_of_versions import AsOfForFinal, Duplicates, LateIgnored, LateLeaked
from sparkguard.windows.spec import Aggregate, WindowSpec

CATALOGUE: tuple[Bug, ...] = (
    Boundary(),
    Length(),
    Snapshot(),
    Stale(),
    TimeZone(),
    DaylightSaving(),
    Leak(),
    RowsForRange(),
    LastRows(),
    FirstRows(),
    RowLimit(),
    FanOut(),
    MissingPartition(),
    Overflow(),
    Float32(),
    Nulls(),
    NullKeys(),
    Empty(),
    Degrees(),
    FloatOrder(),
    Approximation(),
    LateIgnored(),
    LateLeaked(),
    AsOfForFinal(),
    Duplicates(),
)
NAMES = tuple(bug.name for bug in CATALOGUE)
"""The names by which a contract speaks of bugs."""


def applicable(spec: WindowSpec, aggregate: Aggregate) -> tuple[Bug, ...]:
    """The bugs that this declaration could suffer from."""
    return tuple(bug for bug in CATALOGUE if bug.applies(spec, aggregate))
