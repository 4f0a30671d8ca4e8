"""Runs any command under spark-submit: `spark-submit [...] jobs/command.py COMMAND [OPTIONS]`.

Such as `init CONFIG`, once before the first run and after an upgrade, `baseline`, `alerts send` or
`report`. The submitter configures Spark, as for jobs/audit.py. Exits as the command does.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(sys.argv[1:])
