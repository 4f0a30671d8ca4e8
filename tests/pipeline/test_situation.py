"""The tables of a run as its checks see them."""

from __future__ import annotations

from typing import Any

import pytest

from sparkguard.datatypes import Struct
from sparkguard.pipeline.situation import Restricted
from sparkguard.relations.base import row_count_of
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.tables import Pinned, TableRef


@pytest.mark.parametrize("only", [WHOLE, Slice.of({"day": "2026-05-02"})])
@pytest.mark.parametrize("rows", [7, None])
def test_rows_of_the_whole_table_are_known_unread(only: Slice, rows: int | None) -> None:
    pinned = Pinned(
        dataset="events",
        ref=TableRef(path="/lake/events"),
        version=3,
        schema=Struct(()),
        rows=rows,
        rows_proven=rows is not None,
        table_id="id",
        partition_columns=("day",),
    )
    no_session: Any = None
    tables = Restricted(Snapshot(no_session, {"events": pinned}), {"events": ("day",)}, only)
    assert row_count_of(tables, "events") == rows
