"""Feature rows of a long window beside what the short windows inside it add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sparkguard.relations.base import Relation, Tables
from sparkguard.relations.recomputed_window import counted
from sparkguard.relations.window_compare import status
from sparkguard.relations.window_equality import near
from sparkguard.relations.window_events import column_of, entity, micros
from sparkguard.relations.window_totals import POPULATION, WEIGHT
from sparkguard.windows.statuses import Status
from sparkguard.windows.values import EXACT, Tolerance

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

Combine = Literal["sum", "max", "min"]


@dataclass(frozen=True)
class Conservation:
    """`whole` at a time is `combine` of `part` at that time and at `pieces` - 1 earlier (or, with
    windows labelled by their start, later) times, `step` microseconds apart.

    `absent` says what a part without a row is: `zero`, a window without events, or `missing`.
    """

    table: str
    whole: tuple[str, ...]
    part: tuple[str, ...]
    entity: tuple[str, ...]
    query_time: str
    timezone: str
    step: int
    pieces: int
    label: Literal["start", "end"]
    combine: Combine
    absent: Literal["zero", "missing"]
    tolerance: Tolerance = EXACT


@dataclass(frozen=True)
class ConservedWindow(Relation, kind="conserved_window"):
    """Counts of rows as `recomputed_window` gives them, with one status for `law`.

    The population of a row is the total that its parts give, without sign and fraction.
    """

    law: Conservation

    @property
    def subject(self) -> str:
        return self.law.table

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import Window as W  # noqa: N817
        from pyspark.sql import functions as F  # noqa: N812

        law, rows = self.law, tables.frame(self.law.table)
        keys = [entity(i) for i in range(len(law.entity))]
        read = rows.select(
            *(column_of(c).alias(k) for c, k in zip(law.entity, keys, strict=True)),
            micros(rows, law.query_time, law.timezone).alias(_AT),
            _number(rows, law.whole).alias(_WHOLE),
            _number(rows, law.part).alias(_PART),
            *(column_of(c).try_cast("string").alias(c) for c in by),
        ).where(F.col(_AT).isNotNull())
        # Rows whose times differ by whole steps meet in one partition, in order.
        aligned = W.partitionBy(*keys, F.pmod(_AT, F.lit(law.step))).orderBy(_AT)
        back, ahead = (0, self._reach) if law.label == "start" else (-self._reach, 0)
        parts = aligned.rangeBetween(back, ahead)
        combine = {"sum": F.try_sum, "max": F.max, "min": F.min}[law.combine]
        found = read.select(
            "*",
            combine(_PART).over(parts).alias(_OF),
            F.count_if(F.col(_PART).isNull()).over(parts).alias(_NULLS),
            F.count(F.lit(1)).over(parts).alias(_PIECES),
            F.count(F.lit(1)).over(aligned.rangeBetween(0, 0)).alias(_TWINS),
        )
        ends = read.agg(F.min(_AT).alias(_OLDEST), F.max(_AT).alias(_NEWEST))
        judged = found.crossJoin(F.broadcast(ends)).withColumns(
            {
                status(0): self._status(),
                POPULATION: F.coalesce(F.abs(_OF).try_cast("bigint"), F.lit(0)),
                WEIGHT: F.lit(1),
            }
        )
        return counted(judged, keys, by, 1)

    @property
    def _reach(self) -> int:
        return (self.law.pieces - 1) * self.law.step

    def _status(self) -> Column:
        from pyspark.sql import functions as F  # noqa: N812

        law, at, reach = self.law, F.col(_AT), self._reach
        starts = law.label == "start"
        outside = at + reach > F.col(_NEWEST) if starts else at - reach < F.col(_OLDEST)
        whole, of = F.col(_WHOLE), F.col(_OF)
        lost = of.isNull() & (F.col(_NULLS) < F.col(_PIECES))  # the sum is out of range
        if law.combine == "sum":
            # A window without events has a total of 0, however it is stored.
            equal = near(law.tolerance, F.coalesce(whole, F.lit(0)), F.coalesce(of, F.lit(0)))
        else:
            equal = F.coalesce(near(law.tolerance, whole, of), whole.isNull() & of.isNull())

        def lit(found: Status) -> Column:
            return F.lit(int(found)).cast("tinyint")

        found = F.when(F.col(_TWINS) > 1, lit(Status.DUPLICATE)).when(
            outside, lit(Status.TRUNCATED)
        )
        if law.absent == "missing":
            found = found.when(F.col(_PIECES) < law.pieces, lit(Status.MISSING))
        return (
            found.when(lost | (F.col(_PIECES) > law.pieces), lit(Status.INEXACT))
            .when(equal, lit(Status.MATCHING))
            .when(whole.isNull(), lit(Status.NULL_FOR_VALUE))
            .when(of.isNull(), lit(Status.VALUE_FOR_NULL))
            .otherwise(lit(Status.WRONG))
        )


def _number(rows: DataFrame, path: tuple[str, ...]) -> Column:
    """A column's numbers: exact, but for floats, which stay doubles."""
    from pyspark.sql import types as T  # noqa: N812

    found = column_of(*path)
    match rows.select(found.alias("x")).schema["x"].dataType:
        case T.FloatType() | T.DoubleType():
            return found.cast("double")
        case T.DecimalType():
            return found
    return found.try_cast("decimal(20,0)")


_AT, _WHOLE, _PART = "__sparkguard_t", "__sparkguard_whole_value", "__sparkguard_part_value"
_OF, _NULLS, _PIECES = "__sparkguard_of", "__sparkguard_nulls", "__sparkguard_pieces"
_TWINS, _OLDEST, _NEWEST = "__sparkguard_twins", "__sparkguard_oldest", "__sparkguard_newest"
