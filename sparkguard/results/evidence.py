"""The typed rows behind one verdict, as they were stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Evidence

if TYPE_CHECKING:
    from sparkguard.results.store import Store

_MOST = 100_000


def evidence_of(
    store: Store, run_id: str, check_id: str, where: Slice = WHOLE
) -> tuple[Evidence, ...]:
    """In the order of pictures and their rows; empty where a verdict needed none."""
    wanted = (("run_id", run_id), ("check_id", check_id), ("slice", where.key))
    condition = sql.all_of(
        sql.template("{} = {}", sql.name(column), sql.literal(value)) for column, value in wanted
    )
    names = tuple(Evidence.__dataclass_fields__)
    rows = store.read("evidence").where(condition.text).select(*names)
    found = store.collect(rows.orderBy("name", "ordinal"), f"evidence of {check_id}", _MOST)
    return tuple(Evidence(**row) for row in found)
