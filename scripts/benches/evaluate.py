"""All metrics of ten million predictions with labels and twenty slices against a bare join."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import common

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.evaluation import Accounting, Evaluation
from sparkguard.datatypes import from_json
from sparkguard.errors import Location
from sparkguard.evaluation.seen import Seen
from sparkguard.layout import lay_out
from sparkguard.options import convert
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE

SLICES, HORIZON = 20, 30
AS_OF = datetime(2025, 1, 15, tzinfo=timezone.utc)
OPTIONS: dict[str, Any] = {
    "task": "binary", "id": "id", "time": "made", "score": "score", "owner": "bench",
    "truth": {"table": "labels", "label": "label", "event_time": "at", "arrival_time": "known",
              "version": "version"},
    "horizon": f"P{HORIZON}D", "slices": ["segment"], "thresholds": [0.1, 0.5],
}  # fmt: skip


def files(spark: Any, rows: int) -> dict[str, Path]:
    """Predictions of a year in random order of id, and their labels in another order."""
    folder = common.CACHE / f"evaluate-{rows}"
    found = {name: folder / name for name in ("predictions", "labels")}
    if folder.exists():
        return found
    print(f"writing {rows:,} predictions and labels to {folder}")
    chance = "pmod(xxhash64(id, 1), 1000000) / 1000000D"
    logit = f"-3 + 4 * {chance} + pmod(xxhash64(id, 2), 1000) / 500D"
    made = "TIMESTAMP'2024-01-01 00:00:00+00:00' + make_dt_interval(pmod(xxhash64(id, 3), 366))"
    hour = "make_dt_interval(0, CAST(pmod(xxhash64(id, 4), 24) AS INT))"
    predictions = spark.range(rows).selectExpr(
        "id", f"{made} + {hour} AS made", f"1 / (1 + exp(-({logit}))) AS score",
        f"concat('s', pmod(xxhash64(id, 5), {SLICES})) AS segment",
    )  # fmt: skip
    delay = "make_dt_interval(CAST(pow(pmod(xxhash64(id, 6), 1000) / 1000D, 3) * 25 AS INT))"
    labels = predictions.selectExpr(
        "id", "CAST(pmod(xxhash64(id, 7), 1000000) / 1000000D < score AS INT) AS label",
        f"made + {delay} AS at", f"made + {delay} AS known", "1 AS version",
    )  # fmt: skip
    predictions.orderBy("made").write.parquet(str(found["predictions"]))
    labels.orderBy("known").write.parquet(str(found["labels"]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="measured rounds (default 3)")
    parser.add_argument("--memory", default="2g", help="heap of the driver (default 2g)")
    options = parser.parse_args()
    spark = common.session(options.memory, **{"spark.sql.shuffle.partitions": "16"})
    tables = common.Parquet(spark, **files(spark, options.rows))
    print(
        f"{options.rows:,} predictions with labels, {SLICES} slices; one warm-up round, then "
        f"{options.rounds} rounds in turn; Spark local[2], heap {options.memory}."
    )
    facts = {
        name: TableFacts(name, from_json(tables.frame(name).schema.jsonValue()))
        for name in ("predictions", "labels")
    }
    of = convert(Evaluation, OPTIONS, "evaluation", lambda option: Location("bench"))
    context = Context(facts["predictions"], AS_OF, tables=facts)
    need, _ = Accounting(of).needs(context)
    (scan,) = lay_out([need], {})
    shown: list[str] = []

    def evaluated() -> None:
        found = run_scan(scan, tables)
        assert not found.failures, found.failures
        seen, task = Seen(found.profile.states[need, WHOLE], of.slices), of.kind_of_task
        ledger = seen.ledger
        assert ledger.rows == options.rows
        values = [(g, m) for g in seen.groups() for m in task.metrics(seen.cells(g))]
        auc = values[0][1]
        shown[:] = [
            f"{len(values)} numbers of {len(list(seen.groups()))} groups; {ledger.labelled:,} of "
            f"{ledger.unique:,} predictions labelled; AUC {auc.value:.5f} in "
            f"[{auc.bin_low:.5f}, {auc.bin_high:.5f}]"
        ]

    def joined() -> None:
        left, right = tables.frame("predictions"), tables.frame("labels")
        left.join(right, "id", "left").write.format("noop").mode("overwrite").save()

    report({"SparkGuard, all metrics": evaluated, "bare join to noop": joined}, options.rounds)
    print(*shown)
    print(f"peak memory of Spark: {common.peak_memory():,.0f} MiB")
    spark.stop()


def report(measured: dict[str, Callable[[], None]], rounds: int) -> None:
    times = common.in_turns(measured, rounds)
    best = {name: min(taken) for name, taken in times.items()}
    ours, bare = best.values()
    common.table(
        ("", "best s", "median s", "ratio"),
        [
            (name, f"{best[name]:.2f}", f"{statistics.median(taken):.2f}", ratio)
            for (name, taken), ratio in zip(
                times.items(), (f"{ours / bare:.2f} x bare", ""), strict=True
            )
        ],
    )


if __name__ == "__main__":
    main()
