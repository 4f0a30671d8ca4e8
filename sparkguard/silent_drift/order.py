"""The order of partitions in time, as far as their values tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sparkguard.slices import Slice


def in_order(slice_: Slice, by: Sequence[str] = ()) -> tuple[Any, ...]:
    """A key that puts partitions in the order of their values: numbers as numbers, NULL first.

    `by` gives the partition columns in order; without it they go by name.
    """
    values = dict(slice_.values)
    return tuple(_natural(values.get(column)) for column in by or values)


def _natural(text: str | None) -> tuple[Any, ...]:
    if text is None:
        return (0,)
    if re.fullmatch(r"-?\d+", text):
        return (1, int(text), "")
    return (2, 0, text)
