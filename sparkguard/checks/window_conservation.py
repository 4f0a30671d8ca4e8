"""A feature of a long window is what the short windows inside it add up to, without the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from sparkguard.checks.base import (
    OF_THE_TABLE,
    Check,
    Context,
    Judgement,
    not_evaluable,
    passed,
    violated,
)
from sparkguard.measures.event_times import EventTimes, TimesState
from sparkguard.measures.window_comparison import WindowComparison, WindowsState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.conserved_window import Conservation, ConservedWindow
from sparkguard.relations.table import Table
from sparkguard.windows.durations import parse, spoken
from sparkguard.windows.statuses import Status
from sparkguard.windows.telling import beginning, evidence
from sparkguard.windows.types import zone_of
from sparkguard.windows.values import EXACT, Tolerance


@dataclass(frozen=True)
class WindowConservation(Check, kind="window_conservation"):
    """`whole`, a feature over `length`, is the `combine` of `part`, the same over `part_length`.

    Counts and sums of the hours of a day add up to those of the day, and the largest value of a
    day is the largest of its hours, at any volume: a limit on rows breaks this law, and the
    source is not needed to see it. Both are columns of this table, for the same `entity` and
    `query_time`; windows are named by the time at their `label`. `absent` says what a part
    without a row is: `zero`, a window without events, or `missing`, which is a violation. Rows
    whose windows reach beyond the first or last row of the table are left out. `tolerance` is for
    floats.
    """

    beyond_a_write: ClassVar[str] = OF_THE_TABLE

    whole: ColumnPath
    part: ColumnPath
    length: str
    part_length: str
    entity: tuple[str, ...]
    query_time: str
    timezone: str
    label: Literal["start", "end"]
    combine: Literal["sum", "max", "min"]
    absent: Literal["zero", "missing"]
    tolerance: Tolerance = EXACT

    def __post_init__(self) -> None:
        long, short = parse(self.length).elapsed, parse(self.part_length).elapsed
        if not self.entity:
            raise ValueError("entity names at least one column")
        if long % short or long == short:
            raise ValueError("length is a multiple of part_length")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        table = context.table.name
        keys = ((table, (c,)) for c in (*self.entity, self.query_time))
        return frozenset({(table, self.whole), (table, self.part), *keys})

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return (self._compared(context), self._times(context))

    def judge(self, seen: Profile, context: Context) -> Judgement:
        state = seen.whole(self._compared(context)) or WindowsState()
        times = seen.whole(self._times(context)) or TimesState()
        told = state.told("sum")
        compared, beyond = state.windows - state.excluded, state.count(Status.INEXACT)
        law = f"the {self.combine} of their parts, {spoken(parse(self.part_length).elapsed)} each"
        details: dict[str, Any] = {
            "observed": state.mismatches,
            "expected": f"{'.'.join(self.whole)} is {law}",
            "unit": "rows",
            "rows": state.windows + times.nulls,
            "violations": state.mismatches,
            "evidence": evidence(told),
        }
        if state.mismatches:
            kinds = [s.spoken(n) for s, n in told.statuses.items() if s.is_mismatch]
            reason = f"{state.mismatches:,} of {compared:,} rows are not {law}"
            if state.mismatches > state.count(Status.WRONG):
                reason += f" ({', '.join(kinds)})"
            start = beginning(told, "total")
            return violated("; ".join(filter(None, [reason, start])), **details)
        if times.nulls:
            reason = f"{times.nulls:,} of {times.rows:,} rows have no {self.query_time}"
            return not_evaluable(reason, **details)
        if beyond:
            return not_evaluable(Status.INEXACT.spoken(beyond), **details)
        if not compared:
            return not_evaluable("no row has all its parts in the table", **details)
        if not state.events_seen:
            return not_evaluable("every total is 0", **details)
        return passed(reason=f"{compared:,} rows are {law}", **details)

    def _times(self, context: Context) -> Need[TimesState]:
        zone = zone_of(context.table.schema, self.query_time, self.timezone)
        return Need(Table(context.table.name), EventTimes(self.query_time, zone))

    def _compared(self, context: Context) -> Need[WindowsState]:
        step = parse(self.part_length).elapsed
        law = Conservation(
            context.table.name,
            self.whole,
            self.part,
            self.entity,
            self.query_time,
            self.timezone,
            step,
            parse(self.length).elapsed // step,
            self.label,
            self.combine,
            self.absent,
            self.tolerance,
        )
        return Need(ConservedWindow(law), WindowComparison(0))
