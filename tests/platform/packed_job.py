"""Audits with the packed environment, and says which SparkGuard the driver and executors see."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.functions import udf

import sparkguard
from sparkguard.cli import run

if __name__ == "__main__":
    report, *arguments = sys.argv[1:]
    code = run(["audit", *arguments])  # opens the session, as an audit's job does
    spark = SparkSession.builder.getOrCreate()

    def seen(_: int) -> str:
        import sparkguard as theirs

        return str(theirs.__file__)

    places = spark.range(0, 4, 1, 2).select(udf(seen, "string")("id").alias("place")).distinct()
    executors = [row["place"] for row in places.collect()]
    found = {"code": code, "driver": sparkguard.__file__, "executors": executors}
    Path(report).write_text(json.dumps(found))
    spark.stop()
