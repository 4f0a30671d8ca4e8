"""Evaluates models under spark-submit: `spark-submit [...] jobs/evaluate.py CONFIG [OPTIONS]`.

As `jobs/audit.py`, for rules of the check `evaluation` alone; the others are skipped, and say so.
`--as-of` looks from a past moment.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(["audit", "--check", "evaluation", *sys.argv[1:]])
