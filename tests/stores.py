"""Result tables, created once by each process and copied: creating them takes seconds."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sparkguard.results import Store


def create_store(spark: Any, folder: str | Path) -> None:
    """What `sparkguard init` leaves in a folder, unless it is there."""
    if not (Path(folder) / "runs").exists():
        shutil.copytree(_created(spark), folder, dirs_exist_ok=True)


@cache
def _created(spark: Any) -> str:
    folder = tempfile.mkdtemp(prefix="sparkguard-store-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Store(spark, folder).init()
    return folder
