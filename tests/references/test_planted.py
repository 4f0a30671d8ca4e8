"""TPC-H with defects planted at random by a fixed seed; the report must equal what was planted."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.references import References
from sparkguard.datatypes import from_json
from sparkguard.layout import lay_out
from sparkguard.profile import Profile
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE
from tests.plans import configured

CHECK = References((("l_orderkey",),), "orders", (("o_orderkey",),))


class Files:
    def __init__(self, spark: Any, folder: Path) -> None:
        self._spark, self._folder = spark, folder

    def frame(self, name: str, /) -> Any:
        return self._spark.read.parquet(str(self._folder / f"{name}.parquet"))


def generate(folder: Path, scale: float) -> None:
    command = str(Path(sys.executable).with_name("tpchgen-cli"))
    options = ["--tables=lineitem,orders", "-s", f"{scale:g}", f"--output-dir={folder}"]
    subprocess.run([command, "parquet", *options], check=True, stdout=subprocess.DEVNULL)


def plant(clean: Path, folder: Path, removed: int, nulled: int, doubled: int) -> dict[str, int]:
    """Copies the tables with defects; what was planted is counted by DuckDB."""
    dice = random.Random(6)
    with duckdb.connect() as db:
        orders, lines = clean / "orders.parquet", clean / "lineitem.parquet"
        keys = [
            k for (k,) in db.execute(f"SELECT o_orderkey FROM '{orders}' ORDER BY 1").fetchall()
        ]
        chosen = dice.sample(keys, removed + doubled)
        for table, values in (("gone", chosen[:removed]), ("twice", chosen[removed:])):
            db.execute(f"CREATE TABLE {table} AS SELECT unnest(?) AS k", [values])
        db.execute(
            f"COPY (SELECT o_orderkey FROM '{orders}' WHERE o_orderkey NOT IN (FROM gone)"
            f" UNION ALL FROM twice) TO '{folder}/orders.parquet' (FORMAT parquet)"
        )
        (rows,) = db.execute(f"SELECT count(*) FROM '{lines}'").fetchall()[0]
        blank = dice.sample(range(rows), nulled)
        db.execute("CREATE TABLE blank AS SELECT unnest(?) AS n", [blank])
        db.execute(
            "COPY (SELECT CASE WHEN n IN (FROM blank) THEN NULL ELSE l_orderkey END AS l_orderkey,"
            f" l_shipmode FROM (SELECT *, row_number() OVER () - 1 AS n FROM '{lines}'))"
            f" TO '{folder}/lineitem.parquet' (FORMAT parquet)"
        )
        planted = f"FROM '{folder}/lineitem.parquet' WHERE l_orderkey IN (FROM gone)"
        orphans = db.execute(f"SELECT count(*), count(DISTINCT l_orderkey) {planted}").fetchall()[0]
        met = db.execute(
            f"SELECT count(DISTINCT l_orderkey) FROM '{folder}/lineitem.parquet'"
            " WHERE l_orderkey IN (FROM twice)"
        ).fetchall()[0]
    return {
        "rows": rows,
        "null_all": nulled,
        "orphan_rows": orphans[0],
        "orphan_keys": orphans[1],
        "duplicate_parent_keys": doubled,
        "surplus_parent_rows": doubled,
        "multiplied_keys": met[0],
    }


def reported(spark: Any, folder: Path, by: tuple[str, ...] = ()) -> dict[str, int]:
    files = Files(spark, folder)
    facts = {
        name: TableFacts(name, from_json(files.frame(name).schema.jsonValue()))
        for name in ("lineitem", "orders")
    }
    context = Context(facts["lineitem"], datetime.now(timezone.utc), by=by, tables=facts)
    (need,) = CHECK.needs(context)
    found = Profile.merged(
        run_scan(scan, files).profile for scan in lay_out([need], {"lineitem": by})
    )
    state = found.at(WHOLE, need)
    assert state is not None
    return {name: int(value) for name, value in state.sums}


@pytest.mark.parametrize(
    ("scale", "removed", "nulled", "doubled"),
    [
        (0.01, 150, 700, 90),
        pytest.param(1, 15_000, 70_000, 9_000, marks=pytest.mark.full),
        pytest.param(10, 150_000, 700_000, 90_000, marks=pytest.mark.full),
    ],
)
def test_the_report_equals_what_was_planted(
    spark: Any, tmp_path: Path, scale: float, removed: int, nulled: int, doubled: int
) -> None:
    clean, folder = tmp_path / "clean", tmp_path / "planted"
    clean.mkdir()
    folder.mkdir()
    generate(clean, scale)
    sound = reported(spark, clean)
    assert sound["orphan_rows"] == sound["orphan_keys"] == sound["duplicate_parent_keys"] == 0
    planted = plant(clean, folder, removed, nulled, doubled)
    found = reported(spark, folder, by=("l_shipmode",))
    assert {name: found[name] for name in planted} == planted
    assert found["joined_rows"] >= found["matched_rows"]
    assert found["matched_rows"] + found["orphan_rows"] + found["null_all"] == found["rows"]


def test_partitioning_and_adaptive_execution_change_nothing(spark: Any, tmp_path: Path) -> None:
    clean, folder = tmp_path / "clean", tmp_path / "planted"
    clean.mkdir()
    folder.mkdir()
    generate(clean, 0.01)
    planted = plant(clean, folder, 40, 300, 30)
    for adaptive in ("true", "false"):
        for partitions in ("1", "7"):
            settings = {
                "spark.sql.adaptive.enabled": adaptive,
                "spark.sql.shuffle.partitions": partitions,
            }
            with configured(spark, settings):
                found = reported(spark, folder)
            assert {name: found[name] for name in planted} == planted
