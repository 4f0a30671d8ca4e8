"""What an evaluation is not: a sort by much, an aggregate by sorting, code too long to compile."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.checks.evaluation import Evaluation
from sparkguard.datatypes import from_json
from sparkguard.errors import Location
from sparkguard.evaluation.sources import truth_need
from sparkguard.options import convert
from tests.plans import LONGEST, compiled, configured, method_sizes

MADE = datetime(2024, 1, 1, tzinfo=timezone.utc)
SLICES = tuple(f"slice{i}" for i in range(6))
BINARY: dict[str, Any] = {"task": "binary", "thresholds": [0.1, 0.2, 0.3, 0.5, 0.7]}
REGRESSION: dict[str, Any] = {"task": "regression", "largest": 1_000.0}
OPTIONS: dict[str, Any] = {
    "id": "id", "time": "made", "score": "score", "horizon": "P3D", "owner": "ann",
    "truth": {"table": "truth", "label": "label", "event_time": "at", "version": "version"},
    "model_version": "model", "entity": "entity", "slices": list(SLICES),
}  # fmt: skip


class Tables:
    def __init__(self, spark: Any, folder: Path) -> None:
        made = f"TIMESTAMP'{MADE:%Y-%m-%d}'"
        slices = [f"string(id % {i}) AS {name}" for i, name in enumerate(SLICES, start=2)]
        rows = {
            "preds": ["id", f"{made} AS made", "id / 100D AS score", "string(id % 2) AS model",
                      "string(id DIV 2) AS entity", *slices],
            "truth": ["id", "id % 2 AS label", f"{made} AS at", "1 AS version"],
        }  # fmt: skip
        for name, columns in rows.items():
            spark.range(100).selectExpr(*columns).write.parquet(str(folder / name))
        self.frames = {name: spark.read.parquet(str(folder / name)) for name in rows}

    def frame(self, name: str, /) -> Any:
        return self.frames[name]


@pytest.mark.parametrize("task", [BINARY, REGRESSION], ids=lambda task: task["task"])
def test_compiled_code_and_one_sort_by_id(
    spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], task: dict[str, Any]
) -> None:
    tables = Tables(spark, tmp_path)
    schemas = {name: from_json(f.schema.jsonValue()) for name, f in tables.frames.items()}
    of = convert(Evaluation, OPTIONS | task, "evaluation", lambda option: Location("c"))
    relation = truth_need(of, "preds", schemas, MADE + timedelta(days=9)).relation
    settings = {
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.autoBroadcastJoinThreshold": "-1",
    }
    capsys.readouterr()
    with compiled(spark), configured(spark, settings):
        relation.frame(tables, ()).explain("codegen")
    said = capsys.readouterr().out
    assert max(method_sizes(said)) < LONGEST
    assert {len(keys.split(",")) for keys in re.findall(r" Sort \[(.*?)\], false", said)} == {1}
    assert "SortAggregate" not in said
    assert "ObjectHashAggregate" not in said
