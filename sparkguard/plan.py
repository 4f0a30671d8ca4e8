"""What a run will judge and read, fixed before the first query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sparkguard.bound_rules import Bound
from sparkguard.checks.base import Check, Context, TableFacts
from sparkguard.errors import ConfigurationError, EvaluationError, Problem, did_you_mean, listed
from sparkguard.kinds import canonical, fingerprint
from sparkguard.layout import Scan, lay_out
from sparkguard.profile import Need, Scanned
from sparkguard.slices import WHOLE, Slice
from sparkguard.sql import unnameable
from sparkguard.verdicts import Severity

Needs = tuple[Need[Any], ...]


@dataclass(frozen=True)
class Entry:
    """One planned check: it yields exactly one verdict for each of `slices`.

    `rule` is the id of the rule that it comes from, which may stand for several checks. `skip` is
    the reason for which policy switched it off; `blocked` names a promised column that is not as
    promised, so that the check can't be judged; `failed` says which table or column can't be
    read.
    """

    id: str
    dataset: str
    check: Check | None
    kind: str
    severity: Severity
    slices: tuple[Slice, ...] = (WHOLE,)
    skip: str = ""
    blocked: str = ""
    failed: str = ""
    rule: str = ""

    @property
    def active(self) -> Check | None:
        """The check, if it is to be run."""
        return None if self.skip or self.blocked or self.failed else self.check

    @property
    def wants_baseline(self) -> bool:
        return self.active is not None and self.active.wants_baseline

    @property
    def fingerprint(self) -> str:
        """Changes when the rule does: SHA-256 of kind, options and severity."""
        return fingerprint((self.kind, self.check, self.severity))


@dataclass(frozen=True)
class Plan:
    """All entries, and what is known of the tables before any row is read.

    `by` holds the slice columns of each dataset, `contexts` what its checks may look at.
    `rows` are the snapshot's row counts by dataset and slice; those of the datasets in
    `rows_proven` come from Delta's statistics and not from a scan. `unreadable` names the tables
    that can't be read, with the reason.
    """

    entries: tuple[Entry, ...]
    facts: Mapping[str, TableFacts]
    by: Mapping[str, tuple[str, ...]]
    as_of: datetime
    contexts: Mapping[str, Context] = field(default_factory=dict)
    rows: Mapping[tuple[str, Slice], int] = field(default_factory=dict)
    rows_proven: frozenset[str] = frozenset()
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def planned(self) -> int:
        """Verdicts that the run owes."""
        return sum(len(entry.slices) for entry in self.entries)

    def context(self, entry: Entry) -> Context:
        judges_slices = any(not where.is_whole for where in entry.slices)
        return replace(self.contexts[entry.dataset], judges_slices=judges_slices)

    def to_dict(self) -> Mapping[str, Any]:
        """Plain data for JSON: every entry with its slices, and the first step's scans."""
        return {
            "planned": self.planned,
            "checks": [
                {
                    "id": entry.id,
                    "kind": entry.kind,
                    "dataset": entry.dataset,
                    "slices": [slice_.key for slice_ in entry.slices],
                    "skip": entry.skip,
                    "blocked": entry.blocked or entry.failed,
                }
                for entry in self.entries
            ],
            "scans": [
                {
                    "relation": canonical(scan.relation),
                    "by": list(scan.by),
                    "chunks": [sorted(chunk.columns) for chunk in scan.chunks],
                }
                for scan in self.first_scans()
            ],
        }

    def first_scans(self) -> tuple[Scan, ...]:
        """The scans of the first step, for the printed budget."""
        wanted, _ = new_needs(self, Scanned(), {})
        return lay_out((need for needs in wanted.values() for need in needs), self.by)


@dataclass(frozen=True)
class Situation:
    """What pinning the tables brought, by dataset.

    `facts` of readable tables, `unreadable` ones with the reason; `by` the slice columns and
    `slices` those to judge; `rows` the row counts by dataset and slice, `rows_proven` the
    datasets whose counts Delta's statistics gave; `broken` the promised columns that are missing
    or retyped, with the sentence that says so.
    """

    facts: Mapping[str, TableFacts]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    slices: Mapping[str, tuple[Slice, ...]] = field(default_factory=dict)
    rows: Mapping[tuple[str, Slice], int] = field(default_factory=dict)
    rows_proven: frozenset[str] = frozenset()
    broken: Mapping[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)


def make_plan(
    bound: Iterable[Bound],
    found: Situation,
    as_of: datetime,
    skips: Mapping[str, str] | None = None,
) -> Plan:
    """One entry per check, expanded by the tables' schemas, with the slices it is judged on.

    `skips` are the audit's reasons by the id of a rule or of one of its checks.
    Raises ConfigurationError when two checks have one id, for a skipped check that its rule
    does not expand to, and for options that don't fit the audit's slices.
    """
    bound = tuple(bound)
    contexts = {
        name: Context(table=known, as_of=as_of, by=found.by.get(name, ()), tables=found.facts)
        for name, known in found.facts.items()
    }
    _refuse_options((one for one in bound if one.spec.id not in (skips or {})), contexts)
    entries = [
        entry
        for one in bound
        for entry in _entries(one, found, contexts.get(one.dataset), skips or {})
    ]
    _refuse_twins(entries)
    _refuse_unknown(skips or {}, entries, found)
    return Plan(
        tuple(entries),
        found.facts,
        found.by,
        as_of,
        contexts,
        found.rows,
        found.rows_proven,
        found.unreadable,
    )


