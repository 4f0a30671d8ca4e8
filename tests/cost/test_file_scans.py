"""What a profile reads, told by the plans before they run: each column once per pass."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.profile import ProfileColumns
from sparkguard.datatypes import from_json
from sparkguard.layout import lay_out
from sparkguard.measures.base import Pass
from sparkguard.profile import Profile
from sparkguard.scan import chunk_frame, run_scan
from sparkguard.slices import WHOLE


class Files:
    def __init__(self, spark: Any, path: Path) -> None:
        self._spark, self._path = spark, path

    def frame(self, name: str, /) -> Any:
        return self._spark.read.parquet(str(self._path))


def read_columns(frame: Any, capsys: pytest.CaptureFixture[str]) -> list[set[str]]:
    """The columns that each file scan of the physical plan reads."""
    capsys.readouterr()
    frame.explain()
    plan = capsys.readouterr().out
    found = re.findall(r"FileScan parquet \[(.*?)\]", plan)
    return [{part.split("#")[0] for part in columns.split(",")} for columns in found]


def test_a_profile_reads_each_column_once_per_pass(
    spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [f"id * {i} AS many{i}" for i in range(1, 13)] + [f"id % {i} AS few{i}" for i in (2, 3)]
    path = tmp_path / "table"
    spark.range(3_000).selectExpr("id % 4 AS slice", *cells).write.parquet(str(path))
    tables = Files(spark, path)
    facts = TableFacts("t", from_json(tables.frame("t").schema.jsonValue()))
    context = Context(facts, datetime(2026, 1, 1, tzinfo=timezone.utc), by=("slice",))
    checks = ProfileColumns().expand(context).values()
    needs = [need for check in checks for need in check.needs(context)]
    (glance,) = lay_out(needs, {"t": ("slice",)})
    assert [chunk.pass_ for chunk in glance.chunks] == [Pass.SAMPLE]
    looked = run_scan(glance, tables).profile
    assert {where for _, where in looked.states} == {WHOLE}
    seen = Context(facts, context.as_of, by=("slice",), seen=Profile(looked.states))
    needs = [need for check in checks for need in check.needs(seen)]
    (scan,) = lay_out(needs, {"t": ("slice",)})
    read: dict[Pass, Counter[str]] = {}
    for chunk in scan.chunks:
        (columns,) = read_columns(chunk_frame(scan, chunk, tables), capsys)
        assert columns == chunk.columns | {"slice"}
        read.setdefault(chunk.pass_, Counter()).update(columns - {"slice"})
    many = {f"many{i}" for i in range(1, 13)}
    assert read[Pass.AGGREGATES] == read[Pass.SKETCHES] == Counter(many)
    assert read[Pass.GROUPS] == Counter({"few2", "few3"})
    assert [len(c.columns) for c in scan.chunks if c.pass_ is Pass.AGGREGATES] == [10, 2]
