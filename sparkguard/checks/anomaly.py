"""A number of each partition stays where partitions of its kind usually are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar, Literal

from sparkguard.checks.base import (
    Check,
    Context,
    Judged,
    Judgement,
    not_evaluable,
    passed,
    violated,
    warned,
)
from sparkguard.drift.contributions import of_ratio, of_sum
from sparkguard.drift.partitions import by_segment, merged, ordered_in_time, segment_of
from sparkguard.drift.references import day_of
from sparkguard.drift.series import PAGE, TICKET, WEEKS, Score, changepoint, score
from sparkguard.measures.base import Measure
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.distinct import Distinct
from sparkguard.measures.families import Family, family_of
from sparkguard.measures.moments import Moments, MomentsState
from sparkguard.measures.quantiles import Quantiles
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Evidence, Outcome

Metric = Literal["row_count", "null_share", "mean", "stddev", "median", "distinct"]
_UNITS = {"row_count": "rows", "null_share": "share", "distinct": "values"}
_QUANTA = {"row_count": 1.0, "distinct": 1.0, "null_share": 0.001}
_MOST_NAMED = 10


@dataclass(frozen=True)
class Anomaly(Check, kind="anomaly"):
    """`metric` of each partition lies near the median of the same weekdays before it.

    Partitions follow each other by the slice column `time`, the first one by default. Where its
    values are dates, partitions `season` days apart are alike; otherwise all are. An unsliced
    table is compared with earlier runs. Beyond `warn` robust deviations it warns, beyond `alert`
    it fails; the deviation is at least `floor` times the median. `at_least` and `at_most` hold
    from the first day on, before there are four partitions to compare with.
    """

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

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return (self._need(context),)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        need, where = self._need(context), context.where
        states = self._states(context)
        if where.is_whole and states:
            return self._whole(states, context)
        state = seen.at(where, need)
        value = 0.0 if state is None and self.metric == "row_count" else self._number(state)
        if value is None:
            return not_evaluable("EMPTY: there is no value to measure", counts_as=Outcome.WARN)
        points, day, step = self._series(states, value, context)
        found = score(
            points,
            day,
            weeks=self.weeks,
            floor=self.floor,
            quantum=_QUANTA.get(self.metric, 0.0),
            step=step,
        )
        return self._judged(value, found, _evidence(points, day, found))

    def _judged(self, value: float, found: Score, evidence: tuple[Evidence, ...]) -> Judgement:
        details: dict[str, Any] = {
            "observed": int(value) if self.metric == "row_count" else value,
            "unit": _UNITS.get(self.metric, ""),
            "expected": self._expected(found),
            "evidence": evidence,
        }
        if self.at_least is not None and value < self.at_least:
            return violated(f"{value:g} is below {self.at_least:g}", **details)
        if self.at_most is not None and value > self.at_most:
            return violated(f"{value:g} is above {self.at_most:g}", **details)
        if found.z is None:
            if self.at_least is not None or self.at_most is not None:
                return passed(**details)
            reason = f"INSUFFICIENT_HISTORY: {found.alike} partitions to compare with, 4 are needed"
            return not_evaluable(reason, counts_as=Outcome.WARN, **details)
        told = f"{value:g} where {found.expected:g} is usual: {found.z:+.1f} robust deviations"
        if abs(found.z) > self.alert:
            return violated(told, **details)
        return warned(told, **details) if abs(found.z) > self.warn else passed(**details)

    def _expected(self, found: Score) -> str:
        what = self.metric if self.column is None else f"{self.metric} of {'.'.join(self.column)}"
        if found.band is None:
            return f"{what} as usual"
        low, high = found.band
        return f"{what} from {low:g} to {high:g}"

    def _whole(self, states: Mapping[Slice, Any], context: Context) -> Judgement:
        """Pictures of all partitions; the outcome comes from them when the run is settled."""
        time, evidence = self._time(context), list[Evidence]()
        for segment, group in by_segment(states, time).items():
            ordered = ordered_in_time(group, time)
            values = [(label, v) for label, s in ordered if (v := self._number(s)) is not None]
            name = f"{self.metric} by partition" + ("" if segment.is_whole else f", {segment}")
            for i, (label, value) in enumerate(values):
                evidence.append(Evidence("series", name, i, label, x=float(i), number=value))
            if (change := changepoint([v for _, v in values])) is not None:
                text = f"level changed from {change.before:g} to {change.after:g}"
                evidence.append(
                    Evidence(
                        *("work", "changepoint", len(evidence), values[change.at][0]),
                        number=change.strength,
                        text=text if segment.is_whole else f"{segment}: {text}",
                    )
                )
        evidence += self._drivers(states, context)
        return passed(evidence=tuple(evidence), expected=f"{self.metric} as usual")

    def _drivers(self, states: Mapping[Slice, Any], context: Context) -> Iterator[Evidence]:
        """Of the day that lies furthest out, what each slice beside the time brings to it."""
        time = self._time(context)
        if len(context.by) < 2 or self.metric not in ("row_count", "null_share", "mean"):
            return
        days: dict[str, dict[Slice, Any]] = {}
        for where, state in states.items():
            label = dict(where.values).get(time) or ""
            days.setdefault(label, {})[segment_of(where, time)] = state
        labels = [
            label for label, _ in ordered_in_time({Slice.of({time: d}): d for d in days}, time)
        ]
        worst, before = self._worst(labels, days)
        if worst is None:
            return
        if self.metric == "row_count":
            parts = of_sum(
                {s: x.rows for s, x in days[before].items()},
                {s: x.rows for s, x in days[worst].items()},
            )
        else:
            parts = of_ratio(_pairs(days[before]), _pairs(days[worst]))
        for i, (segment, part) in enumerate(list(parts.items())[:_MOST_NAMED]):
            text = f"{part.total:+g}, of which {part.mix:+g} by its size"
            yield Evidence(
                "hypotheses", f"what drives {worst}", i, str(segment), number=part.share, text=text
            )

    def _worst(
        self, labels: list[str], days: Mapping[str, Mapping[Slice, Any]]
    ) -> tuple[str | None, str]:
        """The day whose total differs most from that one season before, and that day."""
        totals = [self._number(merged(days[label])) or 0.0 for label in labels]
        back = self.season if all(map(day_of, labels)) else 1
        moves = [(abs(totals[i] - totals[i - back]), i) for i in range(back, len(labels))]
        if not moves:
            return None, ""
        at = max(moves)[1]
        return labels[at], labels[at - back]

    def _series(
        self, states: Mapping[Slice, Any], value: float, context: Context
    ) -> tuple[dict[date, float], date, int]:
        """(points by day, the day judged, days of a season)."""
        time, where = self._time(context), context.where
        text = dict(where.values).get(time)
        group = by_segment(states, time).get(segment_of(where, time), {})
        if text is None or where not in group:
            return self._of_runs(value, context)
        ordered = ordered_in_time(group, time)
        numbers = [(label, self._number(s)) for label, s in ordered]
        if all(day_of(label) for label, _ in numbers):
            points = {d: v for label, v in numbers if (d := day_of(label)) and v is not None}
            day = day_of(text)
            assert day is not None
            return {**points, day: value}, day, self.season
        first = date(2000, 1, 1)
        at = {label: first + timedelta(days=i) for i, (label, _) in enumerate(numbers)}
        points = {at[label]: v for label, v in numbers if v is not None}
        return {**points, at[text]: value}, at[text], 1

    def _of_runs(self, value: float, context: Context) -> tuple[dict[date, float], date, int]:
        need, today = self._need(context), context.as_of.date()
        points: dict[date, float] = {}
        for past in context.history:
            number = self._number(past.profile.at(context.where, need))
            if past.slice == context.where and number is not None and past.at.date() < today:
                points[past.at.date()] = number
        return {**points, today: value}, today, self.season

    def _number(self, state: Any) -> float | None:
        match state:
            case None:
                return None
            case RowsState():
                return float(state.rows)
            case CountsState():
                return state.null / state.rows if state.rows else None
            case MomentsState() if self.metric == "mean":
                return state.mean if state.n else None
            case MomentsState():
                return state.variance**0.5 if state.variance is not None else None
        if self.metric == "median":
            return state.at(0.5)  # type: ignore[no-any-return]
        return float(state.estimate)

    def _states(self, context: Context) -> dict[Slice, Any]:
        need, time = self._need(context), self._time(context)
        return {
            where: state
            for (n, where), state in context.seen.states.items()
            if n == need and time in dict(where.values)
        }

    def _time(self, context: Context) -> str:
        return self.time or (context.by[0] if context.by else "")

    def _need(self, context: Context) -> Need[Any]:
        return Need(Table(context.table.name), self._measure(context))

    def _measure(self, context: Context) -> Measure[Any]:
        if self.column is None or self.metric == "row_count":
            return Rows()
        field = context.table.schema.at(self.column)
        family = Family.OTHER if field is None else family_of(field.type)
        match self.metric:
            case "null_share":
                return Counts(self.column, family)
            case "distinct":
                return Distinct(self.column, family)
            case "median":
                return Quantiles(self.column, family)
        return Moments(self.column, family)

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
        return replace(parts[0].judgement, evidence=whole.evidence, rows=None, observed=None)
    return whole


def _pairs(states: Mapping[Slice, Any]) -> dict[Slice, tuple[float, float]]:
    """(sum or NULLs, rows) of each slice."""
    return {
        where: (s.mean * s.n, float(s.n))
        if isinstance(s, MomentsState)
        else (float(s.null), float(s.rows))
        for where, s in states.items()
    }


def _evidence(points: Mapping[date, float], day: date, found: Score) -> tuple[Evidence, ...]:
    if found.z is None or found.expected is None or found.scale is None:
        return ()
    numbers = (
        ("x", points[day], "the partition's number"),
        ("med", found.expected, f"median of {found.alike} like it"),
        ("s", found.scale, "1.4826 times the median absolute residual, with its floor"),
        ("z", found.z, "(x - med) / (s sqrt(1 + pi / (2 k)))"),
    )
    return tuple(
        Evidence("work", "robust score", i, label, number=number, text=text)
        for i, (label, number, text) in enumerate(numbers)
    )
