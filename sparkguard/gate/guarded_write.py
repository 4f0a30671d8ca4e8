"""The guarded write: rows are evaluated once into a staging table, audited there, and appended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.conditions import is_absent
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.datatypes import from_json
from sparkguard.errors import EvaluationError
from sparkguard.gate.audit import Audited, audit_rows
from sparkguard.gate.objections import Weighed, weigh
from sparkguard.gate.outcome import REASONS, GateOptions, GateResult
from sparkguard.gate.prediction import TableState
from sparkguard.ports import Clock
from sparkguard.sink import append_once, discard
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class GuardedWrite:
    """One write of a DataFrame to `target`, named by `write_id` so that it can be repeated."""

    spark: SparkSession
    contract: Contract
    promise: TableContract
    target: TableRef
    options: GateOptions
    write_id: str
    clock: Clock

    def run(self, frame: DataFrame, result: GateResult) -> tuple[GateResult, int]:
        staging = _beside(self.target, self.write_id)
        if self.options.staging is not None:
            staging = TableRef(path=f"{self.options.staging.rstrip('/')}/{self.write_id}")
        append_once(frame, staging, f"{self._app_id}/staging", any_names=True)
        audited = audit_rows(
            self.spark, self.promise, staging, 0, self.options.tables, self.clock.now()
        )
        weighed = weigh(audited.verdicts)
        result = replace(
            result,
            failed=(*weighed.failed, *weighed.unable),
            unjudged=weighed.unjudged,
            rows_staged=audited.rows,
        )
        breaks = self._separable(audited, weighed)
        if weighed.clean or breaks is not None:
            result = self._let_through(audited, breaks or {}, result)
        else:
            result = replace(result, accepted=False, rows_written=0)
        discard(self.spark, staging)
        return result, 0

    @property
    def _app_id(self) -> str:
        return f"sparkguard/gate/{self.write_id}"

    def _separable(self, audited: Audited, weighed: Weighed) -> Mapping[str, sql.Sql] | None:
        """Conditions on the bad rows by rule, None when they can't be told from the good."""
        if self.options.quarantine is None or weighed.unable or not weighed.failed:
            return None
        conditions = {v.check: audited.breaks(v.check) for v in weighed.failed}
        found = {name: c for name, c in conditions.items() if c is not None}
        return found if len(found) == len(conditions) else None

    def _let_through(
        self, audited: Audited, breaks: Mapping[str, sql.Sql], result: GateResult
    ) -> GateResult:
        staged = audited.frame
        bad = sql.is_true(sql.any_of(breaks.values()))
        quarantined = 0
        if breaks:
            counted = staged.selectExpr(
                sql.alias(sql.count_if(bad), "bad").text, "count(1) AS every"
            ).collect()[0]
            quarantined = int(counted["bad"])
            if counted["every"] != audited.rows:
                raise EvaluationError("the staged rows could not be read completely")
        good = staged.where(sql.template("NOT {}", bad).text) if breaks else staged
        if quarantined:
            assert self.options.quarantine is not None
            append_once(
                self._explained(staged.where(bad.text), breaks),
                self.options.quarantine,
                f"{self._app_id}/quarantine",
                merge_schema=True,
                any_names=stored_state(self.spark, self.options.quarantine) is None,
            )
        written = audited.rows - quarantined
        version = None
        if written:
            append_once(
                good,
                self.target,
                self._app_id,
                merge_schema=self.options.merge_schema,
                metadata=self._metadata(),
                partitioned_by=self._partitioning(),
            )
            version = self._committed(written)
        return replace(
            result,
            accepted=True,
            rows_written=written,
            rows_quarantined=quarantined,
            target_version=version,
        )

    def _explained(self, rows: DataFrame, breaks: Mapping[str, sql.Sql]) -> DataFrame:
        cases = [
            sql.template("CASE WHEN {} THEN {} END", sql.is_true(c), sql.literal(name))
            for name, c in breaks.items()
        ]
        reasons = sql.template("filter(array({}), x -> x IS NOT NULL)", sql.joined(", ", cases))
        stamps = {
            "sparkguard_write_id": self.write_id,
            "sparkguard_contract": f"{self.contract.id} {self.contract.version}",
            "sparkguard_target": str(self.target),
        }
        return rows.selectExpr(
            "*",
            sql.alias(reasons, REASONS).text,
            *(sql.alias(sql.literal(value), name).text for name, value in stamps.items()),
        )

    def _partitioning(self) -> tuple[str, ...]:
        """Partition columns for a table that does not exist yet; Delta knows those of others."""
        known = stored_state(self.spark, self.target)
        return self.promise.partitioned_by if known is None else ()

    def _metadata(self) -> str:
        facts = {
            "contract": self.contract.id,
            "version": self.contract.version,
            "hash": self.contract.source_hash,
            "write_id": self.write_id,
        }
        return json.dumps({"sparkguard": facts})

    def _committed(self, expected: int) -> int | None:
        """The target's version that holds our rows; EvaluationError when it holds others."""
        text = sql.template("DESCRIBE HISTORY {} LIMIT 50", self.target.sql).text
        for row in self.spark.sql(text).select(
            "version", "userMetadata", "operationMetrics"
        ).collect():  # fmt: skip
            if self.write_id in (row["userMetadata"] or ""):
                rows = (row["operationMetrics"] or {}).get("numOutputRows")
                if rows is not None and int(rows) != expected:
                    raise EvaluationError(
                        f"{self.target} took {rows} rows in version {row['version']}, "
                        f"{expected} were staged"
                    )
                return int(row["version"])
        return None


def stored_state(spark: SparkSession, target: TableRef) -> TableState | None:
    """The target as it is stored, None when there is none."""
    try:
        detail = spark.sql(sql.template("DESCRIBE DETAIL {}", target.sql).text).collect()[0]
    except Exception as error:
        if is_absent(error):
            return None
        raise
    stored = spark.sql(sql.template("SELECT * FROM {}", target.sql).text).schema
    properties = detail["properties"] or {}
    features = set(detail["tableFeatures"] or ())
    return TableState(
        from_json(json.loads(stored.json())),
        type_widening=properties.get("delta.enableTypeWidening") == "true",
        column_mapping=properties.get("delta.columnMapping.mode", "none") != "none",
        timestamp_ntz="timestampNtz" in features or "timestamp_ntz" in stored.simpleString(),
        defaults=frozenset(f.name for f in stored.fields if "CURRENT_DEFAULT" in f.metadata),
    )


def _beside(target: TableRef, write_id: str) -> TableRef:
    if target.path is not None:
        base = target.path.rstrip("/")
        return TableRef(path=f"{base}.staging-{write_id}")
    *around, last = target.parts
    parts = (*around, f"{last}__staging_{write_id.replace('-', '')}")
    return TableRef(name=".".join(sql.name(part).text for part in parts))
