"""The reference speaks YAML and not Python, and has the keys that no dataclass lists."""

from __future__ import annotations

import re
import runpy
from collections.abc import Collection

import pytest

from sparkguard.contracts.audit import _KEYS, SECTIONS
from sparkguard.contracts.binding import _DATASET_KEYS
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "reference.md").read_text()
MADE = runpy.run_path(str(ROOT / "scripts" / "reference.py"))


@pytest.mark.parametrize(
    ("written", "read"),
    [("AUDIT", (*_KEYS, *SECTIONS)), ("DATASET", _DATASET_KEYS)],
    ids=["audit", "dataset"],
)
def test_every_key_that_is_read_one_by_one_stands_in_the_reference(
    written: str, read: Collection[str]
) -> None:
    assert sorted(name for name, _, _ in MADE[written]) == sorted(read)


def test_no_type_of_python_is_shown() -> None:
    assert re.findall(r"<\w+ '[^>]*>|\bNoneType\b|\btyping\.|\bdecimal\.", PAGE) == []


def test_null_is_named_where_it_is_not_the_default() -> None:
    assert "| `empty` | a whole number or null | needed |" in PAGE
    assert not re.search(r"or null \| none \|", PAGE)
