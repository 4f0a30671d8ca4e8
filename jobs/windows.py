"""Writes or reads a probe under spark-submit: `spark-submit jobs/windows.py probe|read ...`.

The arguments are those of `sparkguard window`; no Spark session is opened. Window checks
themselves run with every audit: see `jobs/audit.py`.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(["window", *sys.argv[1:]])
