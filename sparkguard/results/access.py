"""The only calls to Delta that the result store makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol

from sparkguard import sql
from sparkguard.conditions import condition_of, is_absent
from sparkguard.errors import StoreError
from sparkguard.ports import Clock, Ids, RandomIds, SystemClock
from sparkguard.results.retry import Retry
from sparkguard.results.schemas import Table
from sparkguard.tables import ResultsPlace, TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Writer(Protocol):
    """What changes the store; tests put one in its place that fails."""

    def append(self, frame: DataFrame, to: TableRef, app_id: str, version: int, /) -> None: ...

    def execute(self, spark: SparkSession, statement: sql.Sql, /) -> None: ...


class DeltaWriter:
    """Writes with the DataFrameWriter, the only writer that honours the transaction options."""

    def append(self, frame: DataFrame, to: TableRef, app_id: str, version: int, /) -> None:
        writer = (
            frame.write.format("delta")
            .mode("append")
            .option("txnAppId", app_id)
            .option("txnVersion", version)
        )
        if to.path is not None:
            writer.save(to.path)
        else:
            writer.saveAsTable(to.sql.text)

    def execute(self, spark: SparkSession, statement: sql.Sql, /) -> None:
        spark.sql(statement.text)


@dataclass(frozen=True)
class Access:
    """A session and the place of the tables, with failures turned into StoreError."""

    spark: SparkSession
    location: ResultsPlace
    clock: Clock
    ids: Ids
    writer: Writer
    retry: Retry
    known: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Columns of tables that were looked at: others may only add to them."""

    @property
    def init_command(self) -> str:
        """What to type for tables that are absent or old."""
        return f"`sparkguard init --results {self.location}`"

    @classmethod
    def open(
        cls,
        spark: SparkSession,
        location: ResultsPlace | str,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        writer: Writer | None = None,
        retry: Retry | None = None,
    ) -> Access:
        """The store at `location`, with the system's clock, ids and writer for those left out."""
        where = ResultsPlace.parse(location) if isinstance(location, str) else location
        clock = clock or SystemClock()
        retry = retry or Retry(clock=clock)
        return cls(spark, where, clock, ids or RandomIds(), writer or DeltaWriter(), retry)

    def columns(self, table: Table) -> Mapping[str, str] | None:
        """Types of the stored columns by name, as `bigint`; None when there is no such table.

        Raises StoreError when the table exists and can't be read.
        """
        try:
            schema = self._stored(table).schema
        except Exception as error:
            if is_absent(error):
                return None
            raise StoreError(
                f"result table {self.location.table(table.name)} can't be read: "
                f"{condition_of(error)}"
            ) from error
        found = {field.name: field.dataType.simpleString() for field in schema.fields}
        self.known[table.name] = found
        return found

    def load(self, table: Table) -> DataFrame:
        """All rows, with the columns this version knows; those not stored yet are NULL."""
        stored = self.known.get(table.name) or self.columns(table)
        if stored is None:
            raise StoreError(
                f"result table {self.location.table(table.name)} does not exist; "
                f"create it with {self.init_command}"
            )
        return self._stored(table).selectExpr(
            *(
                sql.name(column.name).text
                if column.name in stored
                else sql.template(
                    f"CAST(NULL AS {column.type}) AS {{}}", sql.name(column.name)
                ).text
                for column in table.columns
            )
        )

    def append(self, table: Table, frame: DataFrame, app_id: str, version: int = 1) -> None:
        """Stores `frame` once for the pair (`app_id`, `version`), however often it is called."""
        to = self.location.table(table.name)
        self.retry.run(lambda: self.writer.append(frame, to, app_id, version), f"appending to {to}")

    def execute(self, statement: sql.Sql, what: str) -> None:
        """Runs an idempotent statement, again where that may help."""
        self.retry.run(lambda: self.writer.execute(self.spark, statement), what)

    def query(self, statement: sql.Sql) -> DataFrame:
        """The rows that a statement of our own selects."""
        return self.spark.sql(statement.text)

    def collect(self, frame: DataFrame, what: str, most: int) -> list[dict[str, Any]]:
        """At most `most` rows; timestamps come back aware, in UTC.

        Raises StoreError when there are more, or when they can't be read.
        """
        times = [f.name for f in frame.schema.fields if f.dataType.simpleString() == "timestamp"]
        micros = frame.selectExpr(
            *(
                sql.template("unix_micros({0}) AS {0}", sql.name(column)).text
                if column in times
                else sql.name(column).text
                for column in frame.columns
            )
        )
        try:
            rows = micros.limit(most + 1).collect()
        except Exception as error:
            raise StoreError(
                f"{what} can't be read from {self.location}: {condition_of(error)}"
            ) from error
        if len(rows) > most:
            raise StoreError(f"{what}: more than {most} rows")
        return [_row(row.asDict(recursive=True), times) for row in rows]

    def _stored(self, table: Table) -> DataFrame:
        ref = self.location.table(table.name)
        if ref.path is not None:
            return self.spark.read.format("delta").load(ref.path)
        return self.spark.read.table(ref.sql.text)


def _row(row: dict[str, Any], times: Sequence[str]) -> dict[str, Any]:
    for name in times:
        if row[name] is not None:
            row[name] = _moment(row[name])
    return row


def _moment(micros: int) -> datetime:
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, timezone.utc).replace(microsecond=rest)
