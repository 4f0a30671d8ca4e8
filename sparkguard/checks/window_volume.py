"""A windowed feature does not move with volume: seen from its table alone, without the source."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.checks.base import (
    Check,
    Context,
    Judgement,
    Past,
    not_evaluable,
    passed,
    violated,
)
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.measures.volume import Volume, VolumeState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Evidence

_PILED_ROWS = 20
_ERRORS = 5.0
"""Standard errors, over ten groups of entities, beyond which a mean has moved."""
_GROWTH = 1.5


@dataclass(frozen=True)
class WindowVolume(Check, kind="window_volume"):
    """`column`, a feature per `entity`, shows no trace of a limit.

    Two traces are looked for. Values pile up at their maximum: at least 20 rows hold it, and more
    than lie in the tenth below it, as a cap leaves them. And the mean moves with volume: between
    this run and an earlier one of at most two thirds or at least one and a half times as many
    rows it differs by more than five standard errors, taken over whole entities.
    """

    column: ColumnPath
    entity: tuple[str, ...]

    wants_history = 20

    def __post_init__(self) -> None:
        if not self.entity:
            raise ValueError("entity names at least one column")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        table = context.table.name
        return frozenset({(table, self.column), *((table, (c,)) for c in self.entity)})

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        first = self._volume(context)
        state = context.seen.at(WHOLE, first)
        if state is None or state.largest is None:
            return (first,)
        return (first, *self._heaps(context, state.largest))

    def judge(self, seen: Profile, context: Context) -> Judgement:
        state = seen.whole(self._volume(context)) or VolumeState()
        whole = context.seen.at(WHOLE, self._volume(context)) or VolumeState()
        if state.values == 0 or whole.largest is None:
            return not_evaluable("no row has a value")
        heaps = [seen.whole(n) or TallyState() for n in self._heaps(context, whole.largest)]
        top, below = (heap.true for heap in heaps)
        found = [*self._piled(top, below, whole.largest), *self._moved(state, context)]
        evidence = self._evidence(state, top, below, context)
        details: dict[str, Any] = {
            "observed": top,
            "expected": "values neither pile up at their maximum nor move with volume",
            "unit": "rows at the maximum",
            "rows": heaps[0].rows,
            "evidence": evidence,
        }
        return violated("; ".join(found), **details) if found else passed(**details)

    def _piled(self, top: int, below: int, largest: float) -> Iterator[str]:
        if top >= _PILED_ROWS and top > below:
            yield (
                f"{top:,} rows hold exactly the largest value while {below:,} lie in the tenth "
                f"below it: values look cut at {largest:,.10g}"
            )

    def _moved(self, state: VolumeState, context: Context) -> Iterator[str]:
        for past, then in self._past(context):
            growth = state.values / then.values
            if 1 / _GROWTH < growth < _GROWTH:
                continue
            errors = _apart(state, then)
            if errors is not None and errors > _ERRORS:
                yield (
                    f"the mean moved from {then.mean:,.6g} at {then.values:,} rows "
                    f"(version {past.version}) to {state.mean:,.6g} at {state.values:,} rows, "
                    f"by {errors:.1f} standard errors"
                )
                return

    def _past(self, context: Context) -> Iterator[tuple[Past, VolumeState]]:
        for past in context.history:
            if past.slice == context.where:
                then = past.profile.whole(self._volume(context))
                if then is not None and then.values:
                    yield past, then

    def _evidence(
        self, state: VolumeState, top: int, below: int, context: Context
    ) -> tuple[Evidence, ...]:
        counts = [("at the largest value", top), ("in the tenth below it", below)]
        heaps = [Evidence("counts", "heaps", i, c[0], count=c[1]) for i, c in enumerate(counts)]
        every = [*(then for _, then in self._past(context)), state]
        ordered = sorted(every, key=lambda one: one.values)
        return (*heaps, *(_point(i, one) for i, one in enumerate(ordered)))

    def _volume(self, context: Context) -> Need[VolumeState]:
        return Need(Table(context.table.name), Volume(self.column, self.entity))

    def _heaps(self, context: Context, largest: float) -> tuple[Need[TallyState], ...]:
        value = sql.template("TRY_CAST({} AS DOUBLE)", sql.path(self.column))
        edge = sql.literal(largest)
        near = sql.literal(largest - 0.1 * abs(largest))
        conditions = (
            sql.template("{} = {}", value, edge),
            sql.template("{0} >= {1} AND {0} < {2}", value, near, edge),
        )
        reads = frozenset({self.column[0]})
        return tuple(Need(Table(context.table.name), Tally(c, reads)) for c in conditions)


def _apart(now: VolumeState, then: VolumeState) -> float | None:
    """How many standard errors two means lie apart; None when either has no error."""
    if now.mean is None or then.mean is None or now.error is None or then.error is None:
        return None
    error = math.hypot(now.error, then.error)
    if error == 0:
        return 0.0 if now.mean == then.mean else math.inf
    return abs(now.mean - then.mean) / error


def _point(ordinal: int, state: VolumeState) -> Evidence:
    mean, error = state.mean, state.error or 0.0
    assert mean is not None
    return Evidence(
        "series",
        "mean by number of rows",
        ordinal,
        f"{state.values:,}",
        float(state.values),
        mean,
        state.values,
        mean - 2 * error,
        mean + 2 * error,
    )
