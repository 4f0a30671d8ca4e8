from __future__ import annotations

from typing import Any

from sparkguard.relations.source import Source
from sparkguard.slices import Slice


class OneDay:
    def frame(self, name: str, /) -> Any:
        return f"one day of {name}"

    def in_full(self, name: str, /) -> Any:
        return f"all rows of {name}"

    def slice_of(self, name: str, /) -> Slice:
        return Slice.of({"day": "1"})


def test_a_source_is_read_in_full_whatever_slice_is_judged() -> None:
    source = Source("t")
    assert source.frame(OneDay(), ("day",)) == "all rows of t"  # type: ignore[comparison-overlap]
    assert (source.subject, source.tables()) == ("t", {"t"})
    assert source.chunked
