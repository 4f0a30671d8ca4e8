"""Two releases are stopped at the boundary; a third passes it, and its first month is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.demos import load, names


def test_it_is_listed() -> None:
    assert "boundary" in names()


@pytest.mark.full
def test_the_demo_finds_all_three_releases(spark: Any, lake: Path) -> None:
    assert load("boundary")(lake, spark, lambda text: None)
