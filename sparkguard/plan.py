"""What a run will judge and read, fixed before the first query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sparkguard.checks.base import CHECKS, Check, Context, TableFacts
from sparkguard.contracts.spec import CheckSpec
from sparkguard.errors import ConfigurationError, Problem, did_you_mean
from sparkguard.kinds import fingerprint
from sparkguard.layout import Scan, lay_out
from sparkguard.options import convert
from sparkguard.profile import Need, Profile
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Severity


@dataclass(frozen=True)
class Bound:
    """A rule of a contract and the check that carries it out; None when the rule is skipped."""

    dataset: str
    spec: CheckSpec
    check: Check | None


@dataclass(frozen=True)
class Entry:
    """One planned check: it yields exactly one verdict for each of `slices`.

    `skip` is the reason for which policy switched it off; `blocked` names a promised column
    that is not as promised, so that the check can't be judged.
    """

    id: str
    dataset: str
    check: Check | None
    kind: str
    severity: Severity
    slices: tuple[Slice, ...] = (WHOLE,)
    skip: str = ""
    blocked: str = ""

    @property
    def runs(self) -> bool:
        return self.check is not None and not self.skip and not self.blocked

    @property
    def fingerprint(self) -> str:
        """Changes when the rule does: SHA-256 of kind, options and severity."""
        return fingerprint((self.kind, self.check, self.severity))


@dataclass(frozen=True)
class Plan:
    """All entries, and what is known of the tables before any row is read.

    `by` holds the slice columns of each dataset, `contexts` what its checks may look at.
    `rows` are the snapshot's row counts by dataset and slice; those of the datasets in
    `rows_proven` come from Delta's statistics and not from a scan.
    """

    entries: tuple[Entry, ...]
    facts: Mapping[str, TableFacts]
    by: Mapping[str, tuple[str, ...]]
    as_of: datetime
    contexts: Mapping[str, Context] = field(default_factory=dict)
    rows: Mapping[tuple[str, Slice], int] = field(default_factory=dict)
    rows_proven: frozenset[str] = frozenset()

    @property
    def planned(self) -> int:
        """Verdicts that the run owes."""
        return sum(len(entry.slices) for entry in self.entries)

    def context(self, entry: Entry) -> Context:
        return self.contexts[entry.dataset]

    def first_scans(self) -> tuple[Scan, ...]:
        """The scans of the first step, for the printed budget."""
        return lay_out(
            (
                need
                for entry in self.entries
                if entry.check is not None and entry.runs
                for need in entry.check.needs(self.context(entry))
            ),
            self.by,
        )


def bind(dataset: str, specs: Iterable[CheckSpec]) -> tuple[Bound, ...]:
    """The checks of `specs`. Raises ConfigurationError with every wrong option of every rule."""
    bound: list[Bound] = []
    problems: list[Problem] = []
    for spec in specs:
        if spec.skip:
            bound.append(Bound(dataset, spec, None))
        elif spec.kind not in CHECKS:
            near = did_you_mean(spec.kind, CHECKS.kinds)
            problems.append(Problem(spec.where, f"unknown check {spec.kind!r}.{near}"))
        else:
            try:
                check = convert(CHECKS[spec.kind], spec.options, spec.kind, spec.where_of)
                bound.append(Bound(dataset, spec, check))
            except ConfigurationError as error:
                problems.extend(error.problems)
    if problems:
        raise ConfigurationError(problems)
    return tuple(bound)


def make_plan(
    bound: Iterable[Bound],
    facts: Mapping[str, TableFacts],
    slices: Mapping[str, tuple[Slice, ...]],
    as_of: datetime,
    *,
    by: Mapping[str, tuple[str, ...]] | None = None,
    broken: Mapping[tuple[str, tuple[str, ...]], str] | None = None,
    skips: Mapping[str, str] | None = None,
) -> Plan:
    """One entry per check, expanded by the tables' schemas, with the slices it is judged on.

    `slices` are those of each dataset, `by` its slice columns, `broken` the promised columns
    that are missing or retyped with the sentence that says so, `skips` the reasons by check id
    or kind.
    """
    by, broken, skips = by or {}, broken or {}, skips or {}
    contexts = {
        name: Context(table=known, as_of=as_of, by=by.get(name, ()), tables=facts)
        for name, known in facts.items()
    }
    entries: list[Entry] = []
    for one in bound:
        spec, context = one.spec, contexts[one.dataset]
        where = slices.get(one.dataset, (WHOLE,))
        parts = one.check.expand(context) if one.check is not None else {"": None}
        for suffix, check in parts.items():
            id_ = f"{spec.id}.{suffix}" if suffix else spec.id
            skip = spec.skip or skips.get(id_) or skips.get(spec.id) or skips.get(spec.kind, "")
            blocked = _blocked(check, context, broken) if check and not skip else ""
            entries.append(
                Entry(id_, one.dataset, check, spec.kind, spec.severity, where, skip, blocked)
            )
    _refuse_twins(entries)
    return Plan(tuple(entries), facts, by, as_of, contexts)


def new_needs(
    plan: Plan, seen: Mapping[str, Profile], asked: Mapping[str, frozenset[Need[Any]]]
) -> Mapping[str, frozenset[Need[Any]]]:
    """What each entry needs beyond what it `asked` for already, by entry id."""
    wanted: dict[str, frozenset[Need[Any]]] = {}
    for entry in plan.entries:
        if entry.check is None or not entry.runs:
            continue
        context = replace(plan.context(entry), seen=seen.get(entry.id, Profile()))
        more = frozenset(entry.check.needs(context)) - asked.get(entry.id, frozenset())
        if more:
            wanted[entry.id] = more
    return wanted


def _blocked(
    check: Check, context: Context, broken: Mapping[tuple[str, tuple[str, ...]], str]
) -> str:
    for table, column in sorted(check.requires(context)):
        for depth in range(1, len(column) + 1):
            if (table, column[:depth]) in broken:
                return broken[table, column[:depth]]
        facts = context.tables.get(table)
        if facts is None:
            return f"table {table} is not part of this audit"
        if facts.schema.at(column) is None:
            return f"column {'.'.join(column)} of {table} is missing"
    return ""


def _refuse_twins(entries: Iterable[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise ConfigurationError(f"two checks have the id {entry.id!r}; name one of them")
        seen.add(entry.id)
