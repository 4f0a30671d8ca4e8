"""What drift costs: counting on frozen edges, auditing again, comparing a year of profiles."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import common
import numpy as np

from sparkguard import run as audits
from sparkguard.baselining import create_baseline
from sparkguard.checks.base import Approved, Context, Judged, TableFacts
from sparkguard.checks.drift import FeatureDrift
from sparkguard.contracts.audit import load_audit
from sparkguard.datatypes import Struct, from_json
from sparkguard.drift.holding import holding, sized
from sparkguard.layout import lay_out
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.families import Family, family_of
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.results.baselines import Baselines
from sparkguard.run import Request, audit, initialise
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE, Slice

MONTH = "CAST(pmod(l_orderkey, 12) + 1 AS INT) AS month"
FIRST_MONTH = (Slice.of({"month": "1"}),)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sf", type=float, default=1.0, help="TPC-H scale factor (default 1)")
    parser.add_argument("--rounds", type=int, default=2, help="measured rounds (default 2)")
    parser.add_argument(
        "--copies", type=int, default=8, help="of lineitem in the table audited again (default 8)"
    )
    parser.add_argument("--memory", default="2g", help="heap of the driver (default 2g)")
    parser.add_argument(
        "--only", choices=("compare", "count", "again"), help="one of the three figures"
    )
    options = parser.parse_args()
    if options.only in (None, "compare"):
        compare_a_year()
    if options.only == "compare":
        return
    spark = common.session(options.memory)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rows = spark.read.parquet(str(common.tpch("lineitem", options.sf))).selectExpr("*", MONTH)
        rows.write.partitionBy("month").parquet(f"{root}/files")
        if options.only in (None, "count"):
            copied(spark, root / "files", root / "lineitem", 1)
            count(Delta(spark, f"{root}/lineitem"), options.rounds)
        if options.only in (None, "again"):
            audit_again(spark, root, options.copies)
    spark.stop()


class Delta:
    """Rows of one Delta table as the table of a scan, whatever it is asked for."""

    def __init__(self, spark: Any, path: str, where: str = "true") -> None:
        self._spark, self._path, self._where = spark, path, where

    def frame(self, name: str, /) -> Any:
        return self._spark.read.format("delta").load(self._path).where(self._where)

    def of_one_month(self) -> Delta:
        return Delta(self._spark, self._path, "month = 1")


def compare_a_year(features: int = 500, days: int = 365) -> None:
    """From stored counts to settled verdicts, against both references; no data is touched."""
    rng = np.random.default_rng(1)
    needs: list[Need[Any]] = [
        Need(Table("t"), Bins((f"x{i}",), Family.FLOAT, tuple(map(float, range(1, 100)))))
        for i in range(features)
    ]
    drawn = rng.multinomial(10_000, [0.01] * 100, size=days)
    counts = {
        Slice.of({"day": str(np.datetime64("2023-01-01") + i)}): BinsState(tuple(row))
        for i, row in enumerate(drawn.tolist())
    }
    facts = TableFacts("t", Struct(()))
    context = Context(
        facts,
        datetime(2024, 1, 1, tzinfo=timezone.utc),
        by=("day",),
        baseline=Profile({(need, WHOLE): BinsState((3_000,) * 100) for need in needs}),
        approved=Approved("first", 0),
    )

    def judged(need: Need[Any]) -> Iterator[Judged]:
        check = FeatureDrift(need.measure.column, Family.FLOAT)
        seen = Profile({(need, day): state for day, state in counts.items()})
        looking = replace(context, seen=seen)
        looking = replace(looking, survey=check.survey(looking))
        for where in (WHOLE, *counts):
            judgement = check.judge(seen.only(where), replace(looking, where=where))
            yield Judged(need.measure.column[0], check, where, judgement)

    def work() -> None:
        FeatureDrift.settle(tuple(one for need in needs for one in judged(need)))

    spent = common.seconds(work)
    print(f"{features} features x {days} days judged in {spent:.1f} s (allowed: 60 s)")


def count(tables: Delta, rounds: int) -> None:
    """Counts by partition against a bare scan, eight numeric columns and all sixteen."""
    schema = from_json(tables.frame("lineitem").schema.jsonValue())
    every = [f.name for f in schema if f.name != "month"]
    numeric = [name for name in every if _family(schema, name).is_number]
    for name, columns, allowed in (("eight numeric", numeric, 2), ("all sixteen", every, 3)):
        held = _held(tables.of_one_month(), schema, columns)
        (scan,) = lay_out(held, {"lineitem": ("month",)})
        frame = tables.frame("lineitem").select(*columns, "month")
        found = common.in_turns(
            {
                "bare": partial(common.bare_scan, tables, "lineitem"),
                "those": frame.write.format("noop").mode("overwrite").save,
                "ours": partial(run_scan, scan, tables),
            },
            rounds,
        )
        bare, those, ours = (min(times) for times in found.values())
        print(
            f"{name} columns in {len(scan.chunks)} queries: counts {ours:.2f} s, bare scan "
            f"{bare:.2f} s (of those columns {those:.2f} s): {ours / bare:.2f} times "
            f"(allowed: {allowed})"
        )


def _held(tables: Delta, schema: Any, columns: list[str]) -> tuple[Need[Any], ...]:
    """What a baseline of these columns holds."""
    seen = Profile()
    while True:
        wanted = [
            need
            for name in columns
            for need in holding(Table("lineitem"), (name,), _family(schema, name), seen)
        ]
        known = {need for need, _ in seen.states}
        new = [need for need in wanted if need not in known]
        if not new:
            return tuple(sized(need, seen.whole(need)) for need in wanted)
        for scan in lay_out(new, {}):
            seen = Profile({**seen.states, **run_scan(scan, tables).profile.states})


def _family(schema: Any, name: str) -> Family:
    return family_of(schema.get(name).type)


def copied(spark: Any, files: Path, target: Path, copies: int) -> None:
    """A Delta table of links to Parquet files, each as often as asked: rows without the writing."""
    for source in files.glob("month=*/*.parquet"):
        folder = target / source.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for copy in range(copies):
            (folder / f"{copy}-{source.name}").hardlink_to(source)
    spark.sql(f"CONVERT TO DELTA parquet.`{target}` PARTITIONED BY (month INT)")


def audit_again(spark: Any, root: Path, copies: int) -> None:
    """The audit of twelve partitions, and again after one of them changed."""
    small = spark.read.parquet(f"{root}/files").where("l_orderkey < 100000")
    small.write.format("delta").partitionBy("month").save(f"{root}/small/lineitem")
    # The first run of each kind in a new process is the compilers' work, and no figure.
    _first_and_again(spark, root / "small")
    copied(spark, root / "files", root / "large/lineitem", copies)
    first, again = _first_and_again(spark, root / "large")
    common.table(
        ("seconds of an audit of 12 partitions", "first", "again", "share"),
        (
            (name, f"{first[name]:.1f}", f"{again[name]:.1f}", f"{again[name] / first[name]:.0%}")
            for name in first
        ),
    )
    share = again["all"] / first["all"]
    print(f"one of twelve partitions changed: {share:.0%} of the first audit (allowed: 15 %)")


def _first_and_again(spark: Any, root: Path) -> tuple[dict[str, float], ...]:
    for name, text in (("contracts/lineitem.odcs.yaml", _CONTRACT), ("audits/a.yaml", _AUDIT)):
        (root / name).parent.mkdir()
        (root / name).write_text(text)
    settings = load_audit(root / "audits/a.yaml", {"lake": str(root)})
    initialise(settings, spark=spark)
    create_baseline(settings, "lineitem", "one", FIRST_MONTH, by="bench", spark=spark)
    Baselines(spark, f"{root}/results").approve("lineitem", "one", "bench")
    first = _audited(spark, settings, 2)
    spark.sql(f"UPDATE delta.`{root}/lineitem` SET l_tax = l_tax + 0.01 WHERE month = 7")
    return first, _audited(spark, settings, 3)


STEPS = {
    "_pin": "pinning versions",
    "situation": "looking at slices",
    "with_baselines": "reading the baseline",
    "observe": "reading the table",
    "with_past": "reading earlier verdicts",
    "judge": "judging",
    "record": "storing",
}


def _audited(spark: Any, settings: Any, day: int) -> dict[str, float]:
    """Seconds of an audit, by its steps and in all."""
    spent = dict.fromkeys(STEPS.values(), 0.0)

    def timed(step: Any, name: str) -> Any:
        def run(*arguments: Any) -> Any:
            start = time.perf_counter()
            try:
                return step(*arguments)
            finally:
                spent[name] += time.perf_counter() - start

        return run

    request = Request(as_of=datetime(2024, 1, day, tzinfo=timezone.utc))
    with ExitStack() as patched:
        for name, told in STEPS.items():
            step = timed(getattr(audits, name), told)
            patched.enter_context(mock.patch.object(audits, name, step))
        spent["all"] = common.seconds(lambda: audit(settings, request, spark=spark))
    return spent


_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: lineitem
version: 1.0.0
status: active
schema:
  - name: lineitem
    properties:
      - {name: month, logicalType: integer}
    quality:
      - {type: custom, engine: sparkguard, implementation: {check: drift}}
"""
_AUDIT = """\
audit: lineitem
contracts: ../contracts
results: {path: "${lake}/results"}
incremental: true
datasets:
  lineitem:
    contract: lineitem
    table: {path: "${lake}/lineitem"}
    slices: {by: [month], judge: all}
"""

if __name__ == "__main__":
    main()
