"""The rows of a label table by day of arrival, whether or not they have a prediction."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.base import Relation, Tables, in_full
from sparkguard.relations.daily import day
from sparkguard.sql import Path, Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ARRIVED, _STATE, _ROWS = "__sparkguard_arrived", "__sparkguard_state", "__sparkguard_rows"


class LabelRow(IntEnum):
    """What is known of a label row before it is looked for among the predictions."""

    KNOWN = 0
    NULL_ID = 1
    NOT_YET = 2  # known after the moment looked from
    NO_ARRIVAL = 3  # nobody knows when


@dataclass(frozen=True)
class LabelRows(Relation, kind="label_rows"):
    """One row per day of arrival and `LabelRow`, as known at `as_of`.

    A row that is not known yet is that alone: whether it has an id shows later. Of all rows, also
    in a run that judges one slice of the predictions.
    """

    table: str
    id: Path
    arrival: Sql
    as_of: int = field(default=0, compare=False)
    whole_apart = False

    @property
    def subject(self) -> str:
        return self.table

    @property
    def keys(self) -> tuple[Sql, ...]:
        return sql.name(_ARRIVED), sql.name(_STATE)

    @property
    def totals(self) -> tuple[Sql, ...]:
        return (sql.name(_ROWS),)

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        state = sql.template(
            f"CASE WHEN {{1}} > {{2}} THEN {int(LabelRow.NOT_YET)}"
            f" WHEN {{0}} IS NULL THEN {int(LabelRow.NULL_ID)}"
            f" WHEN {{1}} IS NULL THEN {int(LabelRow.NO_ARRIVAL)} ELSE {int(LabelRow.KNOWN)} END",
            *(sql.path(self.id), self.arrival, sql.literal(self.as_of)),
        )
        rows = in_full(tables, self.table).select(
            *(F.expr(sql.name(column).text).alias(column) for column in by),
            F.expr(day(self.arrival).text).alias(_ARRIVED),
            F.expr(state.text).alias(_STATE),
        )
        names = (*by, _ARRIVED, _STATE)
        return rows.groupBy(*(F.expr(sql.name(n).text).alias(n) for n in names)).agg(
            F.count(F.lit(1)).alias(_ROWS)
        )
