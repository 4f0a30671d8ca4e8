"""All references of TPC-H's lineitem and orders against bare anti joins on the same keys."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import common

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.references import References
from sparkguard.datatypes import from_json
from sparkguard.layout import lay_out
from sparkguard.profile import Profile
from sparkguard.scan import bundled, run_bundle
from sparkguard.slices import WHOLE

REFERENCES = {
    "lineitem": (
        (("l_orderkey",), "orders", ("o_orderkey",)),
        (("l_partkey",), "part", ("p_partkey",)),
        (("l_suppkey",), "supplier", ("s_suppkey",)),
        (("l_partkey", "l_suppkey"), "partsupp", ("ps_partkey", "ps_suppkey")),
    ),
    "orders": ((("o_custkey",), "customer", ("c_custkey",)),),
}
TABLES = ("lineitem", "orders", "part", "supplier", "partsupp", "customer")
SKEWED = "if(l_linenumber % 2 = 1 OR l_linenumber = 2, 1L, l_orderkey)"
"""Puts more than half of lineitem's rows on one order; the others stay as they are."""


class Skewed:
    """The tables, with most of lineitem's rows on one order."""

    def __init__(self, tables: common.Parquet) -> None:
        self._tables = tables

    def frame(self, name: str, /) -> Any:
        frame = self._tables.frame(name)
        if name != "lineitem":
            return frame
        return frame.selectExpr(f"{SKEWED} AS l_orderkey")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sf", type=float, default=1.0, help="TPC-H scale factor (default 1)")
    parser.add_argument("--rounds", type=int, default=3, help="measured rounds (default 3)")
    parser.add_argument("--memory", default="2g", help="heap of the driver (default 2g)")
    options = parser.parse_args()
    files = {name: common.tpch(name, options.sf) for name in TABLES}
    spark = common.session(options.memory)
    tables = common.Parquet(spark, **files)
    facts = {
        name: TableFacts(name, from_json(tables.frame(name).schema.jsonValue())) for name in TABLES
    }
    print(
        f"TPC-H at scale factor {options.sf:g}, {sum(map(len, REFERENCES.values()))} references; "
        f"one warm-up round, then {options.rounds} rounds in turn; Spark local[2], "
        f"heap {options.memory}."
    )

    def checked(child: str, only: int | None = None, source: Any = tables) -> Profile:
        context = Context(facts[child], datetime.now(timezone.utc), tables=facts)
        chosen = REFERENCES[child] if only is None else REFERENCES[child][only : only + 1]
        checks = [
            References(tuple((c,) for c in mine), to, tuple((c,) for c in theirs))
            for mine, to, theirs in chosen
        ]
        needs = [need for check in checks for need in check.needs(context)]
        scans = [(scan, source) for scan in lay_out(needs, {})]
        found = Profile.merged(
            seen.profile
            for group in bundled(scans, lambda pair: pair)
            for seen in run_bundle([scan for scan, _ in group], source)
        )
        for need in needs:
            state = found.at(WHOLE, need)
            assert state is not None
            assert state.count("orphan_rows") == state.count("multiplied_keys") == 0
        return found

    measured: dict[str, Callable[[], object]] = {
        "SparkGuard, all references": lambda: [checked(child) for child in REFERENCES],
        "bare left anti joins to noop": lambda: [
            anti_join(tables, child, *one) for child, every in REFERENCES.items() for one in every
        ],
        "lineitem to orders": lambda: checked("lineitem", 0),
        "  bare left anti join": lambda: anti_join(tables, "lineitem", *REFERENCES["lineitem"][0]),
        "lineitem to orders, over half of the rows on one key": lambda: checked(
            "lineitem", 0, Skewed(tables)
        ),
    }
    report(measured, options.rounds)
    print(f"peak memory of Spark: {common.peak_memory():,.0f} MiB")
    spark.stop()


def report(measured: dict[str, Callable[[], object]], rounds: int) -> None:
    times = common.in_turns(measured, rounds)
    best = {name: min(taken) for name, taken in times.items()}
    every, bare, one, bare_one, skewed = best.values()
    shown = (
        f"{every / bare:.2f} x bare", "", f"{one / bare_one:.2f} x bare", "",
        f"{skewed / one:.2f} x unskewed",
    )  # fmt: skip
    common.table(
        ("", "best s", "median s", "ratio"),
        [
            (name, f"{best[name]:.2f}", f"{statistics.median(taken):.2f}", ratio)
            for (name, taken), ratio in zip(times.items(), shown, strict=True)
        ],
    )


def anti_join(
    tables: common.Parquet, child: str, mine: tuple[str, ...], to: str, theirs: tuple[str, ...]
) -> None:
    left = tables.frame(child).select(*mine)
    right = tables.frame(to).select(*theirs)
    same = [left[m] == right[t] for m, t in zip(mine, theirs, strict=True)]
    left.join(right, same, "left_anti").write.format("noop").mode("overwrite").save()


if __name__ == "__main__":
    main()
