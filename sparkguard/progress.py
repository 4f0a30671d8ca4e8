"""What long work says while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """`done` of `total` units of a stage; `total` is None while it is not known."""

    stage: str
    done: int = 0
    total: int | None = None


Progress = Callable[[Step], None]


def quiet(step: Step) -> None:
    """Shows nothing."""
