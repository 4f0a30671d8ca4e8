"""What a new baseline holds of a column: each value where they are few, else frozen bins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sparkguard.columns import ColumnPath
from sparkguard.drift.bins import frozen_edges, pooled
from sparkguard.drift.cells import FEW_NUMBERS
from sparkguard.measures.bins import Bins
from sparkguard.measures.counts import Counts
from sparkguard.measures.families import Family
from sparkguard.measures.quantiles import Quantiles, QuantilesState
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.measures.sample import Sample
from sparkguard.measures.values import Values, ValuesState
from sparkguard.profile import Need, Profile
from sparkguard.relations.base import Relation

SAMPLE_ROWS = 8_192
FEW_IN_SAMPLE = 4_096


def holding(
    relation: Relation, column: ColumnPath, family: Family, seen: Profile
) -> tuple[Need[Any], ...]:
    """What to measure next, after what was `seen`; the last answer is what the baseline holds.

    A look at some rows tells few values from many. Many numbers are cut at their quantiles; of
    what can't be cut, or has no values, only NULLs are counted.
    """
    counts: Need[Any] = Need(relation, Counts(column, family))
    if family in (Family.OTHER, Family.BINARY):
        return (counts,)
    sample = Need(relation, Sample(column, family, SAMPLE_ROWS))
    looked = seen.whole(sample)
    if looked is None:
        return (sample,)
    is_number = family not in (Family.STRING, Family.BOOLEAN)
    few = FEW_NUMBERS if is_number else FEW_IN_SAMPLE
    if looked.distinct <= few:
        values = Need(relation, Values(column, family, expected=looked.distinct))
        counted = seen.whole(values)
        if counted is None or (
            not counted.overflow and len(counted.counts) - (None in counted.counts) <= few
        ):
            return (values,)
    return _cut(relation, column, family, seen, counts) if is_number else (counts,)


def sized(need: Need[Any], state: Any) -> Need[Any]:
    """The same need, with as many groups to expect as a baseline's `state` had values.

    Columns of few values are then counted together.
    """
    if not isinstance(need.measure, Values) or not isinstance(state, ValuesState):
        return need
    return Need(need.relation, replace(need.measure, expected=max(1, len(state.counts))))


def _cut(
    relation: Relation, column: ColumnPath, family: Family, seen: Profile, counts: Need[Any]
) -> tuple[Need[Any], ...]:
    """Bins, once asked for, stay: merging sketches again would move their edges."""
    for need, _ in seen.states:
        measure = need.measure if need.relation == relation else None
        if isinstance(measure, Bins) and measure.column == column:
            return (need,)
    quantiles, rows = Need(relation, Quantiles(column, family)), Need(relation, Rows())
    found = seen.whole(quantiles)
    if found is None:
        return (rows, quantiles)
    if found.is_empty:
        return (counts,)
    quantile = pooled(_by_slice(rows, quantiles, seen)) if found.unknown else found.at
    return (Need(relation, Bins(column, family, frozen_edges(quantile))),)


def _by_slice(
    rows: Need[RowsState], quantiles: Need[QuantilesState], seen: Profile
) -> Iterator[tuple[int, tuple[float, ...]]]:
    """Rows and percentiles of each slice, where percentiles did not merge to those of all."""
    for (need, where), state in seen.states.items():
        if need == quantiles and (counted := seen.at(where, rows)) is not None:
            yield counted.rows, state.points
