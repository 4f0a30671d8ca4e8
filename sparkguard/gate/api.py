"""What a job calls: say what a write would do, judge a table, or write through the gate."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sparkguard.conditions import condition_of
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.contracts.odcs import load_contract
from sparkguard.datatypes import Struct, from_json
from sparkguard.errors import ConfigurationError, SparkGuardError, listed
from sparkguard.gate.audit import audit_rows, numbered_columns, unjudgeable
from sparkguard.gate.guarded_write import GuardedWrite
from sparkguard.gate.objections import objections, warnings, weigh
from sparkguard.gate.outcome import GateOptions, GateResult, Refused
from sparkguard.gate.prediction import Effect, WriteOptions, predict
from sparkguard.gate.stored import stored_state
from sparkguard.ports import Clock, Ids, RandomIds, SystemClock
from sparkguard.results.registry import Registry
from sparkguard.results.registry_rows import GateRow
from sparkguard.session import open_session
from sparkguard.snapshot import Snapshot
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def check(
    frame: DataFrame,
    contract: Contract | str | Path,
    target: TableRef | str,
    options: GateOptions | None = None,
) -> GateResult:
    """What writing `frame` to `target` would do, from its schema alone; computes no row."""
    options, promise, contract, ref = _opened(contract, target, options)
    return _foreseen(frame.sparkSession, _struct(frame), contract, promise, ref, options)


def audit_table(
    source: TableRef | str,
    contract: Contract | str | Path,
    target: TableRef | str | None = None,
    options: GateOptions | None = None,
    *,
    spark: SparkSession | None = None,
    clock: Clock | None = None,
) -> GateResult:
    """Judges a Delta table as if its rows were to be written; writes nothing.

    Without a target the table itself is one, so that its own schema is held to the contract.
    """
    ref = TableRef.of(source)
    options, promise, contract, goal = _opened(contract, target or ref, options)
    session = open_session(existing=spark)
    snapshot = Snapshot.pin(session, {"input": ref})
    pinned = snapshot["input"]
    result = _foreseen(session, pinned.schema, contract, promise, goal, options)
    if not result.accepted:
        return result
    now = (clock or SystemClock()).now()
    tables = options.parents
    left = numbered_columns(result.warnings)
    audited = audit_rows(session, promise, ref, pinned.version, tables, now, numbered=left)
    weighed = weigh(audited.verdicts, emptying=options.empties(audited.rows))
    return result.with_audit(weighed, audited.rows)


def write(
    frame: DataFrame,
    contract: Contract | str | Path,
    target: TableRef | str,
    options: GateOptions | None = None,
    *,
    registry: Registry | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
) -> GateResult:
    """Writes `frame` to `target` if all of it keeps the contract; raises Refused otherwise.

    The DataFrame is evaluated once, into a staging table; that version is audited and written.
    With `options.quarantine`, rows that break rules go there instead, and rows written plus rows
    quarantined are the rows staged. The same `write_id` writes once, however often it is
    repeated. With a registry the contract has to be published there, and the write is recorded.

    A failure to look the commit up or to record it is raised where a `write_id` was given, so that
    the write is repeated; without one that would write the rows once more, and it is a warning.
    """
    options, promise, contract, ref = _opened(contract, target, options)
    if registry is not None:
        _require_published(registry, contract)
    spark = frame.sparkSession
    write_id = options.write_id or (ids or RandomIds()).new()
    result = _foreseen(spark, _struct(frame), contract, promise, ref, options)
    result = replace(result, write_id=write_id)
    if result.accepted:
        job = GuardedWrite(spark, contract, promise, ref, options, write_id, clock or SystemClock())
        result = job.run(frame, result)
    if registry is not None:
        result = _recorded(registry, contract, result, repeatable=options.write_id is not None)
    if not result.accepted:
        raise Refused(result)
    return result


def rows_of(spark: SparkSession, source: TableRef | str) -> DataFrame:
    """The rows of a Delta table at its present version, for `write`."""
    return Snapshot.pin(spark, {"input": TableRef.of(source)}).frame("input")


def _opened(
    contract: Contract | str | Path, target: TableRef | str, options: GateOptions | None
) -> tuple[GateOptions, TableContract, Contract, TableRef]:
    options = options or GateOptions()
    contract = contract if isinstance(contract, Contract) else load_contract(contract)
    names = [table.name for table in contract.tables]
    if options.table is None and len(names) != 1:
        raise ConfigurationError(
            f"contract {contract.id!r} has the tables {listed(names)}; say which with --table"
        )
    promise = contract.table(options.table or names[0])
    if promise is None:
        raise ConfigurationError(
            f"contract {contract.id!r} has no table {options.table!r}; it has {listed(names)}"
        )
    if options.quarantine is not None and not promise.quarantine:
        raise ConfigurationError(
            f"contract {contract.id!r} does not allow rows of {promise.name} to be quarantined; "
            "a custom property of the table, sparkguard.quarantine: allowed, would"
        )
    return options, promise, contract, TableRef.of(target)


def _struct(frame: DataFrame) -> Struct:
    return from_json(json.loads(frame.schema.json()))


def _foreseen(
    spark: SparkSession,
    arriving: Struct,
    contract: Contract,
    promise: TableContract,
    target: TableRef,
    options: GateOptions,
) -> GateResult:
    """What the schemas alone tell: what Delta would do, and what of it the contract forbids."""
    writes = WriteOptions(
        options.mode, options.merge_schema, options.overwrite_schema, promise.partitioned_by
    )
    prediction = predict(arriving, stored_state(spark, target, arriving.names), writes)
    found = objections(arriving, prediction, promise, fill_missing=options.fill_missing)
    silent = warnings(prediction)
    found += unjudgeable(arriving, promise, options.parents, numbered_columns(silent), found)
    return GateResult(contract.id, contract.version, str(target), not found, found, silent)


def _require_published(registry: Registry, contract: Contract) -> None:
    registry.check()
    published = {p.hash: p for p in registry.publications(contract.id)}
    if contract.source_hash not in published:
        raise ConfigurationError(
            f"contract {contract.id} {contract.version} is not published in this form; "
            "publish it with `sparkguard contract publish`"
        )


def _recorded(
    registry: Registry, contract: Contract, result: GateResult, *, repeatable: bool
) -> GateResult:
    try:
        registry.record(_entry(contract, result))
    except Exception as error:
        if repeatable or not (result.rows_written or result.rows_quarantined):
            raise
        why = error if isinstance(error, SparkGuardError) else condition_of(error)
        text = f"the write is done, and is not recorded in the registry: {why}"
        return result.with_warning(Effect("unrecorded", (), text))
    return result


def _entry(contract: Contract, result: GateResult) -> GateRow:
    staged = result.rows_staged
    kept = (result.rows_written or 0) + (result.rows_quarantined or 0)
    return GateRow(
        gate_id=result.write_id,
        state="accepted" if result.accepted else "refused",
        contract_id=contract.id,
        contract_version=contract.version,
        contract_hash=contract.source_hash,
        target=result.target,
        staged_version=result.staged_version,
        target_version=result.target_version,
        rows_staged=staged,
        rows_written=result.rows_written,
        rows_quarantined=result.rows_quarantined,
        rows_refused=None if staged is None else staged - kept,
        reason="; ".join(result.reasons)[:2_000],
    )
