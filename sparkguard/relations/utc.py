"""Timestamps as their time in UTC, so that their text is the same in every session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sparkguard import sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def in_utc(frame: DataFrame, columns: Iterable[str]) -> DataFrame:
    """`frame`, whose `columns` of type TIMESTAMP become TIMESTAMP_NTZ."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql import types as T  # noqa: N812

    types = {field.name: field.dataType for field in frame.schema}
    zoned = [c for c in columns if isinstance(types.get(c), T.TimestampType)]
    found = {c: F.expr(sql.in_utc(sql.name(c)).text) for c in zoned}
    # Spark Connect refuses to add no column.
    return frame.withColumns(found) if found else frame
