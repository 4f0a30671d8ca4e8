from __future__ import annotations

from typing import Any

from sparkguard.relations.base import RELATIONS
from sparkguard.relations.table import Table


class Named:
    def frame(self, name: str, /) -> Any:
        return f"rows of {name}"


def test_a_table_is_read_as_it_is_and_column_by_column() -> None:
    table = Table("t")
    assert table.frame(Named(), ("p",)) == "rows of t"  # type: ignore[comparison-overlap]
    assert (table.subject, table.tables()) == ("t", {"t"})
    assert table.chunked
    assert not table.whole_apart
    assert RELATIONS["table"] is Table
