"""On a real standalone cluster, a master and two workers, an audit finds what it finds locally."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sparkguard.run import Request, audit, initialise
from tests.plans import COMPILED
from tests.platform.processes import DELTA, ROOT, standalone_cluster, submit

pytestmark = pytest.mark.platform

CONFIG = Path(__file__).parent / "shop" / "audit.yaml"
LINEITEM = Path(__file__).parent / "lineitem" / "audit.yaml"
OF_A_VERDICT = ("outcome", "severity", "observed_double", "observed_long", "rows", "violations")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with standalone_cluster(tmp_path_factory.mktemp("cluster")) as address:
        yield address


def verdicts(result: Mapping[str, Any]) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (row["check_id"], row["slice"]): tuple(row[field] for field in OF_A_VERDICT)
        for row in result["results"]
    }


def test_a_submitted_audit_finds_what_local_mode_finds(
    spark: Any, cluster: str, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    orders = spark.range(0, 1_000, 1, 4).selectExpr(
        "id",
        "CAST(id % 4 AS INT) AS month",
        "CAST(id - 3 AS DOUBLE) AS amount",
        "IF(id % 10 = 0, NULL, id % 100) AS customer",
    )
    orders.write.format("delta").partitionBy("month").save(str(lake / "orders"))
    spark.range(95).write.format("delta").save(str(lake / "customers"))
    stores = {name: str(tmp_path / name / "results") for name in ("local", "cluster")}
    for store in stores.values():
        initialise(CONFIG, spark=spark, variables={"lake": str(lake), "store": store})
    variables = {"lake": str(lake), "store": stores["local"]}
    local = audit(CONFIG, Request(run_id="night"), spark=spark, variables=variables)

    written = tmp_path / "cluster.json"
    assigned = ("--set", f"lake={lake}", "--set", f"store={stores['cluster']}")
    options = (*assigned, "--run-id", "night", "--json", str(written))
    job = ROOT / "jobs" / "audit.py"
    done = submit(cluster, job, (str(CONFIG), *options), tmp_path / "cluster")
    assert done.returncode == local.exit_code == 1, done.stderr[-2_000:]
    on_cluster = verdicts(json.loads(written.read_text()))
    assert on_cluster == verdicts(local.to_dict())
    orphans = {s: found[-1] for (check, s), found in on_cluster.items() if "references" in check}
    assert orphans == {"": 50, "month=0": 10, "month=1": 10, "month=2": 10, "month=3": 20}


@pytest.mark.full
def test_sixty_million_rows_take_a_driver_of_one_gibibyte(
    spark: Any, cluster: str, tmp_path: Path
) -> None:
    """TPC-H at scale factor 10: 59,986,052 line items of which 1 in 50 has a quantity of 50."""
    lake, store = tmp_path / "lake", str(tmp_path / "results")
    command = str(Path(sys.executable).with_name("tpchgen-cli"))
    folder = ("--output-dir", str(lake / "lineitem"))
    subprocess.run(
        (command, "parquet", "--tables=lineitem", "-s", "10", *folder),
        check=True,
        capture_output=True,
    )
    spark.sql(f"CONVERT TO DELTA parquet.`{lake / 'lineitem'}` NO STATISTICS")
    initialise(LINEITEM, spark=spark, variables={"lake": str(lake), "store": store})
    written = tmp_path / "found.json"
    assigned = ("--set", f"lake={lake}", "--set", f"store={store}", "--json", str(written))
    job = ROOT / "jobs" / "audit.py"
    settings = {**DELTA, **COMPILED}
    done = submit(cluster, job, (str(LINEITEM), *assigned), tmp_path / "cluster", 2_400, settings)
    assert done.returncode == 1, done.stderr[-2_000:]
    found = json.loads(written.read_text())["results"]
    whole = {row["check_id"]: row for row in found if row["slice"] == ""}
    assert {row["rows"] for row in whole.values() if row["rows"]} == {59_986_052}
    failed = {name for name, row in whole.items() if row["outcome"] != "pass"}
    assert failed == {"lineitem.range.l_quantity"}
    slices = [r for r in found if r["check_id"] == "lineitem.range.l_quantity" and r["slice"]]
    assert len(slices) == 7
    broken = whole["lineitem.range.l_quantity"]["violations"]
    assert sum(row["violations"] for row in slices) == broken
    assert broken == pytest.approx(59_986_052 / 50, rel=0.01)
