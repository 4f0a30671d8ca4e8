"""A model's predictions against the truth that arrives later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sparkguard.checks.base import (
    NO_SLICE,
    OF_THE_TABLE,
    Check,
    Context,
    Judgement,
    not_evaluable,
    passed,
    violated,
    warned,
)
from sparkguard.drift.multiplicity import Q
from sparkguard.evaluation import rows as stored
from sparkguard.evaluation.by_slice import BY_SLICE, judged
from sparkguard.evaluation.changes import decay_by_slice, metric_of, moved
from sparkguard.evaluation.cohorts import ripe, standing_of, too_early, watched
from sparkguard.evaluation.comparison import decay, drivers, explanation
from sparkguard.evaluation.conditions import CONDITIONS
from sparkguard.evaluation.declaration import Declaration, breaks, expectation
from sparkguard.evaluation.evidence import ledgers, metric_evidence, of_slices
from sparkguard.evaluation.maturity import Maturity
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.seen import Group, Seen
from sparkguard.evaluation.sources import columns, day_of, label_need, truth_need
from sparkguard.evaluation.watch import Found, Moved, State, Watch
from sparkguard.measures.keyed_sums import KeyedSumsState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.label_rows import LabelRow
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome

ACCOUNTING = "accounting"
IN_SLICES = f", in each slice as well; {Q:.0%} of the slices found may be by chance"


@dataclass(frozen=True)
class Evaluation(Declaration, Check, kind="evaluation"):
    """Counts every prediction and label once, and holds metrics and label feed to what is declared.

    Stands for several checks: `accounting`, which balances both tables and stores all metrics in
    `evaluations`; one per metric of `metrics`; and the conditions under which an evaluation
    starves, each on the whole table.
    """

    beyond_a_write: ClassVar[str] = OF_THE_TABLE

    def expand(self, context: Context) -> Mapping[str, Check]:
        parts: dict[str, Check] = {ACCOUNTING: Accounting(self)}
        parts |= {name: HeldMetric(self, name) for name in self.metrics}
        return parts | {name: Condition(self, name) for name in CONDITIONS}

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset()

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return ()

    def judge(self, seen: Profile, context: Context) -> Judgement:
        raise TypeError("an evaluation is judged by its parts")


@dataclass(frozen=True)
class _Part(Check):
    """What the checks of one declaration share: the scan, and the view over all cohorts."""

    kind: ClassVar[str] = Evaluation.kind
    of: Declaration

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        mine, theirs = columns(self.of)
        return frozenset(
            {(context.table.name, path) for path in mine}
            | {(self.of.truth.table, path) for path in theirs}
        )

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return self._truth(context), self._labels(context)

    def baseline_needs(self, context: Context) -> tuple[Need[Any], ...]:
        return (self._truth(context),)

    def _truth(self, context: Context) -> Need[KeyedSumsState]:
        schemas = {name: facts.schema for name, facts in context.tables.items()}
        return truth_need(self.of, context.table.name, schemas, context.as_of)

    def _labels(self, context: Context) -> Need[KeyedSumsState]:
        schemas = {name: facts.schema for name, facts in context.tables.items()}
        return label_need(self.of, schemas, context.as_of)

    def _seen(self, context: Context, profile: Profile) -> Seen:
        """What the judged slice holds; the whole table is merged from the slices once."""
        if context.where.is_whole:
            return _watch(context).seen
        state = profile.at(context.where, self._truth(context))
        return Seen(state or KeyedSumsState(), self.of.slices)

    def survey(self, context: Context) -> Watch:
        """All cohorts together, as known at the moment looked from."""
        truth, slices = self._truth(context), self.of.slices
        every = context.seen.at(WHOLE, truth) or KeyedSumsState()
        # Spark hands slices over in any order, and of cohorts of one day the first is looked at.
        states = sorted(context.seen.states.items(), key=lambda item: item[0][1].key)
        cohorts = [Seen(state, slices) for (need, _), state in states if need == truth]
        labels = context.seen.at(WHOLE, self._labels(context)) or KeyedSumsState()
        rows = {
            (None if day is None else int(day), LabelRow(int(state or 0))): n
            for (day, state), (n,) in labels.sums.items()
        }
        return watched(self.of, Seen(every, slices), cohorts, rows, day_of(context.as_of))


def _watch(context: Context) -> Watch:
    assert isinstance(context.survey, Watch)
    return context.survey


@dataclass(frozen=True)
class Accounting(_Part):
    """Every prediction and every label row is in exactly one bucket; metrics are stored."""

    keeps: ClassVar[str] = stored.TABLE

    def judge(self, seen: Profile, context: Context) -> Judgement:
        watch, of = _watch(context), self._seen(context, seen)
        ledger, where = of.ledger, context.where
        label_rows = sum(watch.label_rows.values()) if where.is_whole else None
        definition = self._truth(context).id
        found = list(stored.rows(self.of, of, where.key, standing_of(of, watch), definition))
        earlier = {stored.key_of(row): row for row in context.earlier}
        version = context.tables[self.of.truth.table].version
        rows = tuple({**row, "label_version": version} for row in stored.revised(found, earlier))
        details: dict[str, Any] = {
            "observed": ledger.coverage,
            "unit": "share of predictions with a label",
            "expected": "every prediction and every label in exactly one bucket",
            "rows": ledger.rows,
            "owner": self.of.owner,
            "evidence": tuple(ledgers(of, watch if where.is_whole else None)),
            "kept": rows,
        }
        if broken := stored.identities(ledger, label_rows):
            return violated("; ".join(broken), **details)
        task = self.of.kind_of_task
        invalid, what = task.invalid(of.cells(Group()))
        if invalid:
            return violated(f"{invalid:,} {what}; no metric is given", **details)
        if not ledger.labelled:
            weight = None if watch.label_rows and self._is_closed(of, watch) else Outcome.WARN
            reason = f"none of {ledger.unique:,} predictions has a label yet"
            return not_evaluable(reason, counts_as=weight, **details)
        return passed(**details)

    def _is_closed(self, of: Seen, watch: Watch) -> bool:
        return standing_of(of, watch).maturity is Maturity.CLOSED


@dataclass(frozen=True)
class HeldMetric(_Part):
    """A metric keeps its bounds and does not decay against the approved baseline."""

    wants_baseline: ClassVar[bool] = True
    name: str = ""

    def judge(self, seen: Profile, context: Context) -> Judgement:
        watch, every = _watch(context), self._seen(context, seen)
        of_cohorts = context.where.is_whole and bool(context.by)
        of = ripe(watch) if of_cohorts else every
        stands, limit = standing_of(of, watch), self.of.metrics[self.name]
        metric = metric_of(self.of, of, Group(), self.name)
        details: dict[str, Any] = {
            "observed": metric.value,
            "unit": self.name,
            "expected": expectation(limit, self.name),
            "rows": every.ledger.rows,
            "owner": self.of.owner,
            "evidence": tuple(metric_evidence(metric, of.ledger, stands)),
        }
        if metric.value is None or of.ledger.labelled < self.of.fewest:
            few = f"INSUFFICIENT: {of.ledger.labelled:,} labels, {self.of.fewest:,} are wanted"
            reason = metric.reason if metric.value is None else few
            return not_evaluable(reason, counts_as=Outcome.WARN, **{**details, "observed": None})
        if not stands.is_ripe:
            none = "no cohort is MATURE or CLOSED; all together are " if of_cohorts else ""
            reason = f"{none}{too_early(stands, watch)}"
            return not_evaluable(reason, counts_as=Outcome.WARN, **details)
        if broken := breaks(limit, self.name, metric.value):
            interval = f" ({metric.low:.5g} to {metric.high:.5g})" if metric.low is not None else ""
            said = f"{broken}{interval}{metric.beside}"
            return violated(f"{said}; owner {self.of.owner}", **details)
        return self._against_baseline(of, metric, context, details)

    def _against_baseline(
        self, of: Seen, metric: Metric, context: Context, details: dict[str, Any]
    ) -> Judgement:
        limit = self.of.metrics[self.name]
        if limit.margin is None:
            return passed(**details)
        if context.where.is_whole and context.by:
            judged = context.judges_slices
            return passed(**details) if judged else not_evaluable(NO_SLICE, **details)
        state = context.baseline.at(WHOLE, self._truth(context)) if context.baseline else None
        if state is None:
            reason = "NO_BASELINE: there is no approved baseline of this evaluation"
            return not_evaluable(reason, counts_as=Outcome.WARN, **details)
        before = Seen(state, self.of.slices)
        reference = metric_of(self.of, before, Group(), self.name)
        found = decay(reference, metric, limit.margin)
        base = context.approved.id if context.approved else "the baseline"
        if found is None:
            side, of_side = (metric, "here") if metric.error is None else (reference, f"in {base}")
            why = f"{self.name} has no standard error to compare {of_side}"
            return not_evaluable(f"{why}: {side.reason}" if side.reason else why, **details)
        if not found.is_significant:
            return passed(**details)
        named = drivers(decay_by_slice(self.of, before, of, self.name, limit.margin), found)
        biased = "BIASED_SAMPLE" in stored.flags(self.of, of.cells(Group()))
        why = explanation(named, self._drifted(context), biased)
        said = f"{self.name} is {metric.value:.5g}, {found.loss:.5g} worse than in {base}"
        said = f"{said} (z {found.z:.1f}){metric.beside}"
        return violated(f"{said}; {why}; owner {self.of.owner}", **details)

    def _drifted(self, context: Context) -> tuple[str, ...] | None:
        """Columns whose drift the last run found in this cohort; None where nobody looked."""
        looked = {
            check.rpartition(".")[2]: verdict.outcome
            for (check, where), verdict in context.previous.items()
            if where == context.where and check.startswith(f"{context.table.name}.drift.")
        }
        if not looked:
            return None
        broken = (Outcome.FAIL, Outcome.WARN)
        return tuple(sorted(name for name, outcome in looked.items() if outcome in broken))


@dataclass(frozen=True)
class Condition(_Part):
    """One of the ways in which an evaluation starves, as a state."""

    keeps: ClassVar[str] = stored.TABLE
    evaluates_empty: ClassVar[bool] = True
    name: str = ""

    @property
    def whole_only(self) -> bool:
        return True

    def judge(self, seen: Profile, context: Context) -> Judgement:
        watch = _watch(context)
        owner = self.of.owner_of(self.name)
        sliced = self.name in BY_SLICE and self.of.slices
        details: dict[str, Any] = {
            "owner": owner,
            "expected": f"{self.name}: {State.HEALTHY}" + (IN_SLICES if sliced else ""),
            "rows": watch.seen.ledger.rows,
        }
        today = context.as_of.date()
        for one in self.of.acknowledged:
            if one.condition == self.name and today <= one.day:
                reason = f"ACKED_OFF by {one.by} until {one.until}"
                return Judgement(Outcome.SKIPPED, reason=reason, **details)
        found = self._found(watch, context)
        details |= {"observed": found.observed, "evidence": tuple(of_slices(found))}
        if found.state is State.HEALTHY:
            return passed(**details)
        if found.state is State.UNKNOWN:
            return not_evaluable(found.reason, counts_as=Outcome.WARN, **details)
        make = violated if found.state is State.STARVED else warned
        return make(f"{found.text}; owner {owner}", **details)

    def _found(self, watch: Watch, context: Context) -> Found:
        if self.name == "restatement":
            watch = replace(watch, moved=self._moved(context))
        if self.name == "heartbeat_lost" and context.last_run is not None:
            watch = replace(watch, last_run=day_of(context.last_run))
        return judged(self.name, watch)

    def _moved(self, context: Context) -> tuple[Moved, ...]:
        """Numbers of closed cohorts that differ from the last ones stored."""
        need = self._truth(context)
        cohorts = {
            where.key: Seen(state, self.of.slices)
            for (of, where), state in context.seen.states.items()
            if of == need
        }
        return moved(self.of, cohorts, context.earlier, need.id)
