"""What a notebook shows as a capped table, and hands on to pandas or Spark whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkguard.errors import MissingDependency
from sparkguard.rendering.markup import Child, element

if TYPE_CHECKING:
    import pandas
    from pyspark.sql import DataFrame, SparkSession

MOST_ROWS = 50
_MOST_COLUMNS = 12


@dataclass(frozen=True)
class Grid:
    """Rows under typed columns, given as (name, Spark DDL type).

    A notebook shows the columns `shown`, or the first twelve; what matters most comes first.
    """

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: Sequence[tuple[Any, ...]]
    shown: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.columns)


class Tabular(ABC):
    """Mixed into a result: `grid` is its table."""

    @abstractmethod
    def grid(self) -> Grid:
        """The result as rows under typed columns."""

    def to_spark(self, spark: SparkSession) -> DataFrame:
        """All rows as a DataFrame of that session."""
        grid = self.grid()
        schema = ", ".join(f"`{name}` {type_}" for name, type_ in grid.columns)
        return spark.createDataFrame(list(grid.rows), schema)

    def to_pandas(self) -> pandas.DataFrame:
        """All rows as a pandas frame. Raises MissingDependency where pandas is not installed."""
        try:
            import pandas
        except ImportError as error:
            raise MissingDependency(
                "to_pandas needs pandas: pip install 'pandas>=2.2,<3'"
            ) from error
        grid = self.grid()
        return pandas.DataFrame.from_records(list(grid.rows), columns=list(grid.names))

    def _repr_html_(self) -> str:
        grid = self.grid()
        shown = grid.shown or grid.names[:_MOST_COLUMNS]
        picked = [grid.names.index(name) for name in shown]
        head = element("tr", [element("th", name, scope="col") for name in shown])
        body = [
            element("tr", [element("td", _cell(row[i])) for i in picked])
            for row in grid.rows[:MOST_ROWS]
        ]
        told = [
            f"and {left:,} more {what}"
            for what, left in (
                ("rows", len(grid.rows) - MOST_ROWS),
                ("columns", len(grid.columns) - len(shown)),
            )
            if left > 0
        ]
        return element(
            "div",
            element("p", element("b", grid.title)),
            element("table", element("thead", head), element("tbody", body)),
            element("p", "; ".join(told)) if told else None,
        )


def _cell(value: Any) -> Child:
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value)
    if isinstance(value, int):
        return value
    return f"{value:.6g}" if isinstance(value, float) else str(value)
