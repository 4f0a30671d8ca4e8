from __future__ import annotations

from sparkguard import sql
from sparkguard.relations.label_rows import LabelRows


def test_its_key_is_the_day_and_the_state() -> None:
    rows = LabelRows("labels", ("id",), sql.name("known_at"), 0)
    assert rows.subject == "labels"
    assert len(rows.keys) == 2
    assert len(rows.totals) == 1
