"""Recomputes windows under spark-submit: `spark-submit [...] jobs/windows.py CONFIG [OPTIONS]`.

As `jobs/audit.py`, for the checks of windows alone; the others are skipped, and say so.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

KINDS = [
    *("--check", "window"),
    *("--check", "window_volume"),
    *("--check", "window_conservation"),
]

if __name__ == "__main__":
    main(["audit", *KINDS, *sys.argv[1:]])
