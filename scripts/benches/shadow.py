"""Shadow comparison against a bare scan of the same files, and beside datacompy 1.1.0.

Identical tables, then a copy with another value in 0.1 % of its rows, over TPC-H orders and
lineitem. Figures: at most 2.5 and 4 times the bare scan of both tables; datacompy at least 10
times slower than ours; the number of Spark jobs does not grow with columns.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import common

KEYS = {"orders": ("o_orderkey",), "lineitem": ("l_orderkey", "l_linenumber")}
CHANGED = {"orders": "o_shippriority", "lineitem": "l_linestatus"}
DATACOMPY = ("datacompy==1.1.0", "ordered-set<=4.1,>=4.0.2", "polars<1.45,>=0.20.4", "jinja2>=3",
             "markupsafe")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sf", type=float, default=1.0, help="TPC-H scale factor")
    parser.add_argument("--tables", nargs="+", choices=sorted(KEYS), default=sorted(KEYS))
    parser.add_argument(
        "--rounds", type=int, default=2, help="runs of each after a warm-up; the best counts"
    )
    parser.add_argument("--no-datacompy", action="store_true")
    options = parser.parse_args()
    spark = common.session()
    rows: list[tuple[object, ...]] = []

    def found(*cells: object) -> None:
        print(*cells, file=sys.stderr, flush=True)
        rows.append(cells)

    ours: dict[str, tuple[float, float]] = {}
    for name in sorted(options.tables, reverse=True):
        file = common.tpch(name, options.sf)
        other = _changed(spark, name, file)
        tables = common.Parquet(spark, control=file, shadow=file)

        def bare(tables: Any = tables) -> None:
            for side in ("control", "shadow"):
                common.bare_scan(tables, side)

        works = (
            bare,
            lambda n=name, f=file: _compare(spark, n, f, f, 0),
            lambda n=name, f=file, o=other: _compare(spark, n, f, o, 1),
        )
        (base, _), same, part = _best(works, options.rounds)
        ours[name] = base, same[0]
        found(name, "bare scan of both", f"{base:.1f}", "1.0", "", "")
        for what, (took, jobs), most in (("identical", same, 2.5), ("0.1 % differ", part, 4.0)):
            ratio = took / base
            met = "met" if ratio <= most else "MISSED"
            found(name, what, f"{took:.1f}", f"{ratio:.1f}", f"{most:g} {met}", jobs)
    for cells in _jobs_by_width(spark):
        found(*cells)
    if "orders" in ours and not options.no_datacompy:
        base, same_seconds = ours["orders"]
        took = _datacompy(spark, common.tpch("orders", options.sf))
        met = "met" if took >= 10 * same_seconds else "MISSED"
        figure = f"10 x ours {met}: {took / same_seconds:.1f}"
        found("orders", "datacompy, no date", f"{took:.1f}", f"{took / base:.1f}", figure, "")
    common.table(("table", "what", "seconds", "x bare", "figure", "jobs"), rows)


def _changed(spark: Any, name: str, file: Path) -> Path:
    """A copy in which a hash of the key picks one row in a thousand to have another value."""
    target = file.with_name(f"{name}-changed")
    if not (target / "_SUCCESS").exists():
        column, key = CHANGED[name], ", ".join(KEYS[name])
        frame = spark.read.parquet(str(file))
        type_ = dict(frame.dtypes)[column]
        other = f"CAST(if(pmod(xxhash64({key}), 1000) = 0, '7', {column}) AS {type_}) AS {column}"
        cells = (other if c == column else c for c in frame.columns)
        frame.selectExpr(*cells).write.mode("overwrite").parquet(str(target))
    return target


def _compare(spark: Any, name: str, one: Path, other: Path, differing: int) -> None:
    from sparkguard.datatypes import from_json
    from sparkguard.shadow.comparison import Settings, compare_frames

    tables = common.Parquet(spark, control=one, shadow=other)
    schemas = [from_json(tables.frame(s).schema.jsonValue()) for s in ("control", "shadow")]
    settings = Settings(key=KEYS[name], explain=False)
    (verdict,) = compare_frames(tables, schemas[0], schemas[1], settings).values()
    assert (verdict.outcome.value == "dirty") == bool(differing), verdict.reason


def _best(works: Sequence[Callable[[], object]], rounds: int) -> list[tuple[float, int]]:
    """The least seconds of each work in turn, and its Spark jobs; the first round warms up."""
    from pyspark import SparkContext

    tracker = SparkContext.getOrCreate().statusTracker()
    best = [(float("inf"), 0)] * len(works)
    for round_ in range(rounds + 1):
        for at, work in enumerate(works):
            before = len(tracker.getJobIdsForGroup(None))
            took = common.seconds(work)
            jobs = len(tracker.getJobIdsForGroup(None)) - before
            if round_:
                best[at] = min(best[at], (took, jobs))
    return best


def _jobs_by_width(spark: Any) -> list[tuple[object, ...]]:
    from sparkguard.datatypes import from_json
    from sparkguard.shadow.comparison import Settings, compare_frames

    class Frames:
        def __init__(self, width: int) -> None:
            cells = [f"id + {i} AS c{i}" for i in range(width)]
            self.control = spark.range(1000).selectExpr("id", *cells)
            self.shadow = self.control.selectExpr(
                "id", "c0 + 1 AS c0", *(f"c{i}" for i in range(1, width))
            )

        def frame(self, name: str, /) -> Any:
            return getattr(self, name)

    rows: list[tuple[object, ...]] = []
    for width in (2, 50):
        frames = Frames(width)
        schema = from_json(frames.control.schema.jsonValue())
        settings = Settings(key=("id",), explain=False)
        ((took, jobs),) = _best([partial(compare_frames, frames, schema, schema, settings)], 1)
        rows.append((f"{width + 1} columns", "all differ", f"{took:.1f}", "", "same jobs", jobs))
    return rows


def _datacompy(spark: Any, file: Path) -> float:
    """Seconds that datacompy takes for identical orders, without the date it can't compare."""
    folder = common.CACHE / "datacompy-1.1.0"
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target"]
        subprocess.run([*command, str(folder), *DATACOMPY], check=True)
    sys.path.append(str(folder))
    from datacompy import SparkSQLCompare

    def work() -> None:
        one, other = (spark.read.parquet(str(file)).drop("o_orderdate") for _ in range(2))
        compared = SparkSQLCompare(spark, one, other, join_columns=["o_orderkey"])
        assert compared.matches()
        compared.report()

    return common.seconds(work)


if __name__ == "__main__":
    main()
