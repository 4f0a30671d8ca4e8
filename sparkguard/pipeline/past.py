"""What earlier runs and people left behind, given to the checks that look back on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from sparkguard.checks.base import Past
from sparkguard.pipeline.judging import Sight
from sparkguard.plan import Entry, Plan
from sparkguard.results import RunRecord, Store
from sparkguard.results.alerts import accepted
from sparkguard.results.baselines import Baselines
from sparkguard.results.setup import THREADS
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Verdict


def with_baselines(plan: Plan, baselines: Baselines) -> Plan:
    """`plan` with the approved baseline of each dataset of which a check wants one."""
    contexts = dict(plan.contexts)
    for dataset in dict.fromkeys(e.dataset for e in plan.entries if e.wants_baseline):
        if (found := baselines.in_force(dataset)) is not None:
            approved, profile = found
            contexts[dataset] = replace(contexts[dataset], baseline=profile, approved=approved)
    return replace(plan, contexts=contexts)


def with_past(plan: Plan, sight: Sight, store: Store, audit: str, only: Slice) -> Sight:
    """`sight` with verdicts, profiles and rows of earlier runs, and what people acknowledged.

    `audit` names the runs that verdicts are compared with; `only` is the slice judged.
    """
    looking = [entry for entry in plan.entries if entry.active and entry.active.wants_history]
    with ThreadPoolExecutor(THREADS) as pool:
        read = pool.map(lambda entry: _history(entry, plan, sight, store, only), looking)
        history = {entry.id: past for entry, past in zip(looking, read, strict=True)}
    history = _with_versions(plan, history, store, sight.run_id)
    compared = {entry.dataset for entry in plan.entries if entry.wants_baseline}
    known = {dataset: accepted(store, dataset) for dataset in compared}
    last = store.last_run(audit, plan.as_of)
    return replace(
        sight,
        history=history,
        previous=_previous(plan, store, last) if last is not None else {},
        earlier=_earlier(plan, store, history),
        last_run=last.as_of if last is not None else None,
        accepted={
            entry.id: known[entry.dataset].get(entry.id, frozenset())
            for entry in plan.entries
            if entry.dataset in known
        },
    )


def _previous(plan: Plan, store: Store, last: RunRecord) -> dict[tuple[str, Slice], Verdict]:
    """The verdicts of the last run, with earlier ones where it was asked for other checks."""
    found = store.verdicts(last)
    left_out = {key for key, verdict in found.items() if verdict.is_left_out}
    if left_out:
        for dataset in dict.fromkeys(entry.dataset for entry in plan.entries):
            earlier = store.last_verdicts(dataset, plan.as_of)
            found |= {key: earlier[key] for key in left_out & earlier.keys()}
    return found


def _history(entry: Entry, plan: Plan, sight: Sight, store: Store, only: Slice) -> tuple[Past, ...]:
    """Earlier profiles of what an active entry asked for, as far as it looks back on them."""
    check = entry.active
    assert check is not None
    asked = sight.asked.get(entry.id, ())
    slices = None if check.wants_history_of_slices else (WHOLE,)
    wanted = (*asked, *check.recalls(plan.context(entry)))
    past = store.history(
        entry.dataset,
        wanted,
        slices,
        limit=check.wants_history,
        before=plan.as_of,
        by_day=check.wants_history_by_day,
    )
    if check.wants_unread_slices and not only.is_whole:
        past += store.history(entry.dataset, asked, limit=1, before=plan.as_of)
    return past


def _with_versions(
    plan: Plan, history: Mapping[str, tuple[Past, ...]], store: Store, run_id: str
) -> dict[str, tuple[Past, ...]]:
    """`history` with the versions of all tables, for the entries that want them."""
    wanting = {entry.id for entry in plan.entries if entry.active and entry.active.wants_versions}
    runs = {past.run_id for id_ in wanting & history.keys() for past in history[id_]}
    versions = store.same_versions(runs, run_id) if runs else {}
    return {
        id_: tuple(replace(p, versions=versions[p.run_id]) for p in past)
        if id_ in wanting
        else past
        for id_, past in history.items()
    }


def _earlier(
    plan: Plan, store: Store, history: Mapping[str, Sequence[Past]]
) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """By entry, the rows that its rule left in the table that its check keeps."""
    keepers: dict[tuple[str, str], list[Entry]] = {}
    for entry in plan.entries:
        if entry.active is not None and entry.active.keeps:
            keepers.setdefault((entry.active.keeps, entry.dataset), []).append(entry)
    rules = {entry.id: entry.rule for entry in plan.entries}
    found: dict[str, tuple[Mapping[str, Any], ...]] = {}
    for (table, dataset), entries in keepers.items():
        runs = None
        if all(entry.id in history for entry in entries):
            runs = {past.run_id for entry in entries for past in history[entry.id]}
            if not runs:
                continue
        by_rule: dict[str, list[Mapping[str, Any]]] = {}
        for row in store.last_rows(table, dataset, plan.as_of, runs):
            if (check_id := row["check_id"]) in rules:
                by_rule.setdefault(rules[check_id], []).append(row)
        found |= {entry.id: tuple(by_rule.get(entry.rule, ())) for entry in entries}
    return found
