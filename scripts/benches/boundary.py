"""Figures of the boundary: comparing contracts, guarding a write, searching stored profiles.

scripts/bench boundary [--sf 1] [--rounds 3]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import seconds, session, tpch

COLUMNS = 1_000
PARTITIONS = 365

HEAD = """apiVersion: v3.1.0
kind: DataContract
id: wide
version: {version}
status: active
schema:
  - name: wide
    properties:
"""
COMPARE = """
import time
import sparkguard.cli, sparkguard.contracts.odcs, sparkguard.contracts.validation
import jsonschema, yaml, open_data_contract_standard.model
import sparkguard.contracts.compatibility.reduction
started, worked = time.perf_counter(), time.process_time()
code = sparkguard.cli.run(["contract", "diff", {old!r}, {new!r}])
print("seconds", time.perf_counter() - started, time.process_time() - worked)
assert code == 1, code
"""


def compare(folder: Path) -> tuple[float, float]:
    """Seconds after start, and of CPU, to compare two contracts of 1,000 columns."""
    files = []
    for version, changed in (("1.0.0", ""), ("1.1.0", "x")):
        columns = "".join(
            f"      - {{name: c{i}{changed if i == 500 else ''}, logicalType: integer,"
            f" physicalType: int, required: {str(i % 2 == 0).lower()}}}\n"
            for i in range(COLUMNS)
        )
        file = folder / f"{version}.odcs.yaml"
        file.write_text(HEAD.format(version=version) + columns)
        files.append(str(file))
    done = subprocess.run(
        [sys.executable, "-c", COMPARE.format(old=files[0], new=files[1])],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    elapsed, worked = done.stdout.rsplit("seconds ", 1)[1].split()
    return float(elapsed), float(worked)


def guard(spark: Any, folder: Path, scale: float, rounds: int) -> None:
    """A guarded write beside a bare one and an audit of the same rows."""
    from datetime import datetime, timezone

    from sparkguard import gate
    from sparkguard.gate.audit import audit_rows
    from sparkguard.suggest import suggest
    from sparkguard.tables import TableRef

    rows = spark.read.parquet(str(tpch("orders", scale)))
    warm = folder / "warm"
    rows.write.format("delta").save(str(warm))
    contract = suggest(str(warm), name="orders", spark=spark).contract
    promise, ref = contract.tables[0], TableRef(path=str(warm))
    now = datetime.now(timezone.utc)
    gate.write(rows, contract, str(folder / "warm-guarded"))
    times: dict[str, list[float]] = {"bare write": [], "audit": [], "guarded write": []}
    for number in range(rounds):
        bare, guarded = (str(folder / f"{name}-{number}") for name in ("bare", "guarded"))
        work: dict[str, Callable[[], object]] = {
            "bare write": lambda to=bare: rows.write.format("delta").save(to),
            "audit": lambda: audit_rows(spark, promise, ref, 0, {}, now),
            "guarded write": lambda to=guarded: gate.write(rows, contract, to),
        }
        for name, one in work.items():
            times[name].append(seconds(one))
    for name, taken in times.items():
        print(f"{name}: best {min(taken):.1f} s of {', '.join(f'{t:.1f}' for t in taken)}")
    write, audit, whole = (min(taken) for taken in times.values())
    allowed = 2 * write + audit
    print(f"guarded write / (2 x bare write + audit) = {whole / allowed:.2f}; at most 1.00")


def drift(spark: Any, folder: Path) -> None:
    """Search over a year of stored partitions, with the table's files taken away."""
    from sparkguard.datatypes import from_json
    from sparkguard.results import Store
    from sparkguard.run import audit, initialise
    from sparkguard.stored_drift import search_stored

    table = folder / "daily"
    frame = spark.range(PARTITIONS * 200).selectExpr(
        f"CAST(id % {PARTITIONS} AS INT) AS day",
        f"CASE WHEN id % {PARTITIONS} < 200 THEN CAST(id % 97 AS DOUBLE) + 1 END AS amount",
        "CAST(id % 7 AS STRING) AS code",
    )
    frame.repartition("day").write.format("delta").partitionBy("day").save(str(table))
    (folder / "daily.odcs.yaml").write_text(
        HEAD.format(version="1.0.0")
        .replace("wide", "daily")
        .replace(
            "    properties:",
            "    quality:\n      - {type: custom, engine: sparkguard,"
            " implementation: {check: silent_drift}}\n    properties:",
        )
        + "      - {name: day, logicalType: integer}\n      - {name: amount, logicalType: number}\n"
        + "      - {name: code, logicalType: string}\n"
    )
    config = folder / "daily.audit.yaml"
    config.write_text(
        f'audit: daily\ncontracts: [daily.odcs.yaml]\nresults: {{path: "{folder}/results"}}\n'
        f'datasets:\n  daily:\n    contract: daily\n    table: {{path: "{table}"}}\n'
        "    slices: {by: [day], judge: none}\n"
    )
    initialise(config, spark=spark)
    audit(config, spark=spark)
    schema = from_json(frame.schema.jsonValue())
    shutil.rmtree(table)
    started = time.perf_counter()
    found = search_stored(Store(spark, str(folder / "results")), "daily", schema, ("day",))
    print(f"search over {PARTITIONS} stored partitions: {time.perf_counter() - started:.1f} s")
    print(found.reason)
    assert "amount: always NULL since day=200" in found.reason


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sf", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        elapsed, worked = compare(folder)
        print(f"contract diff, {COLUMNS:,} columns: {elapsed:.2f} s, of CPU {worked:.2f} s")
        spark = session()
        guard(spark, folder, given.sf, given.rounds)
        drift(spark, folder)
        spark.stop()


if __name__ == "__main__":
    main()
