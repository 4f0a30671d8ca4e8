"""The tables of a run as its checks see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.contracts.audit import load_audit
from sparkguard.datatypes import Struct, parse
from sparkguard.errors import ConfigurationError
from sparkguard.pipeline.situation import Restricted, situation
from sparkguard.relations.base import row_count_of
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.tables import Pinned, TableRef
from tests.shops import write_audit

NO_SESSION: Any = None


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
    tables = Restricted(Snapshot(NO_SESSION, {"events": pinned}), {"events": ("day",)}, only)
    assert row_count_of(tables, "events") == rows


class Counts:
    def slice_values(self, name: str, by: tuple[str, ...], /) -> dict[Slice, int]:
        return {Slice.of(dict.fromkeys(by, "5")): 9}


@pytest.mark.parametrize(
    ("only", "judged", "message"),
    [
        ({"month": "5", "origin": "5"}, {"month=5/origin=5"}, ""),
        ({"month": "5"}, set(), "month=5 is no slice of trips, .* month, origin; give origin as"),
        ({"day": "5"}, set(), "no dataset is sliced by day=5; slice columns are: month, origin"),
    ],
)
def test_one_slice_names_all_slice_columns(
    tmp_path: Path, only: dict[str, str | None], judged: set[str], message: str
) -> None:
    names = ("month", "origin")
    columns = [{"name": name, "physicalType": "int"} for name in names]
    by = {"trips": {"slices": {"by": list(names)}}}
    settings = load_audit(write_audit(tmp_path, {"trips": {"properties": columns}}, by))
    schema = parse("struct<month:int,origin:int>")
    assert isinstance(schema, Struct)
    pinned = Pinned(
        dataset="trips",
        ref=TableRef(path="/lake/trips"),
        version=3,
        schema=schema,
        rows=9,
        rows_proven=True,
        table_id="id",
        partition_columns=(),
    )
    snapshot = Snapshot(NO_SESSION, {"trips": pinned})
    if message:
        with pytest.raises(ConfigurationError, match=message):
            situation(settings, snapshot, Slice.of(only), Counts())
        return
    found = situation(settings, snapshot, Slice.of(only), Counts())
    assert {where.key for where in found.slices["trips"]} == judged
