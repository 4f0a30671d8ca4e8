"""A full profile against a bare scan and DuckDB's SUMMARIZE, on the same files in one run."""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import common

from sparkguard.checks.base import TableFacts
from sparkguard.datatypes import from_json
from sparkguard.profiling import TableProfile, measure_columns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sf", type=float, default=1.0, help="TPC-H scale factor (default 1)")
    parser.add_argument("--rounds", type=int, default=4, help="measured rounds (default 4)")
    parser.add_argument("--warm", type=int, default=6, help="rounds before them (default 6)")
    parser.add_argument("--slice", default="l_linenumber", help="slice column (7 values)")
    parser.add_argument("--memory", default="2g", help="heap of the driver (default 2g)")
    parser.add_argument("--wide", default="10,200,1000", help="columns of the wide tables")
    parser.add_argument("--wide-rows", type=int, default=100_000, help="rows of the wide tables")
    options = parser.parse_args()
    lineitem = common.tpch("lineitem", options.sf)
    spark = common.session(options.memory)
    tables = common.Parquet(spark, lineitem=lineitem)
    print(
        f"lineitem at scale factor {options.sf:g}, all 16 columns, sliced by {options.slice}; "
        f"{options.warm} warm-up rounds (bare scan, profile) are not counted, then the best of "
        f"{options.rounds} rounds in which the three alternate; Spark local[2], "
        f"heap {options.memory}."
    )
    lineitem_against_others(tables, lineitem, options)
    if options.wide:
        wide_tables(spark, [int(n) for n in options.wide.split(",")], options.wide_rows)
    spark.stop()


def lineitem_against_others(
    tables: common.Parquet, file: Path, options: argparse.Namespace
) -> None:
    by = (options.slice,)
    for _ in range(options.warm):
        common.bare_scan(tables, "lineitem")
        profile(tables, "lineitem", by)
    bare, ours, duck = [], [], []
    for _ in range(options.rounds):
        bare.append(common.bare_scan(tables, "lineitem"))
        ours.append(common.seconds(lambda: profile(tables, "lineitem", by)))
        bare.append(common.bare_scan(tables, "lineitem"))
        duck.append(common.seconds(lambda: summarize(file)))
    common.table(
        ("", "best s", "median s", "x bare (best)", "x bare (median)"),
        [
            (
                name,
                f"{min(times):.2f}",
                f"{statistics.median(times):.2f}",
                f"{min(times) / min(bare):.2f}",
                f"{statistics.median(times) / statistics.median(bare):.2f}",
            )
            for name, times in (
                ("bare scan (noop)", bare),
                ("SparkGuard profile, per slice", ours),
                ("DuckDB SUMMARIZE, no slices", duck),
            )
        ],
    )
    print(f"Spark's peak memory (resident, JVM): {common.peak_memory():,.0f} MiB\n")


def profile(tables: common.Parquet, name: str, by: tuple[str, ...] = ()) -> TableProfile:
    schema = from_json(tables.frame(name).schema.jsonValue())
    found = measure_columns(tables, TableFacts(name, schema), by=by)
    failed = [one.column for one in found.at() if one.outcome != "pass"]
    if failed:
        raise RuntimeError(f"not measured: {', '.join(failed)}")
    return found


def summarize(file: Path) -> None:
    import duckdb

    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SUMMARIZE SELECT * FROM read_parquet(?)", [str(file)]).fetchall()


def wide_tables(spark: object, widths: list[int], rows: int) -> None:
    print(
        f"Tables of {rows:,} rows of double columns, no slices; the best of two rounds after one "
        "that is not counted."
    )
    per_cell: dict[int, float] = {}
    for width in widths:
        tables = common.Parquet(spark, wide=wide(spark, width, rows))
        profile(tables, "wide")
        best = min(common.seconds(lambda t=tables: profile(t, "wide")) for _ in range(2))
        per_cell[width] = best / (width * rows) * 1e9
    first = per_cell[widths[0]]
    common.table(
        ("columns", "ns per cell", f"x that of {widths[0]}"),
        [(width, f"{cost:.0f}", f"{cost / first:.2f}") for width, cost in per_cell.items()],
    )


def wide(spark: object, width: int, rows: int) -> Path:
    """A file of `width` double columns; hashes of the row number serve as values."""
    target = common.CACHE / f"wide-{width}-{rows}.parquet"
    if not target.exists():
        cells = [f"pmod(xxhash64(id, {i}), 1000003) / 7D AS c{i}" for i in range(width)]
        frame = spark.range(0, rows, 1, 2).selectExpr(*cells)  # type: ignore[attr-defined]
        frame.write.parquet(str(target))
    return target


if __name__ == "__main__":
    main()
