from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.layout import lay_out
from sparkguard.measures.rows import Rows
from sparkguard.measures.tally import Tally
from sparkguard.profile import Need
from sparkguard.relations.table import Table
from sparkguard.sql import Sql

T = Table("t")


def tally(*columns: str, condition: str = "c") -> Need:  # type: ignore[type-arg]
    return Need(T, Tally(Sql(condition), frozenset(columns)))


def test_equal_needs_are_measured_once() -> None:
    (scan,) = lay_out([tally("a"), tally("a")], {})
    assert [m.kind for m in scan.chunks[0].measures] == ["rows", "tally"]


def test_one_scan_per_relation_with_the_slices_of_its_subject() -> None:
    scans = lay_out([tally("a"), Need(Table("u"), Rows())], {"t": ("month",)})
    assert [(s.relation, s.by) for s in scans] == [(T, ("month",)), (Table("u"), ())]


def test_measures_of_common_columns_share_a_chunk() -> None:
    needs = [tally("a"), tally("b"), tally("c"), tally("c", "a", condition="d")]
    (scan,) = lay_out(needs, {}, columns_per_chunk=2)
    assert [sorted(chunk.columns) for chunk in scan.chunks] == [["a", "c"], ["b"]]


COLUMN_SETS = st.lists(st.frozensets(st.sampled_from("abcdefghijklmnop"), max_size=3), max_size=20)


@given(COLUMN_SETS, st.integers(1, 6))
def test_every_column_is_read_by_one_chunk(columns: list[frozenset[str]], most: int) -> None:
    needs = [tally(*each, condition=str(i)) for i, each in enumerate(columns)]
    for scan in lay_out(needs, {}, most):
        read = [column for chunk in scan.chunks for column in chunk.columns]
        assert len(read) == len(set(read))
        measured = [m for chunk in scan.chunks for m in chunk.measures if m != Rows()]
        assert sorted(map(str, measured)) == sorted(str(need.measure) for need in needs)
        assert all(Rows() in chunk.measures for chunk in scan.chunks)


def test_a_wide_table_is_split() -> None:
    (scan,) = lay_out([tally(f"c{i}") for i in range(1_000)], {})
    assert [len(chunk.columns) for chunk in scan.chunks] == [10] * 100