def _entries(
    one: Bound, found: Situation, context: Context | None, skips: Mapping[str, str]
) -> Iterable[Entry]:
    spec = one.spec
    expanded = context is not None and one.check is not None
    parts = one.check.expand(context) if expanded else {"": one.check}  # type: ignore
    slices = found.slices.get(one.dataset, (WHOLE,))
    for suffix, check in parts.items():
        id_ = f"{spec.id}.{suffix}" if suffix else spec.id
        skip = spec.skip or skips.get(id_) or skips.get(spec.id, "")
        if check is not None and check.whole_only and WHOLE not in slices:
            skip = skip or "it is judged on the whole table, and this run looks at one slice"
        failed = found.unreadable.get(one.dataset, "")
        blocked = ""
        if check is not None and context is not None and not skip:
            failed = _unreadable(check, context, found) or _unnameable(check, context)
            blocked = "" if failed else _blocked(check, context, found)
        yield Entry(
            id=id_,
            dataset=one.dataset,
            check=check,
            kind=spec.kind,
            severity=spec.severity,
            slices=(WHOLE,) if check is None or check.whole_only else slices,
            skip=skip,
            blocked=blocked,
            failed=failed,
            rule=spec.id,
        )


def new_needs(
    plan: Plan, scanned: Scanned, asked: Mapping[str, Needs]
) -> tuple[Mapping[str, Needs], Mapping[str, str]]:
    """What each entry needs beyond what it `asked` for, and the entries that could not say.

    Both are by entry id. An entry of which a need failed asks for no more. Raises
    ConfigurationError with every rule that can't be applied to these tables at all.
    """
    wanted: dict[str, Needs] = {}
    crashed: dict[str, str] = {}
    refused: list[str] = []
    for entry in plan.entries:
        before = asked.get(entry.id, ())
        if entry.active is None or not scanned.failures.keys().isdisjoint(before):
            continue
        context = replace(plan.context(entry), seen=scanned.profile.restricted(before))
        try:
            needs = dict.fromkeys(entry.active.needs(context))
        except ConfigurationError as error:
            refused.append(f"{entry.id}: {error}")
            continue
        except EvaluationError as error:
            crashed[entry.id] = str(error)
            continue
        except Exception as error:
            crashed[entry.id] = f"the check could not say what it needs: {type(error).__name__}"
            continue
        if more := tuple(need for need in needs if need not in before):
            wanted[entry.id] = more
    if refused:
        raise ConfigurationError("\n".join(refused))
    return wanted, crashed


def _unreadable(check: Check, context: Context, found: Situation) -> str:
    for table, _ in sorted(check.requires(context)):
        if table in found.unreadable:
            return found.unreadable[table]
    return ""


def _unnameable(check: Check, context: Context) -> str:
    for table, column in sorted(check.requires(context)):
        if reason := next(filter(None, map(unnameable, column)), ""):
            return f"column {'.'.join(column)} of {table}: {reason}"
    return ""


def _blocked(check: Check, context: Context, found: Situation) -> str:
    for table, column in sorted(check.requires(context)):
        for depth in range(1, len(column) + 1):
            if (table, column[:depth]) in found.broken:
                return found.broken[table, column[:depth]]
        facts = context.tables.get(table)
        if facts is None:
            return f"table {table} is not part of this audit"
        if facts.schema.at(column) is None:
            return f"column {'.'.join(column)} of {table} is missing"
    return ""


def _refuse_options(bound: Iterable[Bound], contexts: Mapping[str, Context]) -> None:
    problems = [
        Problem(one.spec.where_of(option), f"{one.spec.kind}: {reason}")
        for one in bound
        if one.check is not None and one.dataset in contexts
        for option, reason in one.check.refused(contexts[one.dataset]).items()
    ]
    if problems:
        raise ConfigurationError(problems)


def _refuse_twins(entries: Iterable[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise ConfigurationError(f"two checks have the id {entry.id!r}; name one of them")
        seen.add(entry.id)


def _refuse_unknown(skips: Mapping[str, str], entries: Sequence[Entry], found: Situation) -> None:
    known = {entry.id for entry in entries} | {entry.rule for entry in entries}
    for name in skips.keys() - known:
        near = [entry for entry in entries if name.startswith(f"{entry.rule}.")]
        # What a rule expands to is known with its table's columns only.
        if near and not any(entry.dataset in found.unreadable for entry in near):
            ids = [entry.id for entry in near]
            said = f"skip: no check is called {name!r}; the rule has {listed(ids)}"
            raise ConfigurationError(f"{said}.{did_you_mean(name, ids)}")
