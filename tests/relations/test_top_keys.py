from __future__ import annotations

from typing import Any

from sparkguard import sql
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.held_keys import HeldKeys
from sparkguard.relations.key_counts import KeyCounts
from sparkguard.relations.keys import ROWS
from sparkguard.relations.top_keys import FIRST, HASH, TEXT, TopKeys
from tests.frames import OneFrame
from tests.plans import configured


def test_the_heaviest_keys_with_their_first_slice(spark: Any) -> None:
    rows = [(3, "a", 1), (2, "a", 1), (2, "b", None), (1, "c", 1), (1, "b", None), (1, "b", None)]
    frame = spark.createDataFrame(rows, "p int, k string, l int")
    counts = KeyCounts("t", (("k",), ("l",)))
    wanted = sql.template("{} > 1", counts.rows)
    shown = TopKeys(counts, 2, wanted, counts.rows, most=2)
    frame_of = [
        tuple(r) for r in shown.frame(OneFrame(frame), ("p",)).select(TEXT, ROWS, FIRST).collect()
    ]
    assert frame_of == [("b, NULL", 3, "p=1"), ("a, 1", 2, "p=2")]
    hidden = TopKeys(counts, 2, wanted, counts.rows, most=1, shown=False)
    ((text, hash_, first),) = hidden.frame(OneFrame(frame), ()).select(TEXT, HASH, FIRST).collect()
    assert (text, len(hash_), first) == (None, 32, None)
    assert (shown.subject, shown.tables()) == ("t", {"t"})


def test_keys_with_times_are_the_same_in_every_session(spark: Any) -> None:
    frame = spark.sql("SELECT timestamp_micros(1) AS k, 1 AS l")
    both = (("k",), ("l",))
    counts = KeyCounts("t", both)
    found = set()
    for zone in ("UTC", "America/New_York"):
        with configured(spark, {"spark.sql.session.timeZone": zone}):
            top = TopKeys(counts, 2, sql.literal(True), counts.rows, most=1)
            (row,) = top.frame(OneFrame(frame), ()).select(TEXT, HASH).collect()
            held = HeldKeys(ChildWithParent("t", both, "t", both), 0, frozenset({row[1]}))
            assert held.frame(OneFrame(frame), ()).count() == 1
        found.add(tuple(row))
    assert {text for text, _ in found} == {"1970-01-01 00:00:00.000001, 1"}
    assert len(found) == 1
