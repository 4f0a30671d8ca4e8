"""The guarded write: rows are evaluated once into a staging table, audited there, and appended."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.conditions import broken_constraint, condition_of
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.errors import EvaluationError, SparkGuardError
from sparkguard.gate.audit import Audited, audit_rows, numbered_columns
from sparkguard.gate.objections import Objection, Weighed, weigh
from sparkguard.gate.outcome import REASONS, GateOptions, GateResult
from sparkguard.gate.prediction import Effect
from sparkguard.kinds import fingerprint
from sparkguard.ports import Clock
from sparkguard.sink import detail, discard, exists, stage, write_once
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession


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

    def run(self, frame: DataFrame, result: GateResult) -> GateResult:
        """Stages, audits and writes.

        Raises EvaluationError when Spark fails or rows can't be accounted for.

        A write that was given a `write_id` and fails half-way leaves its staging table, so that
        its repetition goes on with the same rows.
        """
        staging = self._staging()
        try:
            done = self._judge(staging, stage(frame, staging), result)
        except BaseException as error:
            if self.options.write_id is None:
                with suppress(Exception):  # what stopped the write is what has to be known
                    self._discard(staging)
            if isinstance(error, SparkGuardError) or not isinstance(error, Exception):
                raise
            condition = condition_of(error)
            message = f"the write to {self.target} stopped with {condition}"
            raise EvaluationError(message, condition) from error
        try:
            self._discard(staging)
        except Exception as error:
            # The rows are where they belong: a failure here would have them written once more.
            text = f"its staging table {staging} could not be removed ({condition_of(error)})"
            done = done.with_warning(Effect("left_over", (), text))
        return done

    def _discard(self, staging: TableRef) -> None:
        if self.options.quarantine is not None and exists(
            self.spark, kept := self._staging("kept")
        ):
            discard(self.spark, kept)
        discard(self.spark, staging)

    def _staging(self, role: str = "") -> TableRef:
        """A table of this write's own, beside the target or in the folder that was given.

        The same write_id may name writes to several targets, so its name tells these apart too.
        """
        readable = re.sub(r"\W+", "_", self.write_id, flags=re.ASCII)[:24]
        name = f"{readable}_{fingerprint((str(self.target), self.write_id))[:16]}{role}"
        if self.options.staging is not None:
            return TableRef(path=f"{self.options.staging.rstrip('/')}/{name}")
        if self.target.path is not None:
            return TableRef(path=f"{self.target.path.rstrip('/')}.staging-{name}")
        *around, last = self.target.parts
        parts = (*around, f"{last[:40]}__staging_{name}")
        return TableRef(name=".".join(sql.name(part).text for part in parts))

    def _judge(self, staging: TableRef, version: int, result: GateResult) -> GateResult:
        audited, weighed = self._audit(staging, version, result)
        result = replace(result.with_audit(weighed, audited.rows), staged_version=version)
        if weighed.clean:
            return self._written(audited, result)
        breaks = self._separable(audited, weighed)
        if breaks is None:
            return replace(result, rows_written=0)
        return self._without_bad_rows(audited, breaks, result)

    def _audit(
        self, staging: TableRef, version: int, result: GateResult
    ) -> tuple[Audited, Weighed]:
        audited = audit_rows(
            self.spark,
            self.promise,
            staging,
            version,
            self.options.parents,
            self.clock.now(),
            numbered=numbered_columns(result.warnings),
        )
        return audited, weigh(audited.verdicts, emptying=self.options.empties(audited.rows))

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

    def _without_bad_rows(
        self, audited: Audited, breaks: Mapping[str, sql.Sql], result: GateResult
    ) -> GateResult:
        """Writes the other rows, if they pass by themselves: shares change as rows are left out."""
        bad = sql.is_true(sql.any_of(breaks.values()))
        good = audited.frame.where(sql.template("NOT {}", bad).text)
        kept = self._staging("kept")
        judged, weighed = self._audit(kept, stage(good, kept), result)
        if not weighed.clean:
            return replace(result.with_audit(weighed, audited.rows), rows_written=0)
        apart = audited.frame.where(bad.text)
        quarantined = apart.count()
        if quarantined + judged.rows != audited.rows:
            raise EvaluationError("the staged rows could not be read completely")
        if quarantined and self.options.quarantine is not None:
            app_id = self._quarantining(judged.rows, result.staged_version)
            if app_id is not None:
                write_once(
                    self._explained(apart, breaks),
                    TableRef.of(self.options.quarantine),
                    app_id,
                    merge_schema=True,
                    any_names=True,
                )
        return self._written(judged, replace(result, rows_quarantined=quarantined))

    def _quarantining(self, good: int, staged_version: int | None) -> str | None:
        """The transaction that quarantines the bad rows; None where the write was done before.

        It comes before that of the good ones, which the target may refuse. What is staged anew
        after that are other rows, and those of before stay where they are.
        """
        # Writes to several targets may have one write_id, and one table for bad rows.
        app_id = f"{self._app_id}/quarantine/{fingerprint(str(self.target))[:16]}"
        if self.options.write_id is None or not self._takes(good):
            return app_id
        if exists(self.spark, self.target) and self._found():
            return None
        staged = detail(self.spark, self._staging())
        return f"{app_id}/{fingerprint((staged and staged['id'], staged_version))[:16]}"

    def _takes(self, rows: int) -> bool:
        """Whether the target gets a commit for that many good rows."""
        return bool(rows) or self.options.mode == "overwrite"

    def _written(self, audited: Audited, result: GateResult) -> GateResult:
        version = None
        if self._takes(audited.rows):
            try:
                write_once(
                    audited.frame,
                    self.target,
                    self._app_id,
                    mode=self.options.mode,
                    merge_schema=self.options.merge_schema,
                    overwrite_schema=self.options.overwrite_schema,
                    metadata=self._metadata(),
                    partitioned_by=self.promise.partitioned_by,
                )
            except Exception as error:
                if not (broken := broken_constraint(error)):
                    raise
                text = f"rows break {broken}, which the table demands beside the contract"
                refusal = (*result.objections, Objection((), text))
                return replace(result, accepted=False, objections=refusal, rows_written=0)
            try:
                version = self._committed(audited.rows)
            except Exception as error:
                if self.options.write_id is not None or isinstance(error, EvaluationError):
                    raise
                text = f"the write is done, and its version is unknown ({condition_of(error)})"
                result = result.with_warning(Effect("unconfirmed", (), text))
        return replace(
            result,
            accepted=True,
            rows_written=audited.rows,
            rows_quarantined=result.rows_quarantined or 0,
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

    def _metadata(self) -> str:
        facts = {
            "contract": self.contract.id,
            "version": self.contract.version,
            "hash": self.contract.source_hash,
            "write_id": self.write_id,
        }
        return json.dumps({"sparkguard": facts})

    def _committed(self, expected: int) -> int:
        """The target's version that holds our rows; EvaluationError when it holds others."""
        found = self._found()
        if not found:
            raise EvaluationError(f"the write to {self.target} left no commit in its history")
        version, rows = found[0]
        if rows is not None and int(rows) != expected:
            raise EvaluationError(
                f"{self.target} took {rows} rows in version {version}, {expected} were staged"
            )
        return int(version)

    def _found(self) -> list[Row]:
        return self._commits(" LIMIT 20") or self._commits("")

    def _commits(self, newest: str) -> list[Row]:
        """Our commit among the newest, or all, of the target: version and rows."""
        history = sql.template("DESCRIBE HISTORY {}" + newest, self.target.sql)
        ours = sql.template(
            "get_json_object(userMetadata, '$.sparkguard.write_id') = {}",
            sql.literal(self.write_id),
        )
        commits = self.spark.sql(history.text).where(ours.text)
        rows = "operationMetrics['numOutputRows'] AS rows"
        return commits.selectExpr("version", rows).orderBy("version").limit(1).collect()
