"""Guards a write under spark-submit: `spark-submit [...] jobs/gate.py CONTRACT [GATE OPTIONS]`.

The submitter configures Spark, as for jobs/audit.py. Exits as `sparkguard gate` does.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(["gate", *sys.argv[1:]])
