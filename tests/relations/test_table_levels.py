from __future__ import annotations

from typing import Any

from sparkguard.layout import lay_out
from sparkguard.measures.rows import Rows
from sparkguard.profile import Need
from sparkguard.relations.table_levels import TableLevels, WholeTable
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE, Slice
from tests.frames import OneFrame, OneSlice


def test_every_row_counts_for_its_slice_and_for_the_whole(spark: Any) -> None:
    frame = spark.createDataFrame([("x",), ("x",), (None,)], "p string")
    relation = TableLevels("t")
    need = Need(relation, Rows())
    (scan,) = lay_out([need], {"t": ("p",)})
    seen = run_scan(scan, OneFrame(frame)).profile
    counts = {where: state.rows for (_, where), state in seen.states.items()}
    assert counts == {WHOLE: 3, Slice.of({"p": "x"}): 2, Slice.of({"p": None}): 1}
    (scan,) = lay_out([need], {})
    assert run_scan(scan, OneFrame(frame)).profile.whole(need).rows == 3
    assert (relation.subject, relation.tables()) == ("t", {"t"})


def test_a_whole_table_is_all_rows_whatever_slice_is_judged(spark: Any) -> None:
    frame = spark.createDataFrame([("x",), ("x",), (None,)], "p string")
    relation = WholeTable("t")
    need = Need(relation, Rows())
    for by in ((), ("p",)):
        (scan,) = lay_out([need], {"t": by})
        seen = run_scan(scan, OneSlice({"t": frame}, Slice.of({"p": "x"}))).profile
        assert {where: state.rows for (_, where), state in seen.states.items()} == {WHOLE: 3}
    assert (relation.subject, relation.tables()) == ("t", {"t"})
