"""Shifts planted in a real lineitem, from the table to the stored verdicts."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.baselining import create_baseline
from sparkguard.contracts.audit import load_audit
from sparkguard.results.baselines import Baselines
from sparkguard.run import Request, audit, initialise
from sparkguard.slices import Slice
from tests.shops import write_audit

LINEITEM = {
    "properties": [{"name": "month", "logicalType": "integer"}],
    "quality": [{"type": "custom", "engine": "sparkguard", "implementation": {"check": "drift"}}],
}
PLANTED = {
    "l_quantity": (8, "l_quantity + 14"),  # one standard deviation
    "l_extendedprice": (9, "l_extendedprice * 2"),
    "l_discount": (10, "least(l_discount + 0.03, 0.10)"),
    "l_returnflag": (11, "IF(l_returnflag = 'N' AND l_linenumber % 2 = 0, 'A', l_returnflag)"),
    "l_tax": (12, "IF(l_linenumber % 8 = 1, NULL, l_tax)"),
}


@pytest.mark.full
def test_planted_shifts_fail_from_their_first_month_and_nothing_else_does(
    spark: Any, lake: Path, tmp_path: Path
) -> None:
    command = [str(Path(sys.executable).with_name("tpchgen-cli")), "parquet", "--tables=lineitem"]
    subprocess.run([*command, "-s", "0.01", f"--output-dir={tmp_path}"], check=True)
    rows = spark.read.parquet(str(tmp_path / "lineitem.parquet")).selectExpr(
        "*", "CAST(pmod(xxhash64(l_orderkey), 12) + 1 AS INT) AS month"
    )
    moved = {
        name: f"IF(month >= {first}, {value}, {name}) AS {name}"
        for name, (first, value) in PLANTED.items()
    }
    rows = rows.selectExpr(*(moved.get(name, name) for name in rows.columns))
    rows.write.format("delta").partitionBy("month").save(str(lake / "lineitem"))
    sliced = {"lineitem": {"slices": {"by": ["month"], "judge": "all"}}}
    settings = load_audit(write_audit(tmp_path, {"lineitem": LINEITEM}, sliced))
    initialise(settings, spark=spark)
    months = [Slice.of({"month": str(m)}) for m in range(1, 5)]
    made = create_baseline(settings, "lineitem", "first", months, by="ann", spark=spark)
    assert made.replay_alarms == 0
    Baselines(spark, str(lake / "sparkguard")).approve("lineitem", "first", "bob")
    found = audit(settings, Request(as_of=datetime(2024, 1, 1, tzinfo=timezone.utc)), spark=spark)
    broken = {
        (row.check_id.rpartition(".")[2], row.slice)
        for row in found.results
        if row.outcome not in ("pass", "not_evaluable")
    }
    assert broken == {
        (name, where)
        for name, (first, _) in PLANTED.items()
        for where in ("", *(f"month={m}" for m in range(first, 13)))
    }
