"""The DataFrame of each chunk: nothing here starts a job."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.layout import Chunk, Scan
from sparkguard.measures.base import Grouped, Measure, Pass, Sampled
from sparkguard.relations.base import WHOLE_ROW, Tables
from sparkguard.relations.table import Table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def chunk_frame(scan: Scan, chunk: Chunk, tables: Tables) -> DataFrame:
    """The query of one chunk, lazy: slice values as text, then cells.

    Aggregates: one row per slice. Groups: one row per slice and combination of keys, with the
    number of rows last. Sample: some rows. Where the whole has rows of its own, a first boolean
    column tells them from the slices'.
    """
    from pyspark.sql.functions import expr

    frame = scan.relation.frame(tables, scan.by)
    inputs = dict(pair for measure in chunk.measures for pair in measure.inputs())
    if inputs:
        frame = frame.select("*", *(expr(e.text).alias(name) for name, e in inputs.items()))
    if chunk.pass_ is Pass.GROUPS:
        return _with_text(scan, _counted(scan, chunk, frame))
    if chunk.pass_ is Pass.SAMPLE:
        cells = [cell for m in chunk.measures if isinstance(m, Sampled) for cell in m.cells()]
        most = max(m.rows for m in chunk.measures if isinstance(m, Sampled))
        return _with_text(scan, frame.select(*_keys(scan), *_cells(cells))).limit(most)
    lacking = _lacking(frame, chunk)
    cells = [cell for m in chunk.measures for cell in _aggregates(m, lacking)]
    if isinstance(scan.relation, Table) and not (chunk.columns or scan.by):
        cells += _opening(frame)
    return _with_text(scan, frame.groupBy(*_keys(scan)).agg(*_cells(cells)))


_CELL = "__sparkguard_cell"
_SLICE = "__sparkguard_slice"
COUNT = "__sparkguard_count"


def _keys(scan: Scan) -> list[Column]:
    """What rows are grouped by. Slice columns keep their type: text would be made row by row."""
    from pyspark.sql.functions import col, expr

    values = [sql.name(column) for column in scan.by]
    if scan.relation.whole_apart:
        # The rows of the whole keep their columns, which an aggregate may read.
        of_slice = "CASE WHEN NOT {} THEN {} END"
        values = [sql.template(of_slice, sql.name(WHOLE_ROW), value) for value in values]
    keys = [expr(value.text).alias(f"{_SLICE}{i}") for i, value in enumerate(values)]
    return [col(WHOLE_ROW), *keys] if scan.relation.whole_apart else keys


def _with_text(scan: Scan, frame: DataFrame) -> DataFrame:
    """`frame` with its slice values as text."""
    slices = {f"{_SLICE}{i}" for i in range(len(scan.by))}
    texts = [
        frame[name].try_cast("string").alias(name) if name in slices else frame[name]
        for name in frame.columns
    ]
    return frame.select(*texts)


def _cells(expressions: Iterable[sql.Sql]) -> list[Column]:
    from pyspark.sql.functions import expr

    return [expr(e.text).alias(f"{_CELL}{i}") for i, e in enumerate(expressions)]


_NARROW = ("boolean", "tinyint", "smallint", "int", "date", "bigint")


def _opening(frame: DataFrame) -> list[sql.Sql]:
    """A cell for which every file is opened: Delta would count rows alone by its log.

    A file that is gone would then not be noticed.
    """
    width = {type_: at for at, type_ in enumerate(_NARROW)}
    columns = sorted(frame.dtypes, key=lambda column: width.get(column[1], len(_NARROW)))
    return [sql.template("count({})", sql.name(name)) for name, _ in columns[:1]]


def _lacking(frame: DataFrame, chunk: Chunk) -> frozenset[str]:
    """The functions of Spark that the chunk wants and this version does not have."""
    wanted = frozenset[str]().union(*(measure.functions for measure in chunk.measures))
    catalog = frame.sparkSession.catalog
    return frozenset(name for name in wanted if not catalog.functionExists(name))


def _aggregates(measure: Measure[Any], lacking: frozenset[str]) -> tuple[sql.Sql, ...]:
    return measure.fallback() if measure.functions & lacking else measure.aggregates()


def _counted(scan: Scan, chunk: Chunk, frame: DataFrame) -> DataFrame:
    """Rows counted by slice and keys; of spread keys, their least and greatest."""
    from pyspark.sql import functions as F  # noqa: N812

    measures = [m for m in chunk.measures if isinstance(m, Grouped)]
    cells = _cells(key for measure in measures for key in measure.group_by())
    counted = frame.groupBy(*_keys(scan), *cells).agg(F.count(F.lit(1)).alias(COUNT))
    spread = [f"{_CELL}{at}" for at, is_spread in enumerate(_spread(measures)) if is_spread]
    if not spread:
        return counted
    kept = [name for name in counted.columns if name not in (*spread, COUNT)]
    ends = [F.struct(F.min(name), F.max(name)).alias(name) for name in spread]
    again = counted.groupBy(*kept).agg(*ends, F.sum(COUNT).alias(COUNT))
    return again.select(*counted.columns)


def _spread(measures: Iterable[Grouped[Any]]) -> list[bool]:
    """Of each key of each measure, whether only its ends are kept."""
    return [
        at >= len(measure.group_by()) - measure.spread
        for measure in measures
        for at in range(len(measure.group_by()))
    ]
