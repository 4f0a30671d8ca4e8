"""Audits one pinned version of one table against its contract, for the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sparkguard.checks.base import TableFacts
from sparkguard.contracts.model import TableContract
from sparkguard.contracts.spec import CheckSpec
from sparkguard.errors import EvaluationError
from sparkguard.pipeline.judging import judge
from sparkguard.pipeline.observe import observe
from sparkguard.pipeline.situation import Restricted
from sparkguard.plan import Plan, Situation, bind, make_plan
from sparkguard.slices import WHOLE
from sparkguard.snapshot import Snapshot
from sparkguard.sql import Sql
from sparkguard.tables import TableRef
from sparkguard.verdicts import Verdict

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_OF_THE_TABLE = {
    "row_count": "it speaks of the whole table, not of the rows of one write",
    "freshness": "it speaks of the whole table, not of the rows of one write",
    "silent_drift": "it compares partitions that are stored already",
}


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
) -> Audited:
    """Judges every rule that speaks of rows, on exactly the rows of `version`."""
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
    # The gate holds the schema to the contract by itself, before any row is computed.
    rules = (rule for rule in promise.rules if rule.kind != "schema")
    bound = bind([(name, _for_rows(rule, tables)) for rule in rules])
    plan = make_plan(bound, found, now, {})
    sight = observe(plan, Restricted(snapshot, {}))
    verdicts = tuple(result.finding.verdict for result in judge(plan, sight))
    return Audited(verdicts, snapshot.frame(name), pinned.rows, plan)


def _for_rows(rule: CheckSpec, tables: Mapping[str, TableRef]) -> CheckSpec:
    """The rule, skipped where it does not speak of the rows of one write."""
    if rule.skip:
        return rule
    if rule.kind in _OF_THE_TABLE:
        return replace(rule, skip=_OF_THE_TABLE[rule.kind])
    target = str(rule.options.get("to_table", "")).rpartition("#")[2]
    if target and target not in tables:
        return replace(rule, skip=f"table {target} was not given to the gate")
    return rule
