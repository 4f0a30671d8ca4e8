"""Distributions of columns stay where the approved baseline found them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from sparkguard.checks.base import OVER_TIME, Check, Context, Judged, Judgement, not_evaluable
from sparkguard.drift.cells import is_distribution
from sparkguard.drift.comparison import Level, Limits, why_not_evaluable
from sparkguard.drift.decision import Case, Step, Trial, settled
from sparkguard.drift.evidence import recount
from sparkguard.drift.holding import holding, sized
from sparkguard.drift.multiplicity import Dependence
from sparkguard.drift.partitions import Partitions, by_segment, refused_time, segment_of
from sparkguard.drift.references import in_order
from sparkguard.measures.families import Family, family_of
from sparkguard.measures.values import ValuesState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Evidence, Outcome

_OUTCOMES = {Level.STEADY: Outcome.PASS, Level.WARN: Outcome.WARN, Level.ALERT: Outcome.FAIL}


@dataclass(frozen=True)
class DriftJudgement(Judgement):
    """A judgement that the whole run still has to settle; `time` orders it among the others."""

    case: Case | None = None
    time: str = ""


@dataclass(frozen=True)
class Followed:
    """What the baseline holds of a column, and the partitions of each segment beside it."""

    held: Need[Any]
    partitions: Mapping[Slice, Partitions] = field(default_factory=dict)


@dataclass(frozen=True)
class Drift(Check, kind="drift"):
    """The distribution of `column`, of `columns`, or of every column, stays near the baseline's.

    `warn` and `alert` are the least population stability indices that matter. Partitions follow
    each other by the slice column `time`, the first one by default. `importance` weighs columns
    when many move together. `dependence: by` controls false discoveries under any dependence.
    Columns of times and those in `ignore` are left out unless they are named.
    """

    beyond_a_write: ClassVar[str] = OVER_TIME

    column: ColumnPath | None = None
    columns: tuple[ColumnPath, ...] = ()
    ignore: tuple[str, ...] = ()
    warn: float = 0.10
    alert: float = 0.25
    time: str = ""
    importance: Mapping[str, float] = field(default_factory=dict, hash=False)
    dependence: Dependence = "bh"

    wants_baseline: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.warn <= self.alert:
            raise ValueError("warn and alert are positive, and warn is not above alert")
        if self.column is not None and self.columns:
            raise ValueError("give column or columns, not both")

    def expand(self, context: Context) -> Mapping[str, Check]:
        named = (self.column,) if self.column is not None else self.columns
        schema, left_out = context.table.schema, {*context.by, *self.ignore}
        paths = named or [(n,) for n in schema.names if n not in left_out]
        found: dict[str, Check] = {}
        for path in paths:
            column = schema.at(path)
            family = Family.OTHER if column is None else family_of(column.type)
            if named or not (family.is_time or path in [(k,) for k in context.table.primary_key]):
                name = ".".join(path)
                weight = self.importance.get(name, 1.0)
                limits = Limits(warn=self.warn, alert=self.alert)
                found[name] = FeatureDrift(path, family, limits, self.time, weight, self.dependence)
        return found

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset()

    def refused(self, context: Context) -> Mapping[str, str]:
        return refused_time(self.time, context.by, context.table.name)

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return ()

    def judge(self, seen: Profile, context: Context) -> Judgement:
        return not_evaluable("the table has no column to compare", counts_as=Outcome.WARN)


@dataclass(frozen=True)
class FeatureDrift(Check):
    """Drift of one column, counted in the very cells of its baseline."""

    kind: ClassVar[str] = Drift.kind
    wants_baseline: ClassVar[bool] = True
    column: ColumnPath
    family: Family
    limits: Limits = field(default_factory=Limits)
    time: str = ""
    importance: float = 1.0
    dependence: Dependence = "bh"

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.column)})

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        held, baseline = self._held(context), context.baseline
        if held is None or baseline is None or _family(held) is not self.family:
            return ()
        return (sized(held, baseline.whole(held)),)

    def baseline_needs(self, context: Context) -> tuple[Need[Any], ...]:
        return holding(Table(context.table.name), self.column, self.family, context.seen)

    def survey(self, context: Context) -> Followed | None:
        held, baseline = self._held(context), context.baseline
        if held is None or baseline is None:
            return None
        time = self._time(context)
        states = {where: s for (need, where), s in context.seen.states.items() if need == held}
        found = {
            segment: Partitions(
                *(held.measure, base, group, time, context.accepted, self.limits),
                broken=[where for where in group if _is_broken(where, time, context)],
            )
            for segment, group in by_segment(states, time).items()
            if (base := baseline.at(segment, held)) is not None
        }
        return Followed(held, found)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        followed: Followed | None = context.survey
        if followed is None:
            missing = "baseline of this column" if context.approved else "approved baseline"
            return not_evaluable(f"NO_BASELINE: there is no {missing}", counts_as=Outcome.WARN)
        if (family := _family(followed.held)) is not self.family:
            return self._direct(context, f"type changed from {family} to {self.family}")
        found = self._compared(followed, context)
        if isinstance(found, Judgement):
            return found
        return self._judged(found, found.position(context.where), context)

    def _compared(self, followed: Followed, context: Context) -> Partitions | Judgement:
        """The slice among the partitions of its segment; by itself where it is no partition."""
        held, time = followed.held, self._time(context)
        segment = segment_of(context.where, time)
        among = followed.partitions.get(segment)
        if among is not None and context.where in among.states:
            return among
        assert context.baseline is not None
        base = context.baseline.at(segment, held)
        state = context.seen.at(context.where, held)
        everything = context.seen.states.get((held, WHOLE))
        if context.by and isinstance(everything, ValuesState) and everything.overflow:
            reason = "TOO_MANY_VALUES: values and slices together are too many to count"
            return not_evaluable(reason)
        if base is None:
            reason = "NO_BASELINE: the baseline lacks this slice"
            return not_evaluable(reason, counts_as=Outcome.WARN)
        if state is None:
            return not_evaluable("EMPTY: there are no rows", rows=0)
        return Partitions(held.measure, base, {context.where: state}, time, (), self.limits)

    def _judged(self, found: Partitions, at: int, context: Context) -> Judgement:
        if found.has_too_many_values(at):
            cells = len(found.feature.cells) - 2
            return self._direct(context, f"too many values to count; the baseline has {cells}")
        pinned, rolling = found.trials(at)
        numbers, outcome, reason = found.pinned, Outcome.PASS, found.text(at)
        if lacking := why_not_evaluable(numbers, at):
            outcome = Outcome.NOT_EVALUABLE
            reason = f"{reason}; {lacking}" if pinned.direct else lacking
        has_psi = not np.isnan(numbers.psi[at])
        psi = float(numbers.psi[at] if has_psi else 1.0)
        return DriftJudgement(
            outcome,
            observed=float(numbers.psi[at] if has_psi else numbers.null_after[at]),
            unit="PSI" if has_psi else "share of nulls",
            expected=self._expected(context),
            reason=reason,
            rows=int(numbers.m[at]),
            evidence=tuple(self._evidence(found, at, context)),
            case=self._case(context, pinned, rolling, found.lasts(at), self.importance * psi),
            time=self._moment(context),
        )

    def _evidence(self, found: Partitions, at: int, context: Context) -> Iterator[Evidence]:
        where, approved = context.where, context.approved
        shown = tuple(found.evidence(at, always=where.is_whole))
        yield from shown
        if shown and approved is not None:
            segment = segment_of(where, self._time(context))
            before = [Slice(s.values + segment.values) for s in approved.slices or (segment,)]
            sides = (
                ("baseline", approved.version, [s for s in before if not s.is_whole]),
                ("current", context.table.version, [where] if where.values else []),
            )
            yield from recount(found.measure, sides)
        if where.is_whole:
            for of, partitions in context.survey.partitions.items():
                yield from partitions.picture(of) if len(partitions.slices) > 1 else ()

    def _direct(self, context: Context, reason: str) -> DriftJudgement:
        """What alerts without any comparison of counts."""
        trial = Trial(np.nan, np.nan, Level.ALERT, False)
        return DriftJudgement(
            Outcome.PASS,
            expected=self._expected(context),
            reason=reason,
            case=self._case(context, trial, None, True, self.importance),
            time=self._moment(context),
        )

    def _case(
        self, context: Context, pinned: Trial, rolling: Trial | None, lasts: bool, weight: float
    ) -> Case:
        name = ".".join(self.column)
        return Case(context.table.name, name, pinned, rolling, lasts, weight, self.dependence)

    def _moment(self, context: Context) -> str:
        return dict(context.where.values).get(self._time(context)) or ""

    def _held(self, context: Context) -> Need[Any] | None:
        """What the baseline holds of this column."""
        relation = Table(context.table.name)
        for need, _ in context.baseline.states if context.baseline is not None else ():
            if need.relation != relation or not is_distribution(need.measure):
                continue
            if need.measure.column == self.column:
                return need
        return None

    def _expected(self, context: Context) -> str:
        limits = f"PSI at most {self.limits.warn:g} (warn) and {self.limits.alert:g} (alert)"
        return f"{limits} against {context.approved.id if context.approved else 'the baseline'}"

    def _time(self, context: Context) -> str:
        return self.time or (context.by[0] if context.by else "")

    @classmethod
    def settle(cls, judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
        """Controls false discoveries, wants warnings to last, and tells what moved together."""
        return _settle(judged)


def _is_broken(partition: Slice, time: str, context: Context) -> bool:
    """Whether another check broke in it, or in a part of it; the whole table's word is too wide."""
    return any(
        partition.contains(bad) or (bad.contains(partition) and time in dict(bad.values))
        for bad in context.broken
    )


