"""What a comparison of windows is not: code too long to compile, however many features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.relations.recomputed_window import RecomputedWindow
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate
from tests.frames import Frames
from tests.plans import LONGEST, compiled, configured, method_sizes
from tests.relations.window_specs import AS_OF, spec, window

EVENTS = [
    "id % 7 AS key", "timestamp_seconds(id) AS time", "timestamp_seconds(id + 9) AS arrival",
    "CAST(id AS decimal(15,2)) AS amount", "CAST(id AS decimal(30,9)) AS wide", "id / 4D AS ratio",
]  # fmt: skip
FEATURES = {
    "lines": ("bigint", Aggregate("count", 0)),
    "total": ("decimal(35,2)", Aggregate("sum", None, "amount")),
    "total_wide": ("decimal(38,9)", Aggregate("sum", 0, "wide")),
    "total_ratio": ("double", Aggregate("sum", None, "ratio", decimals=2)),
    "mean": ("decimal(25,6)", Aggregate("mean", None, "amount")),
    "mean_wide": ("decimal(38,13)", Aggregate("mean", None, "wide")),
    "mean_ratio": ("double", Aggregate("mean", None, "ratio", decimals=2)),
    "spread": ("decimal(20,6)", Aggregate("stddev", None, "amount", ddof=1)),
    "spread_wide": ("double", Aggregate("stddev", None, "wide", ddof=0)),
}
DECLARED = {
    "totals": spec(window(length="P30D", bounds="(]")),
    "totals as of": spec(window(length="P30D", bounds="[)"), **AS_OF),
    "pairs": spec(window("rows", rows=4, order=("arrival",), bounds="]")),
}


@pytest.mark.parametrize("by", list(DECLARED))
def test_each_step_of_a_comparison_is_compiled(
    spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    held = [f"CAST(id AS {type_}) AS {name}" for name, (type_, _) in FEATURES.items()]
    rows = {"events": EVENTS, "features": ["id % 7 AS key", "timestamp_seconds(id) AS at", *held]}
    for name, columns in rows.items():
        spark.range(100).selectExpr(*columns).write.parquet(str(tmp_path / name))
    tables = Frames({name: spark.read.parquet(str(tmp_path / name)) for name in rows})
    features = tuple(Feature((name,), aggregate) for name, (_, aggregate) in FEATURES.items())
    relation = RecomputedWindow(DECLARED[by], features)
    capsys.readouterr()
    with compiled(spark), configured(spark, {"spark.sql.adaptive.enabled": "false"}):
        relation.frame(tables, ()).explain("codegen")
    sizes = method_sizes(capsys.readouterr().out)
    assert max(sizes) < LONGEST, sizes
