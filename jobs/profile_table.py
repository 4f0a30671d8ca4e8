"""Measures a table under spark-submit: `spark-submit [...] jobs/profile_table.py TABLE [OPTIONS]`.

The submitter configures Spark, as for jobs/audit.py. `--json FILE` keeps what was measured.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(["profile", *sys.argv[1:]])
