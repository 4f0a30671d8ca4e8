from __future__ import annotations

from typing import Any

from sparkguard.relations.halves import HALF, Halves


def test_a_key_falls_into_the_same_half_however_rows_are_spread(spark: Any) -> None:
    class Rows:
        def __init__(self, parts: int) -> None:
            self.parts = parts

        def frame(self, name: str, /) -> Any:
            return spark.range(1_000).selectExpr("id AS `a.b`").repartition(self.parts)

    relation = Halves("t", ("a.b",))
    found = [
        {row["a.b"]: row[HALF] for row in relation.frame(Rows(parts), ()).collect()}
        for parts in (1, 5)
    ]
    assert found[0] == found[1]
    assert set(found[0].values()) == {0, 1}
    assert 400 < sum(found[0].values()) < 600


def test_it_reads_its_table_alone() -> None:
    relation = Halves("t", ("a",))
    assert relation.subject == "t"
    assert relation.tables() == {"t"}
