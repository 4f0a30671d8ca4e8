"""Evaluates models under spark-submit: `spark-submit [...] jobs/evaluate.py CONFIG [OPTIONS]`.

The submitter configures Spark, as for jobs/audit.py. The contract's `evaluation` rules say what
is evaluated; `--as-of` looks from a past moment. Exits as `sparkguard audit` does.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(["audit", *sys.argv[1:]])
