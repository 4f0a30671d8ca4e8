"""Turns what a run saw into findings: exactly one per planned entry and slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sparkguard.checks.base import Check, Context, Judged, Judgement, Past
from sparkguard.lifecycles import baselines as rules
from sparkguard.plan import Entry, Needs, Plan
from sparkguard.profile import Scanned
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Coverage, Finding, Outcome, Verdict

COVERAGE = "SPARKGUARD_COVERAGE"


@dataclass(frozen=True)
class Sight:
    """What the run saw, and what each entry asked to see.

    `crashed` holds, by entry id, the error of a check that could not say what it needs.
    `history` is given to the checks that want it, by entry id; `accepted` are the slices whose
    alert was acknowledged, and `earlier` the rows that an entry's rule left in the table that its
    check keeps, by entry id. `secret` is the deployment's key for pseudonyms, `not_evaluable` how
    the audit weighs what could not be judged. `looked` is what checks saw when they looked back.
    """

    scanned: Scanned
    asked: Mapping[str, Needs]
    crashed: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, tuple[Past, ...]] = field(default_factory=dict)
    accepted: Mapping[str, frozenset[Slice]] = field(default_factory=dict)
    previous: Mapping[tuple[str, Slice], Verdict] = field(default_factory=dict)
    run_id: str = ""
    earlier: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    last_run: datetime | None = None
    secret: str = field(default="", repr=False)
    not_evaluable: Outcome = Outcome.ERROR
    looked: Scanned = field(default_factory=Scanned)


@dataclass(frozen=True)
class Result:
    """A finding and the planned entry it answers."""

    entry: Entry
    finding: Finding


def judge(plan: Plan, sight: Sight) -> tuple[Result, ...]:
    """All findings of a run, in plan order.

    Checks that compare with what was good before come last, and are told where others broke.
    """
    plain = [entry for entry in plan.entries if not entry.wants_baseline]
    compared = [entry for entry in plan.entries if entry.wants_baseline]
    results = _judged_together(plan, plain, sight, {})
    results += _judged_together(plan, compared, sight, _broken(plan, results, sight))
    place = {entry.id: at for at, entry in enumerate(plan.entries)}
    return tuple(sorted(results, key=lambda result: place[result.entry.id]))


def _judged_together(
    plan: Plan, entries: Sequence[Entry], sight: Sight, broken: Mapping[str, frozenset[Slice]]
) -> list[Result]:
    rows = [
        (entry, where, found)
        for entry in entries
        for where, found in _entry(plan, entry, sight, broken.get(entry.dataset, frozenset()))
    ]
    return [Result(entry, _finding(entry, where, found)) for entry, where, found in _settle(rows)]


def _broken(plan: Plan, results: Sequence[Result], sight: Sight) -> dict[str, frozenset[Slice]]:
    """By dataset, the slices that a check found bad and nobody accepted.

    What this run did not judge stands as the run before left it.
    """
    datasets = {entry.id: entry.dataset for entry in plan.entries if not entry.wants_baseline}
    verdicts = {key: v for key, v in sight.previous.items() if key[0] in datasets}
    judged = (result.finding.verdict for result in results)
    verdicts |= {(v.check, v.slice): v for v in judged if not v.is_left_out}
    found: dict[str, set[Slice]] = {}
    for check, where in rules.broken(verdicts, sight.accepted, sight.not_evaluable):
        found.setdefault(datasets[check], set()).add(where)
    return {dataset: frozenset(slices) for dataset, slices in found.items()}


_Found = Judgement | Verdict
_Row = tuple[Entry, Slice, _Found]


def _entry(
    plan: Plan, entry: Entry, sight: Sight, broken: frozenset[Slice]
) -> Iterator[tuple[Slice, _Found]]:
    found = unjudged(entry, sight) or _surveyed(plan, entry, sight, broken)
    for where in entry.slices:
        if isinstance(found, Verdict):
            yield where, replace(found, slice=where)
        else:
            yield where, _judge_one(plan, entry, where, found)


def _surveyed(
    plan: Plan, entry: Entry, sight: Sight, broken: frozenset[Slice]
) -> Context | Verdict:
    """What an entry's slices are judged in the light of; a verdict where that can't be told."""
    assert entry.check is not None
    context = replace(context_of(plan, entry, sight), broken=broken)
    try:
        return replace(context, survey=entry.check.survey(context))
    except Exception as error:
        return _crashed(entry, WHOLE, error)


def context_of(plan: Plan, entry: Entry, sight: Sight) -> Context:
    """What a check knows when all is seen."""
    return replace(
        plan.context(entry),
        seen=sight.scanned.profile.restricted(sight.asked.get(entry.id, ())),
        accepted=sight.accepted.get(entry.id, frozenset()),
        history=sight.history.get(entry.id, ()),
        previous=sight.previous,
        run_id=sight.run_id,
        earlier=sight.earlier.get(entry.id, ()),
        last_run=sight.last_run,
        looked=sight.looked,
        secret=sight.secret,
    )


def unjudged(entry: Entry, sight: Sight) -> Verdict | None:
    """The verdict on all slices of an entry that is not judged at all; None when it is."""

    def verdict(outcome: Outcome, reason: str, **more: Any) -> Verdict:
        return Verdict(entry.id, Slice(), outcome, entry.severity, reason=reason, **more)

    if entry.skip or entry.check is None:
        return verdict(Outcome.SKIPPED, entry.skip)
    if entry.failed:
        return verdict(Outcome.ERROR, entry.failed)
    if entry.blocked:
        return verdict(Outcome.NOT_EVALUABLE, entry.blocked, counts_as=Outcome.FAIL)
    if entry.id in sight.crashed:
        return verdict(Outcome.ERROR, sight.crashed[entry.id])
    for need in sight.asked.get(entry.id, ()):
        if failure := sight.scanned.failures.get(need):
            return verdict(Outcome.ERROR, failure.message, condition=failure.condition)
    return None


def _judge_one(plan: Plan, entry: Entry, where: Slice, context: Context) -> _Found:
    assert entry.check is not None
    rows = plan.rows.get((entry.dataset, where))
    if rows == 0 and not entry.check.evaluates_empty:
        what = "the table" if where.is_whole else "the slice"
        return Judgement(Outcome.NOT_EVALUABLE, reason=f"{what} has no rows", rows=0)
    try:
        judgement = entry.check.judge(context.seen.only(where), replace(context, where=where))
    except Exception as error:
        return _crashed(entry, where, error)
    return _covered(plan, entry, where, judgement, rows)


def _crashed(entry: Entry, where: Slice, error: Exception) -> Verdict:
    reason = f"the check could not judge: {type(error).__name__}"
    return Verdict(entry.id, where, Outcome.ERROR, entry.severity, reason=reason)


def _covered(
    plan: Plan, entry: Entry, where: Slice, judgement: Judgement, rows: int | None
) -> _Found:
    """The judgement with its proof of coverage; an error when rows are missing from it."""
    if judgement.rows is None or judgement.coverage is Coverage.SAMPLED:
        return judgement
    if rows is None:
        return replace(judgement, coverage=Coverage.UNPROVEN)
    if judgement.rows != rows:
        reason = f"saw {judgement.rows:,} rows where the snapshot holds {rows:,}"
        return Verdict(
            entry.id, where, Outcome.ERROR, entry.severity, reason=reason, condition=COVERAGE
        )
    proven = entry.dataset in plan.rows_proven
    return replace(judgement, coverage=Coverage.PROVEN if proven else Coverage.UNPROVEN)


def _settle(rows: Sequence[_Row]) -> list[_Row]:
    """Applies each kind's rules over the whole run to its judgements."""
    settled = list(rows)
    by_kind: dict[type[Check], list[int]] = {}
    for i, (entry, _, found) in enumerate(rows):
        if isinstance(found, Judgement) and entry.check is not None:
            by_kind.setdefault(type(entry.check), []).append(i)
    for kind, places in by_kind.items():
        before = tuple(_judged(*rows[i]) for i in places)
        after = kind.settle(before)
        if [(j.check_id, j.slice) for j in after] != [(j.check_id, j.slice) for j in before]:
            raise RuntimeError(f"settle of {kind.kind} must keep the entries and their order")
        for i, judged in zip(places, after, strict=True):
            settled[i] = (rows[i][0], rows[i][1], judged.judgement)
    return settled


def _judged(entry: Entry, where: Slice, found: _Found) -> Judged:
    assert entry.check is not None
    assert isinstance(found, Judgement)
    return Judged(entry.id, entry.check, where, found)


def _finding(entry: Entry, where: Slice, found: _Found) -> Finding:
    if isinstance(found, Verdict):
        return Finding(found)
    outcome = found.outcome
    if outcome is Outcome.FAIL:
        outcome = entry.severity.violated
    verdict = Verdict(
        check=entry.id,
        slice=where,
        outcome=outcome,
        severity=entry.severity,
        observed=found.observed,
        expected=found.expected,
        reason=found.reason,
        unit=found.unit,
        rows=found.rows,
        violations=found.violations,
        coverage=found.coverage,
        counts_as=found.counts_as,
        owner=found.owner,
    )
    return Finding(verdict, found.evidence, found.kept)
