"""Publishing a contract file with what its table can prove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.bound_rules import bind_contract
from sparkguard.contracts.compatibility.comparison import compare_all
from sparkguard.contracts.compatibility.evidence import Override, Proof, predicate_of
from sparkguard.contracts.compatibility.grades import Answer, Change, Discharge, Party
from sparkguard.contracts.compatibility.reduction import shape_of
from sparkguard.contracts.compatibility.rules import spec_behind
from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import parse_contract, read_file
from sparkguard.deltalog import live_contracts
from sparkguard.errors import ConfigurationError, did_you_mean, listed
from sparkguard.gate.audit import audit_rows
from sparkguard.ports import Clock, SystemClock
from sparkguard.registry.publication import Publication
from sparkguard.results.registry import Registry, request_of
from sparkguard.results.registry_rows import Published
from sparkguard.session import open_session
from sparkguard.snapshot import Snapshot
from sparkguard.sql.values import any_missing
from sparkguard.tables import TableRef
from sparkguard.verdicts import Outcome

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Settled:
    """What a contract's tables tell: versions with live files, by table, and proofs."""

    live: Mapping[str, frozenset[str]]
    proofs: tuple[Proof, ...]
    column_mapping: bool


def read_version(file: str | Path) -> tuple[Contract, str]:
    """A contract and its document. Raises ConfigurationError with every problem of the file."""
    data = read_file(file)
    contract = parse_contract(data, str(file))
    bind_contract(contract)
    return contract, data.decode("utf-8-sig")


def publish(
    contract: Contract,
    document: str,
    registry: Registry,
    by: str,
    *,
    supersedes: str = "",
    ends: date | None = None,
    acknowledged: str = "",
    overrides: tuple[Override, ...] = (),
    tables: Mapping[str, TableRef] | None = None,
    clock: Clock | None = None,
) -> Published:
    """Publish a contract version, or return the decision that blocks it.

    With `tables` of the contract, versions without live files in them no longer count, and
    doubts about their rows are settled by a full scan of their present versions, whose proofs
    are stored. The name "" stands for the only table of a contract.
    Raises ConfigurationError for a registry that is absent, older or newer than this SparkGuard.
    """
    refs = tables_of(contract, tables or {})
    registry.check()
    known = registry.publications(contract.id)
    settled = Settled({}, (), False)
    if refs and known:
        settled = settle(open_session(), contract, known, refs, clock or SystemClock())
    request = request_of(
        contract,
        supersedes=supersedes,
        ends=ends,
        acknowledged=acknowledged,
        overrides=overrides,
        proofs=settled.proofs,
        live=settled.live,
        column_mapping=settled.column_mapping,
    )
    return registry.publish(contract, document, by, request, known)


def tables_of(contract: Contract, tables: Mapping[str, TableRef]) -> dict[str, TableRef]:
    """Tables by their names in the contract. Raises ConfigurationError for one it has not."""
    names = [table.name for table in contract.tables]
    found = {}
    for name, ref in tables.items():
        own = names[0] if not name and len(names) == 1 else name
        if own not in names:
            said = f"has no table {own!r}" if own else "has several tables; use NAME=TABLE"
            near = did_you_mean(own, names)
            raise ConfigurationError(f"contract {contract.id!r} {said}: {listed(names)}.{near}")
        found[own] = ref
    return found


def settle(
    spark: SparkSession,
    contract: Contract,
    known: Sequence[Publication],
    refs: Mapping[str, TableRef],
    clock: Clock,
) -> Settled:
    """What the tables say about the versions that went before."""
    snapshot = Snapshot.pin(spark, refs)
    modes = {snapshot[name].properties.get("delta.columnMapping.mode", "none") for name in refs}
    mapped = "none" not in modes
    live = {name: live_contracts(spark, ref, contract.id) for name, ref in refs.items()}
    diffs = compare_all([p.shape for p in known], shape_of(contract), column_mapping=mapped)
    doubts = {
        predicate_of(change): change
        for found in diffs
        for change in found.changes
        if change.discharge is not Discharge.NOTHING
        and change.grade.toward(Party.HISTORY) is not Answer.NO
        and change.table in refs
    }
    proofs = [
        proof
        for name in sorted({change.table for change in doubts.values()})
        for proof in _prove(
            snapshot, contract, name, {p: c for p, c in doubts.items() if c.table == name}, clock
        )
    ]
    return Settled({n: v for n, v in live.items() if v is not None}, tuple(proofs), mapped)


def _prove(
    snapshot: Snapshot,
    contract: Contract,
    name: str,
    doubts: Mapping[str, Change],
    clock: Clock,
) -> Iterator[Proof]:
    """Proofs that the rows of a table satisfy what the new version asks of them.

    One audit of its present version judges every new rule; missing values are counted directly,
    and a column that has the new type already was rewritten. Nothing is sampled.
    """
    promise, pinned = contract.table(name), snapshot[name]
    if promise is None:
        return
    shape = shape_of(contract).table(name)
    others = {other: p.ref for other, p in snapshot.pinned.items() if other != name}
    audited = audit_rows(snapshot.spark, promise, pinned.ref, pinned.version, others, clock.now())
    clean = {v.check for v in audited.verdicts if v.outcome is Outcome.PASS}
    for predicate, change in doubts.items():
        proof = Proof(pinned.table_id, pinned.version, predicate, audited.rows, audited.rows, 0)
        stored = pinned.schema.at(change.path)
        if change.discharge is Discharge.REWRITE:
            promised = shape.schema.at(change.path) if shape is not None else None
            if stored is not None and promised is not None and stored.type == promised.type:
                yield replace(proof, rewritten=True)
        elif change.rule.endswith("required"):
            if stored is not None:
                scanned, missing = _missing(snapshot, name, change)
                yield replace(proof, scanned=scanned, violations=missing)
        elif (spec := spec_behind(change, promise)) is not None and spec.id in clean:
            yield proof


def _missing(snapshot: Snapshot, name: str, change: Change) -> tuple[int, int]:
    """Rows, and those without the value that is required now."""
    counts = snapshot.frame(name).selectExpr(
        "count(1) AS every", sql.alias(sql.count_if(any_missing(change.path)), "missing").text
    )
    row = counts.collect()[0]
    return int(row["every"]), int(row["missing"])
