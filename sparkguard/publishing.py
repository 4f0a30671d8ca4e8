"""Publishing a contract file with what its table can prove."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.contracts.compatibility.comparison import compare_all
from sparkguard.contracts.compatibility.evidence import Override, Proof, predicate_of
from sparkguard.contracts.compatibility.grades import Answer, Change, Discharge, Party
from sparkguard.contracts.compatibility.reduction import shape_of
from sparkguard.contracts.compatibility.rules import spec_behind
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.contracts.odcs import parse_contract, read_file
from sparkguard.deltalog import live_contracts
from sparkguard.gate.audit import audit_rows
from sparkguard.ports import Clock, SystemClock
from sparkguard.registry.publication import Publication
from sparkguard.results.registry import Registry, request_of
from sparkguard.results.registry_rows import Published
from sparkguard.session import open_session
from sparkguard.snapshot import Snapshot
from sparkguard.tables import TableRef
from sparkguard.values import any_missing
from sparkguard.verdicts import Outcome

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def publish_file(
    file: str | Path,
    registry: Registry,
    by: str,
    *,
    supersedes: str = "",
    ends: date | None = None,
    acknowledged: str = "",
    overrides: tuple[Override, ...] = (),
    table: TableRef | str | None = None,
    clock: Clock | None = None,
) -> Published:
    """Publish the contract in `file`, or return the decision that blocks it.

    With a `table`, versions without live files no longer count, and doubts about stored rows are
    settled by a full scan of its present version, whose proofs are stored.
    """
    document = read_file(file).decode("utf-8-sig")
    contract = parse_contract(document, str(file))
    known = registry.publications(contract.id)
    live: frozenset[str] | None = None
    proofs: tuple[Proof, ...] = ()
    mapped = False
    if table is not None and known:
        ref = TableRef.of(table)
        spark = open_session()
        snapshot = Snapshot.pin(spark, {"table": ref})
        mapping = snapshot["table"].properties.get("delta.columnMapping.mode", "none")
        mapped = mapping != "none"
        live = live_contracts(spark, ref)
        proofs = prove(spark, contract, known, ref, mapped, (clock or SystemClock()))
    request = request_of(
        contract,
        supersedes=supersedes,
        ends=ends,
        acknowledged=acknowledged,
        overrides=overrides,
        proofs=proofs,
        live=live,
        column_mapping=mapped,
    )
    return registry.publish(contract, document, by, request, known)


def prove(
    spark: SparkSession,
    contract: Contract,
    known: Sequence[Publication],
    ref: TableRef,
    column_mapping: bool,
    clock: Clock,
) -> tuple[Proof, ...]:
    """Proofs that rows stored now satisfy what the new version asks of them.

    One audit of the table's present version judges every new rule; what is only a missing value
    is counted directly. Nothing is sampled.
    """
    diffs = compare_all([p.shape for p in known], shape_of(contract), column_mapping=column_mapping)
    doubts = {
        predicate_of(change): change
        for found in diffs
        for change in found.changes
        if change.discharge is Discharge.SCAN
        and change.grade.toward(Party.HISTORY) is not Answer.NO
    }
    tables = {change.table for change in doubts.values()}
    if not doubts or len(tables) != 1:
        return ()
    promise = contract.table(tables.pop())
    if promise is None:
        return ()
    snapshot = Snapshot.pin(spark, {promise.name: ref})
    pinned = snapshot[promise.name]
    audited = audit_rows(spark, promise, ref, pinned.version, {}, clock.now())
    clean = {v.check for v in audited.verdicts if v.outcome is Outcome.PASS}
    proofs = []
    for predicate, change in doubts.items():
        violations = _violations(change, promise, clean, snapshot)
        if violations is not None:
            proofs.append(
                Proof(
                    pinned.table_id,
                    pinned.version,
                    predicate,
                    audited.rows,
                    audited.rows,
                    violations,
                )
            )
    return tuple(proofs)


def _violations(
    change: Change, promise: TableContract, clean: set[str], snapshot: Snapshot
) -> int | None:
    """Stored rows that break the new rule; None when the audit did not judge exactly that."""
    if change.rule.endswith("required"):
        missing = any_missing(change.path)
        counted = snapshot.frame(promise.name).selectExpr(
            sql.alias(sql.count_if(missing), "missing").text
        )
        return int(counted.collect()[0]["missing"])
    spec = spec_behind(change, promise)
    return 0 if spec is not None and spec.id in clean else None
