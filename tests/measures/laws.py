"""The laws that every measure's states obey; each measure's test calls `obeys`."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.base import Measure

GOLDEN = Path(__file__).parent / "golden"
Same = Callable[[Any, Any], bool]


def equal(a: Any, b: Any) -> bool:
    return bool(a == b)


def near(*fields: str, relative: float = 1e-9) -> Same:
    """States whose named fields are close; the other fields play no part."""

    def same(a: Any, b: Any) -> bool:
        return all(
            getattr(a, f) == pytest.approx(getattr(b, f), rel=relative, abs=1e-9) for f in fields
        )

    return same


def obeys(
    measure: Measure[Any],
    state_of: Callable[[Sequence[Any]], Any],
    rows: st.SearchStrategy[Any],
    same: Same = equal,
) -> None:
    """Merging is associative and commutative, the state of no rows is its identity, rows may be
    split anywhere, and bytes give back the state.

    `state_of` computes a state from rows in plain Python, independently of Spark.
    """
    lists = st.lists(rows, max_size=20)

    @given(lists, lists, lists)
    def merging(a: list[Any], b: list[Any], c: list[Any]) -> None:
        x, y, z = state_of(a), state_of(b), state_of(c)
        assert same(x.merge(y).merge(z), x.merge(y.merge(z)))
        assert same(x.merge(y), y.merge(x))
        assert same(x.merge(state_of([])), x)
        assert same(state_of([]).merge(x), x)

    @given(lists, st.lists(st.integers(0, 20), max_size=4))
    def splitting(all_rows: list[Any], cuts: list[int]) -> None:
        ends = [0, *sorted(min(c, len(all_rows)) for c in cuts), len(all_rows)]
        parts = [state_of(all_rows[a:b]) for a, b in itertools.pairwise(ends)]
        assert same(functools.reduce(lambda p, q: p.merge(q), parts), state_of(all_rows))

    @given(lists)
    def bytes_and_back(all_rows: list[Any]) -> None:
        state = state_of(all_rows)
        dumped = measure.dump(state)
        assert dumped.startswith(f"{measure.kind}/{measure.version}\n".encode())
        loaded = measure.load(dumped)
        assert same(loaded, state)
        assert measure.dump(loaded) == dumped

    merging()
    splitting()
    bytes_and_back()
    refuses_others(measure, measure.dump(state_of([])))


def refuses_others(measure: Measure[Any], dumped: bytes) -> None:
    """Bytes of a later version, or of another kind, are an error that names both sides."""
    _, _, payload = dumped.partition(b"\n")
    later = f"{measure.kind}/{measure.version + 1}"
    for header in (later, "other/1"):
        with pytest.raises(ValueError, match=f"{header}.*{measure.kind}/{measure.version}"):
            measure.load(header.encode() + b"\n" + payload)


def reads_golden(measure: Measure[Any], state: Any, same: Same = equal) -> None:
    """The stored bytes of every version, one file each, still mean `state`."""
    for version in range(1, measure.version + 1):
        stored = GOLDEN / f"{measure.kind}-{version}.bin"
        assert same(measure.load(stored.read_bytes()), state)
