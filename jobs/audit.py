"""Runs an audit under spark-submit: `spark-submit [...] jobs/audit.py CONFIG [AUDIT OPTIONS]`.

The submitter configures Spark; outside Databricks and EMR that means Delta's two jars and

    --conf spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension
    --conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog

In client mode the exit code is the audit's; in cluster mode the table `runs` has it.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(["audit", *sys.argv[1:]])
