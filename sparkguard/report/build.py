"""Judges what a report shows: what comes first, what is new, and what is left out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from sparkguard.report import cohorts, since
from sparkguard.report.model import (
    CheckPart,
    DatasetPart,
    Picture,
    Point,
    Report,
    Samples,
    Seen,
    ShadowPart,
)
from sparkguard.report.words import RANK, TROUBLE, observed_number
from sparkguard.results.records import PinRow, RunRecord, TransitionRow
from sparkguard.results.reporting import (
    MOST_CHECKS,
    MOST_PARTITIONS,
    Counts,
    Place,
    StoredEvidence,
)
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.verdicts import Outcome

MOST_SLICES_SHOWN = 3
"""Slices of one check whose evidence is shown beside that of the whole table."""

_OF_PARTITION = {
    "clean": Outcome.PASS,
    "waived": Outcome.WARN,
    "dirty": Outcome.FAIL,
    "error": Outcome.ERROR,
    "not_run": Outcome.SKIPPED,
}


@dataclass(frozen=True)
class Facts:
    """Rows of the result tables that speak of one run.

    `counts` are of all its verdicts, where `results` are some of them.
    """

    run: RunRecord
    location: str
    results: tuple[ResultRow, ...]
    counts: Counts = field(default_factory=dict)
    runs: tuple[RunRecord, ...] = ()
    before: tuple[ResultRow, ...] | None = None
    pins: Mapping[str, PinRow] = field(default_factory=dict)
    evidence: tuple[StoredEvidence, ...] = ()
    samples: Mapping[Place, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    past: tuple[tuple[str, ResultRow], ...] = ()
    evaluations: tuple[Mapping[str, Any], ...] = ()
    shadow_verdicts: tuple[Mapping[str, Any], ...] = ()
    shadow_changes: tuple[TransitionRow, ...] = ()


def places(results: Sequence[ResultRow]) -> tuple[Place, ...]:
    """The checks and slices whose evidence a report shows, those in trouble first.

    Of every check the whole table, and its first three slices in trouble.
    """
    by_check = _by_check(results)
    chosen: list[Place] = []
    for check in sorted(by_check, key=lambda check: _urgency(by_check[check]))[:MOST_CHECKS]:
        rows = by_check[check]
        troubled = [r for r in rows if r.slice and Outcome(r.outcome) in TROUBLE]
        chosen += [(check, row.slice) for row in rows if not row.slice]
        chosen += [(check, row.slice) for row in _in_order(troubled)[:MOST_SLICES_SHOWN]]
    return tuple(chosen)


def build(facts: Facts) -> Report:
    """The report of a run."""
    pictures, samples = _pictures(facts.evidence), _samples(facts.samples)
    of_cohorts = sorted(facts.evaluations, key=lambda row: slice_order(row["slice"]))
    ids = {row.check_id for row in facts.results}
    for check, series in cohorts.pictures(of_cohorts, ids).items():
        pictures[check, ""] = (*pictures.get((check, ""), ()), *series)
    before = None if facts.before is None else since.Before(facts.before, _earlier(facts))
    past = _past(facts)
    of_datasets, of_slices = _tallies(facts)
    datasets = []
    for dataset, rows in _grouped(facts.results, "dataset").items():
        checks = []
        for check, of_check in _by_check(rows).items():
            now = {row.slice: Outcome(row.outcome) for row in of_check}
            seen = [
                Seen(row, pictures.get((check, row.slice), ()), samples.get((check, row.slice)))
                for row in _in_order(of_check)
            ]
            whole = next((each for each in seen if not each.result.slice), None)
            checks.append(
                CheckPart(
                    id=check,
                    kind=of_check[0].check_kind,
                    whole=whole,
                    slices=tuple(each.result for each in seen if each.result.slice),
                    shown=tuple(
                        each
                        for each in seen
                        if each.result.slice and (each.pictures or each.samples)
                    ),
                    change=since.change(now, None) if before is None else before.change(check, now),
                    past=past.get(check, ()),
                    of_slices=of_slices[check],
                )
            )
        pin = facts.pins.get(dataset)
        ordered = tuple(sorted(checks, key=lambda check: (RANK[check.outcome], check.id)))
        datasets.append(DatasetPart(dataset, pin, _contract(rows), ordered, of_datasets[dataset]))
    return Report(
        run=facts.run,
        location=facts.location,
        datasets=tuple(
            sorted(
                datasets, key=lambda part: (part.checks and RANK[part.checks[0].outcome], part.name)
            )
        ),
        before=facts.runs[-2] if facts.before is not None else None,
        runs=facts.runs,
        shadows=_shadows(facts.shadow_verdicts, facts.shadow_changes),
        left_out=max(0, facts.run.reported - len(facts.results)),
    )


def slice_order(key: str) -> tuple[Any, ...]:
    """Slices in the order of people: month=2 before month=10."""
    return tuple(
        (0, float(part), "") if part.isdigit() else (1, 0.0, part)
        for part in re.split(r"(\d+)", key)
        if part
    )


def _urgency(rows: Sequence[ResultRow]) -> tuple[int, str]:
    return min(RANK[Outcome(row.outcome)] for row in rows), rows[0].check_id


def _in_order(rows: Iterable[ResultRow]) -> list[ResultRow]:
    return sorted(rows, key=lambda row: slice_order(row.slice))


def _by_check(rows: Iterable[ResultRow]) -> dict[str, list[ResultRow]]:
    return _grouped(rows, "check_id")


def _grouped(rows: Iterable[ResultRow], name: str) -> dict[str, list[ResultRow]]:
    found: dict[str, list[ResultRow]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found


def _pictures(evidence: Iterable[StoredEvidence]) -> dict[Place, tuple[Picture, ...]]:
    found: dict[Place, dict[tuple[str, str], list[StoredEvidence]]] = {}
    for row in evidence:
        key = row.evidence.kind, row.evidence.name
        found.setdefault(row.place, {}).setdefault(key, []).append(row)
    return {
        place: tuple(
            Picture(kind, name, tuple(r.evidence for r in rows), rows[0].of - len(rows))
            for (kind, name), rows in pictures.items()
        )
        for place, pictures in found.items()
    }


def _samples(cells: Mapping[Place, tuple[Mapping[str, Any], ...]]) -> dict[Place, Samples]:
    found = {}
    for place, rows in cells.items():
        columns = tuple(dict.fromkeys(row["column"] for row in rows))
        sampled = [
            {cell["column"]: cell["value"] for cell in of_row}
            for _, of_row in groupby(rows, key=lambda row: row["ordinal"])
        ]
        shown = tuple(tuple(row.get(column) for column in columns) for row in sampled)
        left_out = rows[0]["sample_rows"] - len(shown)
        found[place] = Samples(rows[0]["sample_mode"], columns, shown, left_out)
    return found


def _past(facts: Facts) -> dict[str, tuple[Point, ...]]:
    rows = {(run_id, row.check_id): row for run_id, row in facts.past}
    checks = {check for _, check in rows}
    found: dict[str, tuple[Point, ...]] = {}
    for check in checks:
        of_check = ((run, rows.get((run.run_id, check))) for run in facts.runs)
        found[check] = tuple(
            Point(run.run_id, run.as_of, Outcome(row.outcome), observed_number(row), row.slice)
            for run, row in of_check
            if row is not None
        )
    return found


def _tallies(facts: Facts) -> tuple[dict[str, Counter[Outcome]], dict[str, Counter[Outcome]]]:
    """Verdicts by outcome: of each dataset, and of the slices of each check."""
    listed = Counter(
        (row.dataset, row.check_id, bool(row.slice), Outcome(row.outcome)) for row in facts.results
    )
    of_datasets: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    of_slices: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    for (dataset, check, is_sliced, outcome), count in (facts.counts or listed).items():
        of_datasets[dataset][outcome] += count
        if is_sliced:
            of_slices[check][outcome] += count
    return of_datasets, of_slices


def _earlier(facts: Facts) -> list[ResultRow]:
    """What speaks for each check in the runs before this one, oldest first."""
    place = {run.run_id: at for at, run in enumerate(facts.runs[:-1])}
    known = [(place[run_id], row) for run_id, row in facts.past if run_id in place]
    return [row for _, row in sorted(known, key=lambda each: each[0])]


def _contract(rows: Sequence[ResultRow]) -> str | None:
    named = (f"{r.contract_id} {r.contract_version or ''}".strip() for r in rows if r.contract_id)
    return next(named, None)


def _shadows(
    verdicts: Sequence[Mapping[str, Any]], changes: Sequence[TransitionRow]
) -> tuple[ShadowPart, ...]:
    found: dict[str, ShadowPart] = {}
    for name in dict.fromkeys([*(c.subject for c in changes), *(v["shadow"] for v in verdicts)]):
        states = tuple((c.state, c.at, c.changed_by) for c in changes if c.subject == name)
        of_shadow = sorted(
            (v for v in verdicts if v["shadow"] == name), key=lambda v: slice_order(v["partition"])
        )
        partitions = tuple(
            (
                v["partition"],
                _OF_PARTITION.get(v["outcome"], Outcome.NOT_EVALUABLE),
                v["outcome"],
                v["reason"] or "",
            )
            for v in of_shadow[-MOST_PARTITIONS:]
        )
        found[name] = ShadowPart(name, states[-1][0] if states else None, states, partitions)
        found[name] = replace(found[name], left_out=len(of_shadow) - len(partitions))
    return tuple(found.values())
