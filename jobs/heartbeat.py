"""Tells when an audit has stopped: `spark-submit jobs/heartbeat.py RUNS_TABLE AUDIT HOURS`.

RUNS_TABLE is the result table `runs`, by path or catalog name, HOURS the time between two runs.
Exits 1 when no complete run ended in the last two of them. It shares no code with the audits, so
that what stops them does not stop it.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone

from pyspark.sql import SparkSession


def main(table: str, audit: str, hours: str) -> int:
    read = SparkSession.builder.getOrCreate().read
    runs = read.format("delta").load(table) if "/" in table else read.table(table)
    mine = runs.where((runs["audit"] == audit) & (runs["status"] == "complete"))
    last = mine.selectExpr("unix_seconds(max(finished_at)) AS at").collect()[0]["at"]
    age = datetime.now(timezone.utc).timestamp() - (last or 0)
    said = "never ran" if last is None else f"last ran {age / 3600:.1f} hours ago"
    print(f"{audit} {said}; a run is due every {hours} hours")
    return int(last is None or age > 2 * 3600 * float(hours))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
