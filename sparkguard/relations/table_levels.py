"""A table whose slices and whole are aggregated apart, or whose whole alone is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard.relations.base import WHOLE_ROW, Relation, Tables, in_full

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class _OfTable(Relation):
    name: str
    whole_apart = True

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True)
class TableLevels(_OfTable, kind="table_levels"):
    """Each row once for its slice and once for the whole, for aggregates that do not merge."""

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        frame = tables.frame(self.name)
        if not by:
            return frame.withColumn(WHOLE_ROW, F.lit(True))
        both = F.array(F.lit(False), F.lit(True))
        return frame.withColumn(WHOLE_ROW, F.explode(both))


@dataclass(frozen=True)
class WholeTable(_OfTable, kind="whole_table"):
    """All rows of a table at once, also in a run that judges one slice.

    For an aggregate over one table by which the rows of another are judged.
    """

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        return in_full(tables, self.name).withColumn(WHOLE_ROW, F.lit(True))
