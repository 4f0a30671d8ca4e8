"""Audits one pinned version of one table against its contract, for the gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sparkguard.bound_rules import ANY_TIME, Bound, bind
from sparkguard.checks.base import Check, Context, TableFacts
from sparkguard.checks.completeness import Completeness
from sparkguard.checks.uniqueness import Uniqueness
from sparkguard.contracts.compatibility.grades import Path
from sparkguard.contracts.model import TableContract
from sparkguard.contracts.source import frozen
from sparkguard.contracts.spec import CheckSpec
from sparkguard.datatypes import Struct
from sparkguard.errors import EvaluationError, listed
from sparkguard.gate.objections import Objection, folded, walk
from sparkguard.gate.prediction import Effect
from sparkguard.pipeline.judging import judge
from sparkguard.pipeline.observe import observe
from sparkguard.pipeline.situation import Restricted
from sparkguard.plan import Plan, Situation, make_plan
from sparkguard.slices import WHOLE
from sparkguard.snapshot import Snapshot
from sparkguard.sql import Sql
from sparkguard.tables import TableRef
from sparkguard.verdicts import Verdict

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class Audited:
    """The verdicts on a pinned version, its rows, and their number."""

    verdicts: tuple[Verdict, ...]
    frame: DataFrame
    rows: int
    plan: Plan

    def breaks(self, check_id: str) -> Sql | None:
        """A condition true for exactly the rows that break a rule, where rows do."""
        entry = next(entry for entry in self.plan.entries if entry.id == check_id)
        if entry.check is None:
            return None
        return entry.check.violates(self.plan.context(entry))


def audit_rows(
    spark: SparkSession,
    promise: TableContract,
    ref: TableRef,
    version: int,
    tables: Mapping[str, TableRef],
    now: datetime,
    *,
    numbered: frozenset[Path] = frozenset(),
) -> Audited:
    """Judges every rule that speaks of rows, on exactly the rows of `version`.

    `numbered` are columns that the rows lack, since Delta numbers them as it stores the rows.
    """
    name = promise.name
    snapshot = Snapshot.pin(spark, {**tables, name: ref}, {name: version})
    pinned = snapshot[name]
    if pinned.rows is None:
        raise EvaluationError(f"the rows of {ref} at version {version} could not be counted")
    facts = {
        dataset: TableFacts(dataset, p.schema, p.partition_columns, p.version)
        for dataset, p in snapshot.pinned.items()
    }
    facts[name] = replace(facts[name], primary_key=promise.primary_key, grain=promise.grain)
    found = Situation(
        facts=facts,
        unreadable={dataset: str(error) for dataset, error in snapshot.failures.items()},
        by={},
        slices={name: (WHOLE,)},
        rows={
            (dataset, WHOLE): p.rows for dataset, p in snapshot.pinned.items() if p.rows is not None
        },
        rows_proven=frozenset(d for d, p in snapshot.pinned.items() if p.rows_proven),
        broken={},
    )
    plan = make_plan(_bound(promise, tables, numbered), found, now, {})
    sight = observe(plan, Restricted(snapshot, {}))
    verdicts = tuple(result.finding.verdict for result in judge(plan, sight))
    return Audited(verdicts, snapshot.frame(name), pinned.rows, plan)


def numbered_columns(warnings: Iterable[Effect]) -> frozenset[Path]:
    """The columns, without case, that Delta numbers as it stores the rows."""
    return frozenset(folded(effect.path) for effect in warnings if effect.kind == "numbered")


def unjudgeable(
    arriving: Struct,
    promise: TableContract,
    tables: Mapping[str, TableRef],
    numbered: frozenset[Path],
    known: Iterable[Objection],
) -> tuple[Objection, ...]:
    """Promised columns that the rows lack though rules look at them, beside those `known`.

    Whatever Delta would fill them with is there only when the rows are stored.
    """
    name = promise.name
    there = {folded(path) for path, _ in walk(arriving)}
    said = {folded(objection.path) for objection in known}
    lacking = {
        ".".join(column.path): column.path
        for column in promise.walk()
        if folded(column.path) not in there | said
    }
    if not lacking:
        return ()
    facts = TableFacts(name, arriving, primary_key=promise.primary_key, grain=promise.grain)
    found = Situation({name: facts}, broken={(name, at): text for text, at in lacking.items()})
    plan = make_plan(_bound(promise, tables, numbered), found, ANY_TIME, {})
    blind: dict[str, list[str]] = {}
    for entry in plan.entries:
        if entry.blocked in lacking:
            blind.setdefault(entry.blocked, []).append(entry.id)
    return tuple(
        Objection(
            lacking[text],
            f"the DataFrame lacks it, so that {listed(ids)} can't be judged before the rows are "
            "stored; put it into the DataFrame",
        )
        for text, ids in blind.items()
    )


def _bound(
    promise: TableContract, tables: Mapping[str, TableRef], numbered: frozenset[Path]
) -> tuple[Bound, ...]:
    # The gate holds the schema to the contract by itself, before any row is computed.
    rules = [_at_hand(rule, tables) for rule in promise.rules if rule.kind != "schema"]
    context = Context(TableFacts(promise.name, promise.struct), ANY_TIME)
    return tuple(
        one if one.check is None else _for_rows(one, one.check, context, tables, numbered)
        for one in bind([(promise.name, rule) for rule in rules], (promise,))
    )


def _at_hand(rule: CheckSpec, tables: Mapping[str, TableRef]) -> CheckSpec:
    """The rule, with a table of another contract by the name that the gate was given."""
    file, _, name = str(rule.options.get("to_table", "")).rpartition("#")
    if not file or name not in tables:
        return rule
    return replace(rule, options=frozen({**rule.options, "to_table": name}))


def _for_rows(
    one: Bound,
    check: Check,
    context: Context,
    tables: Mapping[str, TableRef],
    numbered: frozenset[Path],
) -> Bound:
    """The rule, skipped where the rows of one write say nothing about it."""
    reason = check.beyond_a_write
    if not reason and _is_given(check, numbered):
        reason = "Delta numbers the column as it stores the rows: never NULL, and no number twice"
    if not reason and one.spec.options.get("to_table") == one.dataset:
        reason = "it refers to rows of the table itself, most of which are stored already"
    if not reason:
        absent = check.tables(context) - {one.dataset, *tables}
        reason = f"table {min(absent)} was not given to the gate" if absent else ""
    return replace(one, spec=replace(one.spec, skip=reason), check=None) if reason else one


def _is_given(check: Check, numbered: frozenset[Path]) -> bool:
    """Whether numbering alone makes the rule true."""
    match check:
        case Completeness(column=column) if check == Completeness(column):
            columns = {folded(column)}
        case Uniqueness(columns=keys):
            columns = {folded(column) for column in keys}
        case _:
            return False
    return bool(columns & numbered)