def _family(held: Need[Any]) -> Family:
    assert is_distribution(held.measure)
    return held.measure.family


def _settle(judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
    """Whole tables that are judged by partition sum their partitions up and are no test."""
    made = {
        (one.check_id, one.slice): one.judgement
        for one in judged
        if isinstance(one.judgement, DriftJudgement)
    }
    parted = {check for check, where in made if not where.is_whole}
    found = {k: j for k, j in made.items() if not (k[1].is_whole and k[0] in parted)}
    cases = {key: j.case for key, j in found.items() if j.case is not None}
    steps = settled(cases)
    after = {key: _stepped(found[key], step) for key, step in steps.items()}
    return tuple(
        replace(one, judgement=_summed_up(one, after))
        if one.slice.is_whole and one.check_id in parted
        else replace(one, judgement=after.get((one.check_id, one.slice), one.judgement))
        for one in judged
    )


def _stepped(found: DriftJudgement, step: Step) -> DriftJudgement:
    if step.level is Level.STEADY and found.outcome is Outcome.NOT_EVALUABLE:
        return found
    told = "; ".join(filter(None, (step.text, found.reason, step.together)))
    reason = told if step.level or step.text else ""
    return replace(found, outcome=_OUTCOMES[step.level], reason=reason)


def _summed_up(whole: Judged, after: Mapping[tuple[str, Slice], DriftJudgement]) -> Judgement:
    """The worst of the partitions, and the first that moved."""
    found = whole.judgement
    mine = {where: j for (check, where), j in after.items() if check == whole.check_id}
    if not isinstance(found, DriftJudgement) or not mine:
        return found
    times = [j.time for j in mine.values()]
    ordered = [list(mine.items())[i] for i in in_order(times)]
    bad = [(w, j) for w, j in ordered if j.outcome in (Outcome.WARN, Outcome.FAIL)]
    if not bad:
        idle = all(j.outcome is Outcome.NOT_EVALUABLE for j in mine.values())
        reason = next(iter(mine.values())).reason if idle else ""
        outcome = Outcome.NOT_EVALUABLE if idle else Outcome.PASS
        return replace(found, outcome=outcome, reason=reason)
    worst = Outcome.FAIL if any(j.outcome is Outcome.FAIL for _, j in bad) else Outcome.WARN
    first, judgement = next(pair for pair in bad if pair[1].outcome is worst)
    reason = f"moved in {len(bad)} of {len(mine)} slices, first {first}: {judgement.reason}"
    greatest = max(j.observed or 0 for _, j in bad)
    return replace(found, outcome=worst, reason=reason, observed=greatest)
