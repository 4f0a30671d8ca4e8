from __future__ import annotations

from sparkguard.slices import WHOLE, Slice
from sparkguard.sql.slices import is_in, is_in_any

MAY = Slice.of({"month": "5"})
NONE = Slice.of({"month": None})


def test_the_rows_of_slices_are_told_by_the_text_of_their_values() -> None:
    may, none = (f"(try_cast(`month` AS STRING) <=> {value})" for value in ("'5'", "NULL"))
    assert is_in(MAY).text == may
    assert is_in_any([MAY, NONE]).text == f"({none}) OR ({may})"


def test_the_whole_holds_every_row_and_no_slices_hold_none() -> None:
    assert is_in(WHOLE).text == "true"
    assert is_in_any([]).text == "false"
