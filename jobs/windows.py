"""Recomputes windows under spark-submit: `spark-submit [...] jobs/windows.py CONFIG [OPTIONS]`.

As `jobs/audit.py`, for the checks of windows alone; the others are skipped, and say so.
"""

from __future__ import annotations

import sys

from sparkguard.cli import main

if __name__ == "__main__":
    main(["audit", "--check", "window", "--check", "window_volume", *sys.argv[1:]])
