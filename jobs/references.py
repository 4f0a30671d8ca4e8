"""Checks references under spark-submit: `spark-submit [...] jobs/references.py CONFIG [OPTIONS]`.

As `jobs/audit.py`, for references and joins alone; the others are skipped, and say so.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

KINDS = [
    *("--check", "references"),
    *("--check", "versioned_references"),
    *("--check", "join_conservation"),
]

if __name__ == "__main__":
    main(["audit", *KINDS, *sys.argv[1:]])
