"""What counts as equal: types that differ in spelling alone, and rows that are held twice."""

from __future__ import annotations

from typing import Any

from sparkguard.shadow.comparison import Settings
from sparkguard.shadow_rules.verdict import PartitionOutcome, Rules
from sparkguard.slices import WHOLE, Slice
from tests.shadow.frames import changed, control, verdicts

CLEAN, DIRTY = PartitionOutcome.CLEAN, PartitionOutcome.DIRTY
KEYED = Settings(key=("id",), explain=False)


def test_nested_values_are_equal_whatever_the_order_and_promises_of_their_types(spark: Any) -> None:
    live = spark.sql(
        "SELECT id, named_struct('a', id, 'b', 'x') AS s, array(id, 1L) AS l FROM range(9)"
    )
    other = live.selectExpr(
        "id", "named_struct('b', s.b, 'a', s.a) AS s", "array(id, nullif(1L, id + 1)) AS l"
    ).where("id > 0")
    assert live.schema != other.schema
    assert verdicts(live.where("id > 0"), other, KEYED)[WHOLE].outcome is CLEAN


def test_strict_without_a_key_refuses_equal_rows_held_twice(spark: Any) -> None:
    """Also where both sides hold the same copies, and whatever the other partitions hold."""
    live = control(spark, 60)
    twice = live.unionByName(live.where("id = 3"))
    strict = Settings(by=("part",), rules=Rules("strict"), explain=False)
    for other in (twice, changed(twice, n="if(id = 4, -1, n)")):
        found = verdicts(twice, other, strict)
        verdict = found[Slice.of({"part": "0"})]
        assert (verdict.outcome, verdict.reason) == (
            DIRTY,
            "2 rows are copies of others of their side",
        )
        assert found[Slice.of({"part": "2"})].outcome is CLEAN
    assert verdicts(live, live, Settings(rules=Rules("strict")))[WHOLE].outcome is CLEAN
