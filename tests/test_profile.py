from __future__ import annotations

from sparkguard.measures.rows import Rows, RowsState
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice

ROWS = Need(Table("t"), Rows())
MAY, JUNE = Slice.of({"month": "5"}), Slice.of({"month": "6"})
YEAR = Profile({(ROWS, MAY): RowsState(3), (ROWS, JUNE): RowsState(4)})


def test_the_whole_is_the_merge_of_the_slices() -> None:
    assert YEAR.whole(ROWS) == RowsState(7)
    assert YEAR.rows(Table("t")) == 7
    assert YEAR.at(MAY, ROWS) == RowsState(3)
    assert YEAR.at(Slice.of({"month": "7"}), ROWS) is None


def test_only_a_slice() -> None:
    assert YEAR.only(MAY).whole(ROWS) == RowsState(3)
    assert YEAR.only(WHOLE).whole(ROWS) == RowsState(7)
    assert YEAR.slices(Table("t")) == (MAY, JUNE)


def test_a_coarser_slice_is_merged_from_finer_ones() -> None:
    fine = {
        (ROWS, Slice.of({"month": "5", "origin": origin})): RowsState(rows)
        for origin, rows in [("JFK", 1), ("EWR", 2)]
    }
    assert Profile(fine).at(MAY, ROWS) == RowsState(3)


def test_profiles_merge_like_their_parts() -> None:
    assert YEAR.merge(YEAR).whole(ROWS) == RowsState(14)
    assert Profile.merged([YEAR, YEAR, Profile()]).states == YEAR.merge(YEAR).states


def test_equal_needs_have_one_id() -> None:
    assert ROWS.id == Need(Table("t"), Rows()).id
    assert ROWS.id != Need(Table("u"), Rows()).id
    assert len(ROWS.id) == 64
