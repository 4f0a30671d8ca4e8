"""Audits drift under spark-submit: `spark-submit [...] jobs/drift.py CONFIG [AUDIT OPTIONS]`.

As `jobs/audit.py`, for all rules, and it prints SparkGuard's own rate of false alarms of drift as
well; above its budget the job fails.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(["audit", "--aa", *sys.argv[1:]])
