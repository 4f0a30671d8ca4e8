"""A feature's rows by tumbling periods of their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import Relation, Tables
from sparkguard.relations.window_events import column_of, micros
from sparkguard.sql import Path

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PERIOD, ROWS = "__sparkguard_period", "__sparkguard_rows"
TOTAL, LARGEST = "__sparkguard_total", "__sparkguard_largest"


@dataclass(frozen=True)
class Periods(Relation, kind="periods"):
    """One row per slice and period of `length` microseconds since 1970 UTC: rows, and total and
    largest of the finite values of `column`. Rows without a time are in no period."""

    table: str
    column: Path
    query_time: str
    length: int

    @property
    def subject(self) -> str:
        return self.table

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        rows = tables.frame(self.table)
        at = micros(rows, self.query_time, "UTC")
        value = F.expr(sql.path(self.column).text).try_cast("double")
        finite = F.when(F.abs(value) < float("inf"), value)
        placed = rows.where(at.isNotNull())
        return placed.groupBy(
            *(column_of(c) for c in by), F.floor(at / self.length).cast("bigint").alias(PERIOD)
        ).agg(
            F.count(F.lit(1)).alias(ROWS), F.sum(finite).alias(TOTAL), F.max(finite).alias(LARGEST)
        )
