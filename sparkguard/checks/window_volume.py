"""A windowed feature does not move with volume: seen from its table alone, without the source."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from sparkguard import sql
from sparkguard.checks.base import (
    OVER_TIME,
    Check,
    Context,
    Judgement,
    Past,
    not_evaluable,
    passed,
    violated,
)
from sparkguard.measures.period_totals import Period, PeriodsState, PeriodTotals
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.measures.volume import Volume, VolumeState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.periods import Periods
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Evidence
from sparkguard.windows.clock import moment
from sparkguard.windows.durations import parse

_PILED_ROWS = 20
_NARROW = 10
"""Of whole numbers, none lies in the tenth below a maximum nearer to zero than this."""
_ERRORS = 5.0
"""Standard errors, over ten groups of entities, beyond which a mean has moved."""
_GROWTH = 1.5
_PERIODS = 3


@dataclass(frozen=True)
class WindowVolume(Check, kind="window_volume"):
    """`column`, a feature per `entity`, shows no trace of a limit.

    These traces are looked for. Values pile up at their maximum: at least 20 rows hold it, and
    more than lie in the tenth below it, as a cap leaves them; whole numbers up to 9 have none
    there, and tell nothing. The mean moves with volume: between
    this run and an earlier one of at most two thirds or at least one and a half times as many
    rows it differs by more than five standard errors, taken over whole entities.

    With `query_time` and `period`, tumbling periods are looked at as well. Rows are cut: three
    periods or more hold the same round number of rows, others fewer and none more. And what was
    settled is lost: of the periods that an earlier run saw as past, three or more, and most, have
    lost rows, total or their largest value while the table grew by half or more.
    """

    beyond_a_write: ClassVar[str] = OVER_TIME

    column: ColumnPath
    entity: tuple[str, ...]
    query_time: str | None = None
    period: str | None = None

    wants_history = 20

    def __post_init__(self) -> None:
        if not self.entity:
            raise ValueError("entity names at least one column")
        if (self.query_time is None) != (self.period is None):
            raise ValueError("query_time and period are given together")
        if self.period is not None:
            parse(self.period).elapsed  # noqa: B018  raises where a period has no fixed length

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        table = context.table.name
        named = (*self.entity, *([self.query_time] if self.query_time else []))
        return frozenset({(table, self.column), *((table, (c,)) for c in named)})

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        volume = self._volume(context)
        first: tuple[Need[Any], ...] = (volume, *self._periods(context))
        state = context.seen.at(WHOLE, volume)
        if state is None or state.largest is None:
            return first
        return (*first, *self._heaps(context, state.largest))

    def judge(self, seen: Profile, context: Context) -> Judgement:
        state = seen.whole(self._volume(context)) or VolumeState()
        whole = context.seen.at(WHOLE, self._volume(context)) or VolumeState()
        if state.values == 0 or whole.largest is None:
            return not_evaluable("no row has a value")
        heaps = [seen.whole(n) or TallyState() for n in self._heaps(context, whole.largest)]
        top, below = (heap.true for heap in heaps)
        found = [*self._piled(top, below, whole.largest), *self._moved(state, context)]
        for need in self._periods(context):
            periods = seen.whole(need) or PeriodsState()
            found += [*_cut(periods), *self._lost(periods, context)]
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
        unknown = below == 0 and largest.is_integer() and abs(largest) < _NARROW
        if top >= _PILED_ROWS and top > below and not unknown:
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

    def _lost(self, state: PeriodsState, context: Context) -> Iterator[str]:
        """Past periods of which an earlier run saw more."""
        for past in context.history:
            seen = [past.profile.whole(need) for need in self._periods(context)]
            if past.slice != context.where or seen[0] is None or not seen[0].periods:
                continue
            then, newest = seen[0], max(seen[0].periods)
            settled = [n for n in then.periods if n in state.periods and n != newest]
            fell = [n for n in settled if state.periods[n].fell_from(then.periods[n])]
            if len(fell) < _PERIODS or 2 * len(fell) <= len(settled):
                continue
            if state.rows >= _GROWTH * then.rows:
                n = fell[0]
                began = moment(n * parse(self.period or "").elapsed)
                yield (
                    f"{len(fell):,} of {len(settled):,} past periods lost rows, total or their "
                    f"largest value while the table grew from {then.rows:,} rows (version "
                    f"{past.version}) to {state.rows:,}: that of {began:%Y-%m-%d %H:%M} had "
                    f"{_said(then.periods[n])} and has {_said(state.periods[n])}"
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

    def _periods(self, context: Context) -> tuple[Need[PeriodsState], ...]:
        if self.query_time is None or self.period is None:
            return ()
        length = parse(self.period).elapsed
        relation = Periods(context.table.name, self.column, self.query_time, length)
        return (Need(relation, PeriodTotals()),)

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


def _cut(state: PeriodsState) -> Iterator[str]:
    """A round number of rows that several periods hold, others fewer, and none more."""
    counts = Counter(period.rows for period in state.periods.values())
    most = max(counts, default=0)
    if _is_round(most) and counts[most] >= _PERIODS and len(counts) > _PERIODS:
        yield (
            f"{counts[most]:,} periods hold exactly {most:,} rows and none more: "
            f"rows look cut at {most:,} a period"
        )


def _is_round(n: int) -> bool:
    """True for 100 and above with two leading digits at most, or a power of two."""
    return n >= 100 and (n % 10 ** (len(str(n)) - 2) == 0 or n & (n - 1) == 0)


def _said(period: Period) -> str:
    return f"{period.rows:,} rows with a total of {period.total or 0:,.6g}"


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
