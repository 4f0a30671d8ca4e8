from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparkguard.checks.shadow import Comparing, Shadow
from sparkguard.datatypes import Atomic, Field, Struct
from sparkguard.errors import Location
from sparkguard.measures.fingerprints import FingerprintsState
from sparkguard.options import convert
from sparkguard.profile import Profile
from sparkguard.relations.shadow_sides import Sides
from sparkguard.shadow_rules.columns import align
from sparkguard.shadow_rules.differences import Fingerprint
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome

Judge = Callable[..., list[Any]]


def test_options_are_converted_strictly() -> None:
    options = {"shadow": "t2", "key": ["id"], "columns": {"x": {"rel": 0.001}}}
    check = convert(Shadow, options, "shadow", lambda option: Location("f"))
    assert dict(check.columns) == {"x": Tolerance(rel=0.001)}
    assert hash(check) == hash(Shadow("t2", ("id",), {"x": Tolerance(rel=0.001)}))


def test_equal_and_different_tables_are_judged_by_slice(spark: Any, judge: Judge) -> None:
    live = spark.sql("SELECT id, id % 2 AS part, id / 2D AS x FROM range(100)")
    other = live.selectExpr("id", "part", "if(id = 3, 0D, x) AS x")
    frames = {"t": live, "same": live, "other": other, "none": live.where("id < 0")}
    checks = [Shadow(name, ("id",), explain=False) for name in ("same", "other", "none")]
    same, differs, empty = judge(checks, frames)
    assert (same.outcome, same.rows, same.observed) == (Outcome.PASS, 100, 0)
    assert (differs.outcome, differs.observed, differs.rows) == (Outcome.FAIL, 1, 100)
    assert "x: 1 rows have another value" in differs.reason
    assert {e.label: e.count for e in differs.evidence}["different"] == 1
    assert (empty.outcome, empty.violations) == (Outcome.FAIL, 100)
    odd = judge(checks[1:2], frames, by=("part",), where=Slice.of({"part": "1"}))
    even = judge(checks[1:2], frames, by=("part",), where=Slice.of({"part": "0"}))
    assert (odd[0].outcome, even[0].outcome) == (Outcome.FAIL, Outcome.PASS)


@pytest.mark.parametrize(("empty", "outcome"), [("void", "not_evaluable"), ("clean", "pass")])
def test_two_empty_tables_pass_only_where_declared(
    spark: Any, judge: Judge, empty: Any, outcome: str
) -> None:
    none = spark.sql("SELECT id FROM range(0)")
    (found,) = judge([Shadow("u", ("id",), empty=empty)], {"t": none, "u": none})
    assert found.outcome == outcome


def test_the_key_is_required_on_both_sides(context: Callable[..., Any], spark: Any) -> None:
    live = spark.sql("SELECT id FROM range(1)")
    found = context({"t": live, "u": live}, "t")
    assert Shadow("u", ("id",)).requires(found) == {("t", ("id",)), ("u", ("id",))}


@pytest.mark.parametrize(
    ("strict", "key", "rows", "asks"),
    [
        (True, ("a",), 2, True),
        (True, ("a",), 1, True),
        (True, ("a",), 0, False),
        (True, (), 2, True),
        (True, (), 1, False),
        (False, (), 2, False),
        (False, ("a",), 2, False),
    ],
)
def test_equal_sides_are_read_again_only_to_look_for_copies(
    strict: bool, key: tuple[str, ...], rows: int, asks: bool
) -> None:
    schema = Struct((Field("a", Atomic("int")),))
    comparing = Comparing(Sides("control", "shadow", align(schema, schema, key)), strict)
    seen = Fingerprint(rows, 123, 7)
    equal = FingerprintsState(seen, seen, buckets=rows)
    found = Profile({(comparing.fingerprints, WHOLE): equal})
    assert bool(comparing.needs(found, ())) is asks
