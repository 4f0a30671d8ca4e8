"""Tables for relations and scans, as a run would pin them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class Frames:
    """Tables by name, given as a mapping or as arguments."""

    def __init__(self, frames: Mapping[str, Any] = MappingProxyType({}), /, **named: Any) -> None:
        self._frames = {**frames, **named}

    def frame(self, name: str, /) -> Any:
        return self._frames[name]


class OneFrame:
    """The same rows under every name."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def frame(self, name: str, /) -> Any:
        return self._frame
