"""Compares a shadow under spark-submit: `spark-submit [...] jobs/shadow.py run CONFIG [OPTIONS]`.

The submitter configures Spark; outside Databricks and EMR that means Delta's two jars and

    --conf spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension
    --conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(["shadow", *sys.argv[1:]])
