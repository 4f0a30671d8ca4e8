"""Tables for relations and scans, as a run would pin them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sparkguard.slices import Slice


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


class OneSlice(Frames):
    """Tables of a run that judges one slice, which all of them have."""

    def __init__(self, frames: Mapping[str, Any], only: Slice) -> None:
        super().__init__(frames)
        self._only = only

    def frame(self, name: str, /) -> Any:
        frame = self.in_full(name)
        for column, value in self._only.values:
            frame = frame.where(frame[column].eqNullSafe(value))
        return frame

    def in_full(self, name: str, /) -> Any:
        return super().frame(name)

    def slice_of(self, name: str, /) -> Slice:
        return self._only
