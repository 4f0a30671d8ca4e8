"""A process of its own: `python -m tests.results.child ACTION FOLDER NAME [NUMBER]`.

`run` writes the run NAME and kills itself after operation NUMBER; `race` creates the store and
makes transitions at the same time as the others, then prints what it was told as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from sparkguard.results import Conflict, Store
from sparkguard.session import open_session
from tests.results.support import CORE, DisturbedWriter, only, write_run


def session() -> Any:
    return open_session(
        options={
            "spark.master": "local[1]",
            "spark.sql.shuffle.partitions": "1",
            "spark.databricks.delta.snapshotPartitions": "1",
            "spark.driver.memory": "512m",
            "spark.sql.codegen.wholeStage": "false",
        }
    )


def run(folder: str, name: str, number: int) -> None:
    def die(operation: int) -> None:
        if operation == number:
            os.kill(os.getpid(), signal.SIGKILL)

    write_run(Store(session(), folder, writer=DisturbedWriter(after=die)), name)


def race(folder: str, name: str, others: int) -> None:
    spark = session()
    store = Store(spark, folder)
    meet(folder, "init", name, others)
    with only(*CORE):
        changes = store.init()
    told: dict[str, Any] = {"init": [change.table for change in changes], "won": []}
    for number in (1, 2):
        meet(folder, f"change-{number}", name, others)
        try:
            store.transition("orders", "baseline", number, f"by {name}", name, "race")
            told["won"].append(number)
        except Conflict as conflict:
            told[str(number)] = conflict.winner.changed_by
    print(json.dumps(told))
    spark.stop()


def meet(folder: str, place: str, name: str, others: int) -> None:
    """Waits until all processes have arrived, so that they start together."""
    at = Path(f"{folder}.{place}")
    at.mkdir(exist_ok=True)
    (at / name).touch()
    while len(list(at.iterdir())) < others:
        time.sleep(0.005)


if __name__ == "__main__":
    action, *arguments, last = sys.argv[1:]
    {"run": run, "race": race}[action](*arguments, int(last))
