"""All metrics of ten million predictions with labels and twenty slices against a bare join.

A day's late labels are then added to them by what they change.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import common

from sparkguard import sql
from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.evaluation import Accounting, Evaluation
from sparkguard.errors import Location
from sparkguard.evaluation.seen import Seen
from sparkguard.evaluation.sources import micros
from sparkguard.layout import lay_out
from sparkguard.options import convert
from sparkguard.pipeline.late_labels import LateLabels
from sparkguard.profile import Need
from sparkguard.relations.prediction_with_truth import PredictionWithTruth
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE
from sparkguard.snapshot import Snapshot
from sparkguard.tables import TableRef

SLICES, HORIZON = 20, 30
AS_OF, DAY = datetime(2025, 1, 15, tzinfo=timezone.utc), timedelta(days=1)
OPTIONS: dict[str, Any] = {
    "task": "binary", "id": "id", "time": "made", "score": "score", "owner": "bench",
    "truth": {"table": "labels", "label": "label", "event_time": "at", "arrival_time": "known",
              "version": "version"},
    "horizon": f"P{HORIZON}D", "slices": ["segment"], "thresholds": [0.1, 0.5],
}  # fmt: skip


def tables(spark: Any, rows: int) -> dict[str, Path]:
    """Predictions of a year by month, and their labels in the order in which they became known.

    Version 1 of the labels adds those of the last day, and corrects one in a thousand of all.
    """
    folder = common.CACHE / f"evaluate-delta-{rows}"
    found = {name: folder / name for name in ("predictions", "labels")}
    if (folder / "complete").exists():
        return found
    shutil.rmtree(folder, ignore_errors=True)
    print(f"writing {rows:,} predictions and labels to {folder}")
    chance = "pmod(xxhash64(id, 1), 1000000) / 1000000D"
    logit = f"-3 + 4 * {chance} + pmod(xxhash64(id, 2), 1000) / 500D"
    made = "TIMESTAMP'2024-01-01 00:00:00+00:00' + make_dt_interval(pmod(xxhash64(id, 3), 366))"
    hour = "make_dt_interval(0, CAST(pmod(xxhash64(id, 4), 24) AS INT))"
    predictions = spark.range(rows).selectExpr(
        "id", f"{made} + {hour} AS made", f"1 / (1 + exp(-({logit}))) AS score",
        f"concat('s', pmod(xxhash64(id, 5), {SLICES})) AS segment",
        f"month({made}) AS month",
    )  # fmt: skip
    delay = "make_dt_interval(CAST(pow(pmod(xxhash64(id, 6), 1000) / 1000D, 3) * 25 AS INT))"
    labels = predictions.selectExpr(
        "id", "CAST(pmod(xxhash64(id, 7), 1000000) / 1000000D < score AS INT) AS label",
        f"made + {delay} AS at", f"made + {delay} AS known", "1 AS version",
    )  # fmt: skip
    last = f"known > TIMESTAMP'{AS_OF - DAY:%Y-%m-%d %H:%M:%S}+00:00'"
    corrected = labels.where("id % 1000 = 0").selectExpr(
        "id", "1 - label AS label", "at", f"TIMESTAMP'{AS_OF:%Y-%m-%d}' AS known", "2 AS version"
    )
    predictions.repartitionByRange(12, "month").write.format("delta").partitionBy("month").save(
        str(found["predictions"])
    )
    first = labels.where(f"NOT {last}").orderBy("known").write.format("delta")
    first.option("delta.enableChangeDataFeed", "true").save(str(found["labels"]))
    more = labels.where(last).union(corrected).coalesce(2).write.format("delta").mode("append")
    more.save(str(found["labels"]))
    (folder / "complete").touch()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=1, help="measured rounds (default 1)")
    parser.add_argument("--memory", default="2g", help="heap of the driver (default 2g)")
    options = parser.parse_args()
    spark = common.session(options.memory, **{"spark.sql.shuffle.partitions": "16"})
    refs = {n: TableRef(path=str(path)) for n, path in tables(spark, options.rows).items()}
    snapshot = Snapshot.pin(spark, refs)
    print(
        f"{options.rows:,} predictions with labels, {SLICES} slices; one warm-up round, then "
        f"{options.rounds} in turn; Spark local[2], heap {options.memory}."
    )
    facts = {name: TableFacts(name, pinned.schema) for name, pinned in snapshot.pinned.items()}
    of = convert(Evaluation, OPTIONS, "evaluation", lambda option: Location("bench"))
    context = Context(facts["predictions"], AS_OF, tables=facts)
    need, _ = Accounting(of).needs(context)
    assert isinstance(need.relation, PredictionWithTruth)
    (scan,) = lay_out([need], {})
    shown: list[str] = []

    def evaluated() -> None:
        found = run_scan(scan, snapshot)
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
        left, right = snapshot.frame("predictions"), snapshot.frame("labels")
        left.join(right, "id", "left").write.format("noop").mode("overwrite").save()

    since = AS_OF - DAY
    late = LateLabels(
        snapshot, replace(need.relation, since=micros(since)), since,
        {"predictions": 0, "labels": 0}, {}, sql.literal(False),
    )  # fmt: skip
    (again,) = lay_out([Need(late.relation, need.measure)], {})

    def updated() -> None:
        found = run_scan(again, late)
        assert not found.failures, found.failures

    measured = {
        "all metrics of the year": evaluated,
        "a day's late labels, by what they change": updated,
        "bare join of the year, to noop": joined,
    }
    report(measured, options.rounds)
    print(*shown)
    print(f"peak memory of Spark: {common.peak_memory():,.0f} MiB")
    spark.stop()


def report(measured: dict[str, Callable[[], None]], rounds: int) -> None:
    times = common.in_turns(measured, rounds)
    bare = min(list(times.values())[-1])
    common.table(
        ("", "best s", "median s", "ratio"),
        [
            (name, f"{min(taken):.2f}", f"{statistics.median(taken):.2f}",
             f"{min(taken) / bare:.2f} x bare")
            for name, taken in times.items()
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
