from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.slices import WHOLE, Slice, partition_order

TEXT = st.text(max_size=8)
SLICES = st.dictionaries(TEXT.filter(bool), st.none() | TEXT, max_size=3).map(Slice.of)


@given(SLICES)
def test_a_key_reads_back_as_the_same_slice(where: Slice) -> None:
    assert Slice.parse(where.key) == where


@given(SLICES, SLICES)
def test_different_slices_have_different_keys(one: Slice, other: Slice) -> None:
    assert (one.key == other.key) == (one == other)


@pytest.mark.parametrize(
    ("values", "key", "text"),
    [
        ({}, "", "whole table"),
        ({"month": "5"}, "month=5", "month=5"),
        ({"b": "x/y", "a": None}, "a/b=x%2Fy", "a=NULL, b=x/y"),
        ({"a": ""}, "a=", "a="),
    ],
)
def test_key_and_text(values: dict[str, str | None], key: str, text: str) -> None:
    where = Slice.of(values)
    assert (where.key, str(where)) == (key, text)


def test_a_slice_contains_what_is_narrower() -> None:
    may = Slice.of({"month": "5"})
    may_jfk = Slice.of({"month": "5", "origin": "JFK"})
    assert WHOLE.contains(may)
    assert may.contains(may_jfk)
    assert not may_jfk.contains(may)
    assert not may.contains(Slice.of({"month": None}))


def test_slices_overlap_unless_a_column_tells_them_apart() -> None:
    may, jfk = Slice.of({"month": "5"}), Slice.of({"origin": "JFK"})
    assert WHOLE.overlaps(may)
    assert may.overlaps(WHOLE)
    assert may.overlaps(jfk)
    assert not may.overlaps(Slice.of({"month": "6", "origin": "JFK"}))
    assert not may.overlaps(Slice.of({"month": None}))


def test_partitions_sort_as_numbers_then_texts_with_null_at_an_end() -> None:
    texts = ["b", None, "10", "9", "a", "1.5", "-3", "1.0E17", "9999999999999999"]
    parts = [Slice.of({"p": text}) for text in texts]
    wanted = ["-3", "1.5", "9", "10", "9999999999999999", "1.0E17", "a", "b"]

    def ordered(**options: bool) -> list[str | None]:
        found = sorted(parts, key=lambda part: partition_order(part, **options))
        return [part.values[0][1] for part in found]

    assert ordered() == [None, *wanted]
    assert ordered(nulls_last=True) == [*wanted, None]


def test_partitions_sort_by_their_columns_as_declared() -> None:
    months = [Slice.of({"year": y, "month": m}) for y, m in (("2023", "12"), ("2024", "2"))]
    assert sorted(months, key=lambda m: partition_order(m, ("year", "month"))) == months
    assert sorted(months, key=partition_order) == months[::-1]
