"""Two tables of every type, equal but for what a test plants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkguard.datatypes import from_json
from sparkguard.shadow.comparison import CONTROL, SHADOW, Settings, compare_frames
from sparkguard.shadow_rules.verdict import PartitionVerdict
from sparkguard.slices import Slice
from tests.frames import Frames

COLUMNS = {
    "id": "id",
    "part": "CAST(id % 3 AS INT)",
    "n": "CAST(id % 1000 AS INT)",
    "s": "if(id % 1000 = 40, NULL, concat('name ', id))",
    "p": "if(id % 1000 = 50, 1, CAST(id % 7 AS INT))",
    "q": "if(id % 1000 = 50, NULL, CAST(id % 11 AS INT))",
    "big": f"if(id = 60, {2**53}L, id * 1000)",
    "x": "if(id = 70, DOUBLE('NaN'), id / 3D)",
    "d": "CAST(id % 100000 AS DECIMAL(12, 2)) / CAST(4 AS DECIMAL(1, 0))",
    "t": "timestamp_seconds(1362873600 + id)",
    "arr": "array(CAST(id AS INT), 2, NULL)",
    "bin": "CAST(CAST(id AS STRING) AS BINARY)",
    "m": "map('k', id, 'z', 0L)",
    "st": "named_struct('a', id, 'b', CAST(NULL AS STRING))",
    "ntz": "TIMESTAMP_NTZ'2013-03-10 02:30:00'",
}

PLANTED = {
    "n": "if(id = 10, -1, n)",
    "s": "if(id = 40, '', s)",
    "p": "if(id = 50, NULL, p)",
    "q": "if(id = 50, 1, q)",
    "big": f"if(id = 60, {2**53 + 1}L, big)",
    "x": "if(id = 70, 0D, x)",
    "d": "if(id = 80, d * 10, d)",
    "t": "if(id = 90, t + INTERVAL 1 HOUR, t)",
    "arr": "if(id = 100, reverse(arr), arr)",
    "bin": "if(id = 110, X'313131', bin)",
}
"""One difference each, but for a row left out (20) and a row that is there twice (30)."""


def control(spark: Any, rows: int) -> Any:
    return spark.range(rows).selectExpr(*(f"{e} AS {c}" for c, e in COLUMNS.items()))


def changed(frame: Any, **cells: str) -> Any:
    return frame.selectExpr(*(f"{cells.get(c, c)} AS {c}" for c in frame.columns))


def faulty(frame: Any) -> Any:
    there = changed(frame, **PLANTED).where("id != 20")
    return there.unionByName(frame.where("id = 30"))


def verdicts(
    one: Any, other: Any, settings: Settings, **more: Any
) -> Mapping[Slice, PartitionVerdict]:
    schemas = (from_json(frame.schema.jsonValue()) for frame in (one, other))
    return compare_frames(Frames({CONTROL: one, SHADOW: other}), *schemas, settings, **more)
