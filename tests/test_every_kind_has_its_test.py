from __future__ import annotations

from pathlib import Path

import pytest

import sparkguard

PACKAGE = Path(sparkguard.__file__).parent
TESTS = Path(__file__).parent


@pytest.mark.parametrize("family", ["checks", "measures", "relations"])
def test_every_file_of_a_family_has_its_test_file(family: str) -> None:
    plain = {"__init__", "base", "row_rule"}
    modules = {path.stem for path in (PACKAGE / family).glob("*.py")} - plain
    tests = {path.stem.removeprefix("test_") for path in (TESTS / family).glob("test_*.py")}
    assert modules
    assert modules - tests == set()
