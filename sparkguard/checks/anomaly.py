"""A number of each partition stays where partitions of its kind usually are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar

from sparkguard.checks.base import (
    NO_SLICE,
    OVER_TIME,
    Check,
    Context,
    Judged,
    Judgement,
    not_evaluable,
    passed,
    violated,
    warned,
)
from sparkguard.drift.drivers import Survey, drivers
from sparkguard.drift.metric import (
    UNITS,
    Metric,
    adds_up,
    finite,
    least_deviation,
    measure_of,
    number_of,
)
from sparkguard.drift.partitions import by_segment, ordered_in_time, refused_time, segment_of
from sparkguard.drift.references import days_of
from sparkguard.drift.series import PAGE, TICKET, WEEKS, Score, changepoint, score, worked
from sparkguard.measures.families import Family, family_of
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, value_order
from sparkguard.verdicts import Evidence, Outcome

_FIRST = date(2000, 1, 1)
"""Where partitions that are no days stand in a row, a day apart."""
_OF_NUMBERS = frozenset(("mean", "stddev", "median"))


@dataclass(frozen=True)
class Anomaly(Check, kind="anomaly"):
    """`metric` of each partition lies near the median of the same weekdays before it.

    Partitions follow each other by the slice column `time`, the first one by default. Where its
    values are dates, partitions `season` days apart are alike; otherwise all are. An unsliced
    table is compared with earlier runs. Beyond `warn` robust deviations it warns, beyond `alert`
    it fails; the deviation is at least `floor` times the median, but one day for the mean and the
    median of dates and one second for those of timestamps. `at_least` and `at_most` hold from the
    first day on, before there are four partitions to compare with.
    """

    beyond_a_write: ClassVar[str] = OVER_TIME

    metric: Metric = "row_count"
    column: ColumnPath | None = None
    time: str = ""
    season: int = 7
    weeks: int = WEEKS
    warn: float = TICKET
    alert: float = PAGE
    floor: float = 0.01
    at_least: float | None = None
    at_most: float | None = None

    evaluates_empty: ClassVar[bool] = True
    wants_history: ClassVar[int] = 400
    wants_history_by_day: ClassVar[bool] = True
    wants_history_of_slices: ClassVar[bool] = False  # a sliced table holds its own past

    def __post_init__(self) -> None:
        if self.column is None and self.metric != "row_count":
            raise ValueError(f"metric {self.metric} needs a column")
        if not 0 < self.warn <= self.alert:
            raise ValueError("warn and alert are positive, and warn is not above alert")
        if self.season < 1 or self.weeks < 4:
            raise ValueError("season is at least 1 and weeks at least 4")
        if self.floor < 0:
            raise ValueError("floor is not negative")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return (
            frozenset() if self.column is None else frozenset({(context.table.name, self.column)})
        )

    def unsupported(self, context: Context) -> str:
        column = context.table.schema.at(self.column) if self.column is not None else None
        if column is None or self.metric not in _OF_NUMBERS:
            return ""
        family = family_of(column.type)
        if family.is_number or family.is_time or family is Family.BOOLEAN:
            return ""
        return f"anomaly: {self.metric} is of numbers or times, and the column is {column.type}"

    def refused(self, context: Context) -> Mapping[str, str]:
        return refused_time(self.time, context.by, context.table.name)

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return () if self.unsupported(context) else (self._need(context),)

    def survey(self, context: Context) -> Survey:
        """The partitions of each segment in the order of time."""
        need, time = self._need(context), self._time(context)
        states = {where: s for (n, where), s in context.seen.states.items() if n == need}
        return {
            segment: ordered_in_time(group, time)
            for segment, group in by_segment(states, time).items()
        }

    def judge(self, seen: Profile, context: Context) -> Judgement:
        where, survey = context.where, context.survey
        if reason := self.unsupported(context):
            return Judgement(Outcome.ERROR, reason=reason)
        if where.is_whole and survey:
            return self._whole(survey, context)
        state = seen.at(where, self._need(context))
        value = 0.0 if state is None and self.metric == "row_count" else finite(self.metric, state)
        if value is None and number_of(self.metric, state) is not None:
            return Judgement(Outcome.ERROR, reason=f"the {self.metric} overflows a double")
        # Whether there is a past to compare with does not depend on the number.
        points, day, step = self._series(survey, value or 0.0, context)
        floor, quantum = least_deviation(self.metric, self._family(context), self.floor)
        found = score(points, day, weeks=self.weeks, floor=floor, quantum=quantum, step=step)
        if value is None:
            is_new = found.z is None and not self._has_limits
            reason = "EMPTY: there is no value to measure"
            return not_evaluable(reason, counts_as=Outcome.WARN if is_new else None)
        return self._judged(value, found, worked(points, day, found))

    def _judged(self, value: float, found: Score, evidence: tuple[Evidence, ...]) -> Judgement:
        details: dict[str, Any] = {
            "observed": int(value) if self.metric == "row_count" else value,
            "unit": UNITS.get(self.metric, ""),
            "expected": self._expected(found),
            "evidence": evidence,
        }
        if self.at_least is not None and value < self.at_least:
            return violated(f"{value:g} is below {self.at_least:g}", **details)
        if self.at_most is not None and value > self.at_most:
            return violated(f"{value:g} is above {self.at_most:g}", **details)
        if found.z is None:
            if self._has_limits:
                return passed(**details)
            reason = f"INSUFFICIENT_HISTORY: {found.alike} partitions to compare with, 4 are needed"
            return not_evaluable(reason, counts_as=Outcome.WARN, **details)
        told = f"{value:g} where {found.expected:g} is usual: {found.z:+.1f} robust deviations"
        if abs(found.z) > self.alert:
            return violated(told, **details)
        return warned(told, **details) if abs(found.z) > self.warn else passed(**details)

    @property
    def _has_limits(self) -> bool:
        return self.at_least is not None or self.at_most is not None

    def _expected(self, found: Score) -> str:
        what = self.metric if self.column is None else f"{self.metric} of {'.'.join(self.column)}"
        if found.band is None:
            return f"{what} as usual"
        low, high = found.band
        return f"{what} from {low:g} to {high:g}"

    def _whole(self, survey: Survey, context: Context) -> Judgement:
        """Pictures of all partitions; the outcome comes from them when the run is settled."""
        evidence: list[Evidence] = []
        floor, quantum = least_deviation(self.metric, self._family(context), 0.01)
        for segment, ordered in survey.items():
            values = [
                (label, v) for label, s in ordered if (v := finite(self.metric, s)) is not None
            ]
            name = f"{self.metric} by partition" + ("" if segment.is_whole else f", {segment}")
            for i, (label, value) in enumerate(values):
                evidence.append(Evidence("series", name, i, label, x=float(i), number=value))
            levels = [v for _, v in values]
            if (change := changepoint(levels, floor=floor, quantum=quantum)) is not None:
                text = f"level changed from {change.before:g} to {change.after:g}"
                evidence.append(
                    Evidence(
                        *("work", "changepoint", len(evidence), values[change.at][0]),
                        number=change.strength,
                        text=text if segment.is_whole else f"{segment}: {text}",
                    )
                )
        if len(context.by) > 1 and adds_up(self.metric):
            evidence += drivers(self.metric, survey, self._time(context), self.season)
        details: dict[str, Any] = {
            "evidence": tuple(evidence),
            "expected": f"{self.metric} as usual",
        }
        return passed(**details) if context.judges_slices else not_evaluable(NO_SLICE, **details)

    def _series(
        self, survey: Survey, value: float, context: Context
    ) -> tuple[dict[date, float], date, int]:
        """(points by day, the day judged, days of a season)."""
        time, where = self._time(context), context.where
        text = dict(where.values).get(time)
        if text is None:
            return self._of_runs(value, context)
        ordered = survey.get(segment_of(where, time), [])
        numbers = {label: finite(self.metric, s) for label, s in ordered if label != "NULL"}
        # A partition that should be there and holds no row is in no scan.
        numbers[text] = value
        labels = sorted(numbers, key=value_order)
        days = days_of(labels)
        season = self.season if days else 1
        at = days or {label: _FIRST + timedelta(days=i) for i, label in enumerate(labels)}
        points = {at[label]: v for label, v in numbers.items() if v is not None}
        return points, at[text], season

    def _of_runs(self, value: float, context: Context) -> tuple[dict[date, float], date, int]:
        need, today = self._need(context), context.as_of.date()
        points: dict[date, float] = {}
        for past in context.history:
            number = finite(self.metric, past.profile.at(context.where, need))
            if past.slice == context.where and number is not None and past.at.date() < today:
                points[past.at.date()] = number
        return {**points, today: value}, today, self.season

    def _time(self, context: Context) -> str:
        return self.time or (context.by[0] if context.by else "")

    def _need(self, context: Context) -> Need[Any]:
        measure = measure_of(self.metric, self.column, self._family(context))
        return Need(Table(context.table.name), measure)

    def _family(self, context: Context) -> Family:
        column = context.table.schema.at(self.column) if self.column is not None else None
        return Family.OTHER if column is None else family_of(column.type)

    @classmethod
    def settle(cls, judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
        """A whole table that is judged by partition is as its partitions are."""
        parts: dict[str, list[Judged]] = {}
        for one in judged:
            if not one.slice.is_whole:
                parts.setdefault(one.check_id, []).append(one)
        return tuple(
            replace(one, judgement=_summed_up(one.judgement, parts[one.check_id]))
            if one.slice == WHOLE and one.check_id in parts
            else one
            for one in judged
        )


def _summed_up(whole: Judgement, parts: list[Judged]) -> Judgement:
    failed = next((p for p in parts if p.judgement.outcome is Outcome.ERROR), None)
    if failed is not None:
        return replace(failed.judgement, evidence=whole.evidence)
    broken = [p for p in parts if p.judgement.outcome in (Outcome.FAIL, Outcome.WARN)]
    if broken:
        fails = [p for p in broken if p.judgement.outcome is Outcome.FAIL]
        first = (fails or broken)[0]
        reason = f"{len(broken)} of {len(parts)} slices, first {first.slice}: "
        return replace(
            first.judgement,
            reason=reason + first.judgement.reason,
            evidence=whole.evidence,
            rows=None,
        )
    if all(p.judgement.outcome is Outcome.NOT_EVALUABLE for p in parts):
        # One that weighs as the audit says is graver than one that only lacks a past.
        gravest = min(parts, key=lambda p: p.judgement.counts_as is not None).judgement
        return replace(gravest, evidence=whole.evidence, rows=None, observed=None)
    return whole
