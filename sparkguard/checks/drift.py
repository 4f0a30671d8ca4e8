"""Distributions of columns stay where the approved baseline found them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from sparkguard.checks.base import Check, Context, Judged, Judgement, not_evaluable
from sparkguard.drift.bins import frozen_edges
from sparkguard.drift.cells import FEW_NUMBERS, is_distribution
from sparkguard.drift.comparison import Level, Limits, why_not_evaluable
from sparkguard.drift.decision import Trial, decide, levels, populations
from sparkguard.drift.multiplicity import Dependence
from sparkguard.drift.partitions import Partitions, by_segment, segment_of
from sparkguard.drift.references import in_order
from sparkguard.measures.bins import Bins
from sparkguard.measures.counts import Counts
from sparkguard.measures.families import Family, family_of
from sparkguard.measures.quantiles import Quantiles
from sparkguard.measures.sample import Sample
from sparkguard.measures.values import Values
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome

SAMPLE_ROWS = 8_192
FEW_IN_SAMPLE = 4_096

_OUTCOMES = {Level.STEADY: Outcome.PASS, Level.WARN: Outcome.WARN, Level.ALERT: Outcome.FAIL}


@dataclass(frozen=True)
class DriftJudgement(Judgement):
    """A judgement that the whole run still has to settle.

    `pinned` and `rolling` are the comparisons with the baseline and with the partitions before;
    `lasting` says that the partition before was at least at the warning level.
    """

    dataset: str = ""
    column: str = ""
    pinned: Trial | None = None
    rolling: Trial | None = None
    lasting: bool = True
    weight: float = 0.0
    time: str = ""
    dependence: Dependence = "bh"


@dataclass(frozen=True)
class Drift(Check, kind="drift"):
    """The distribution of `column`, of `columns`, or of every column, stays near the baseline's.

    `warn` and `alert` are the least population stability indices that matter. Partitions follow
    each other by the slice column `time`, the first one by default. `importance` weighs columns
    when many move together. `dependence: by` controls false discoveries under any dependence.
    Columns of times and those in `ignore` are left out unless they are named.
    """

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

    @property
    def name(self) -> str:
        return ".".join(self.column)

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.column)})

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        held = self._held(context)
        return (held,) if held is not None and _family(held) is self.family else ()

    def baseline_needs(self, context: Context) -> tuple[Need[Any], ...]:
        """Few values are counted each, many in bins between quantiles that are then frozen."""

        def need(measure: Any) -> Need[Any]:
            return Need(Table(context.table.name), measure)

        column, family = self.column, self.family
        counts, values = need(Counts(column, family)), need(Values(column, family))
        if family in (Family.OTHER, Family.BINARY):
            return (counts,)
        sample = need(Sample(column, family, SAMPLE_ROWS))
        looked = context.seen.whole(sample)
        if looked is None:
            return (sample,)
        few = FEW_IN_SAMPLE if family in (Family.STRING, Family.BOOLEAN) else FEW_NUMBERS
        if looked.distinct <= few:
            counted = context.seen.whole(values)
            if counted is None or (not counted.overflow and len(counted.counts) - 1 <= few):
                return (values,)
        if family in (Family.STRING, Family.BOOLEAN):
            return (counts,)
        if (frozen := self._frozen(context)) is not None:
            return (frozen,)
        quantiles = need(Quantiles(column, family))
        found = context.seen.whole(quantiles)
        if found is None:
            return (quantiles,)
        return (
            need(Bins(column, family, frozen_edges(found.at))) if not found.is_empty else counts,
        )

    def _frozen(self, context: Context) -> Need[Any] | None:
        """The bins that an earlier step asked for: merging sketches again would move the edges."""
        relation = Table(context.table.name)
        for need, _ in context.seen.states:
            measure = need.measure if need.relation == relation else None
            if isinstance(measure, Bins) and measure.column == self.column:
                return need
        return None

    def judge(self, seen: Profile, context: Context) -> Judgement:
        held = self._held(context)
        if held is None or context.baseline is None:
            missing = "baseline of this column" if context.approved else "approved baseline"
            return not_evaluable(f"NO_BASELINE: there is no {missing}", counts_as=Outcome.WARN)
        if (family := _family(held)) is not self.family:
            reason = f"type changed from {family} to {self.family}"
            return self._direct(context, reason)
        found = self._compared(held, context)
        if found is None:
            return not_evaluable(
                "NO_BASELINE: the baseline lacks this slice", counts_as=Outcome.WARN
            )
        return self._judged(found, found.position(context.where), context)

    def _compared(self, held: Need[Any], context: Context) -> Partitions | None:
        """The slice among the partitions of its segment; by itself where it is no partition."""
        for partitions in _partitions(self, held, context).values():
            if context.where in partitions.states:
                return partitions
        assert context.baseline is not None
        time = self._time(context)
        base = context.baseline.at(segment_of(context.where, time), held)
        state = context.seen.at(context.where, held)
        if base is None or state is None:
            return None
        return Partitions(held.measure, base, {context.where: state}, time, (), self.limits)

    def _judged(self, found: Partitions, at: int, context: Context) -> Judgement:
        if found.has_too_many_values(at):
            cells = len(found.feature.cells) - 2
            return self._direct(context, f"too many values to count; the baseline has {cells}")
        pinned, rolling = found.trials(at)
        numbers, where = found.pinned, context.where
        evidence = tuple(found.evidence(at, context.table.version))
        if where.is_whole and (held := self._held(context)) is not None:
            for partitions in _partitions(self, held, context).values():
                evidence += tuple(partitions.picture()) if len(partitions.slices) > 1 else ()
        has_psi = not np.isnan(numbers.psi[at])
        details: dict[str, Any] = {
            "observed": float(numbers.psi[at] if has_psi else numbers.null_after[at]),
            "unit": "PSI" if has_psi else "share of nulls",
            "expected": self._expected(context),
            "rows": int(numbers.m[at]),
            "evidence": evidence,
        }
        if reason := why_not_evaluable(numbers, at):
            told = f"{found.text(at)}; {reason}" if pinned.direct else reason
            details |= {"outcome": Outcome.NOT_EVALUABLE, "reason": told}
        else:
            details |= {"outcome": Outcome.PASS, "reason": found.text(at)}
        return DriftJudgement(
            **details,
            pinned=pinned,
            rolling=rolling,
            lasting=found.lasts(at),
            weight=self.importance * (float(numbers.psi[at]) if has_psi else 1.0),
            **self._origin(context),
        )

    def _direct(self, context: Context, reason: str) -> DriftJudgement:
        """What alerts without any comparison of counts."""
        return DriftJudgement(
            Outcome.PASS,
            expected=self._expected(context),
            reason=reason,
            pinned=Trial(np.nan, np.nan, Level.ALERT, False),
            weight=self.importance,
            **self._origin(context),
        )

    def _origin(self, context: Context) -> dict[str, Any]:
        where, time = context.where, self._time(context)
        return {
            "dataset": context.table.name,
            "column": self.name,
            "time": dict(where.values).get(time, "") or "",
            "dependence": self.dependence,
        }

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


def _family(held: Need[Any]) -> Family:
    assert is_distribution(held.measure)
    return held.measure.family


_LAST: list[tuple[FeatureDrift, Context, dict[Slice, Partitions]]] = []


def _partitions(check: FeatureDrift, held: Need[Any], context: Context) -> dict[Slice, Partitions]:
    """Partitions by segment. The slices of a check are judged one after another: kept for them."""
    if _LAST and _LAST[0][0] is check and _LAST[0][1].seen is context.seen:
        return _LAST[0][2]
    assert context.baseline is not None
    time = check._time(context)
    states = {where: s for (need, where), s in context.seen.states.items() if need == held}
    found = {
        segment: Partitions(held.measure, base, group, time, context.accepted, check.limits)
        for segment, group in by_segment(states, time).items()
        if (base := context.baseline.at(segment, held)) is not None
    }
    _LAST[:] = [(check, context, found)]
    return found


def _settle(judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
    """Whole tables that are judged by partition sum their partitions up and are no test."""
    parted = {one.check_id for one in judged if not one.slice.is_whole}
    trials = {
        (one.check_id, one.slice): one.judgement
        for one in judged
        if isinstance(one.judgement, DriftJudgement)
        and not (one.slice.is_whole and one.check_id in parted)
    }
    dependence: Dependence = next((j.dependence for j in trials.values()), "bh")
    pinned = levels({k: j.pinned for k, j in trials.items() if j.pinned}, dependence=dependence)
    rolling = levels({k: j.rolling for k, j in trials.items() if j.rolling}, dependence=dependence)
    steps = {k: decide(pinned[k], rolling.get(k), j.lasting) for k, j in trials.items()}
    moved: dict[tuple[str, tuple[str, Slice]], float] = {
        (j.column, (j.dataset, k[1])): j.weight for k, j in trials.items() if steps[k].level
    }
    compared = Counter((j.dataset, k[1]) for k, j in trials.items())
    together = populations(moved, compared)
    after = {}
    for key, judgement in trials.items():
        step = steps[key]
        told = "; ".join(filter(None, (step.text, judgement.reason)))
        group = together.get((judgement.dataset, key[1]), ())
        if step.level and judgement.column in group:
            told += (
                f"; {len(group)} of {compared[judgement.dataset, key[1]]} columns moved together, "
                f"first {group[0]}"
            )
        if step.level is Level.STEADY and judgement.outcome is Outcome.NOT_EVALUABLE:
            after[key] = judgement
        else:
            reason = told if step.level or step.text else ""
            outcome = _OUTCOMES[step.level]
            after[key] = replace(judgement, outcome=outcome, reason=reason)
    return tuple(
        replace(one, judgement=_summed_up(one, after))
        if one.slice.is_whole and one.check_id in parted
        else replace(one, judgement=after.get((one.check_id, one.slice), one.judgement))
        for one in judged
    )


def _summed_up(whole: Judged, settled: Mapping[tuple[str, Slice], DriftJudgement]) -> Judgement:
    """The worst of the partitions, and the first that moved."""
    found = whole.judgement
    mine = {where: j for (check, where), j in settled.items() if check == whole.check_id}
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
