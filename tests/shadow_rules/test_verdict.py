from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sparkguard.datatypes import Struct, parse
from sparkguard.shadow_rules.columns import EXACT, align
from sparkguard.shadow_rules.differences import Cells, Differences, Fingerprint, Rows
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.shadow_rules.verdict import (
    Comparison,
    Counter,
    PartitionOutcome,
    Rules,
    Waiver,
    judge,
    void_inputs,
)
from sparkguard.slices import Slice

MAY = Slice.of({"month": "5"})
SCHEMA = parse("struct<id bigint, x double, s string>")
TODAY = date(2026, 1, 2)


def comparison(rows: Rows, rule: Tolerance = EXACT, **cells: Cells) -> Comparison:
    assert isinstance(SCHEMA, Struct)
    columns = align(SCHEMA, SCHEMA, ("id",), {"x": rule})
    prints = Fingerprint(rows.control), Fingerprint(rows.shadow)
    return Comparison(MAY, columns, *prints, Differences(rows, cells))


def waiver(**changes: Any) -> Waiver:
    base = Waiver("w", "ann", "known", MAY, Counter.VALUE, 5, date(2026, 2, 1), "x")
    return replace(base, **changes)


SAME = Rows(control=100, shadow=100, identical=100)
FIVE = Rows(control=100, shadow=100, identical=95, different=5)


def test_equal_tables_are_clean() -> None:
    found = judge(comparison(SAME), Rules())
    assert (found.outcome, found.reason) == (PartitionOutcome.CLEAN, "100 rows match")


def test_each_counter_is_a_breach_of_its_own() -> None:
    rows = Rows(control=10, shadow=13, identical=5, different=2, only_in_control=2,
                only_in_shadow=4, repeated_in_control=1, repeated_in_shadow=2)  # fmt: skip
    cells = {"x": Cells(null_in_control=1, value=1, largest=0.5), "s": Cells(null_in_shadow=1)}
    found = judge(comparison(rows, **cells), Rules())
    assert found.outcome is PartitionOutcome.DIRTY
    assert [(b.counter.value, b.column, b.found) for b in found.breaches] == [
        ("only_in_control", "", 2),
        ("only_in_shadow", "", 4),
        ("repeated", "", 3),
        ("null", "x", 1),
        ("value", "x", 1),
        ("null", "s", 1),
    ]
    assert "x: 1 rows have another value, the largest by 0.5" in found.reason


def test_rows_that_do_not_add_up_are_an_error() -> None:
    found = judge(comparison(replace(SAME, shadow=101)), Rules())
    assert found.outcome is PartitionOutcome.ERROR
    assert "a table changed during the comparison" in found.reason


@pytest.mark.parametrize(("empty", "outcome"), [("void", "void"), ("clean", "clean")])
def test_two_empty_sides_count_only_where_declared(empty: Any, outcome: str) -> None:
    assert judge(comparison(Rows()), Rules(empty=empty)).outcome == outcome


def test_duplicates_fail_only_where_they_are_forbidden() -> None:
    rows = replace(SAME, duplicates_in_control=3, duplicates_in_shadow=3, null_keys_in_control=1)
    assert judge(comparison(rows), Rules()).outcome is PartitionOutcome.CLEAN
    found = judge(comparison(rows), Rules(duplicates="strict"))
    assert (found.outcome, found.breaches[0].found) == (PartitionOutcome.DIRTY, 7)


def test_a_million_tiny_differences_of_one_sign_fail() -> None:
    rows = Rows(control=10**6, shadow=10**6, within=10**6)
    lean = Cells(tolerated=10**6, absolute=1e-3, signed=1e-3, squares=1e-12, largest=1e-9)
    even = replace(lean, signed=0.0)
    rule = Tolerance(abs=1e-6)
    assert judge(comparison(rows, rule, x=even), Rules()).outcome is PartitionOutcome.CLEAN
    found = judge(comparison(rows, rule, x=lean), Rules())
    assert [b.counter for b in found.breaches] == [Counter.BIAS]


def test_small_differences_have_a_budget() -> None:
    rows = Rows(control=100, shadow=100, identical=90, within=10)
    cells = Cells(tolerated=10, absolute=0.5, squares=0.1)
    allowed = Tolerance(abs=1.0, share=0.1, total=0.5)
    assert judge(comparison(rows, allowed, x=cells), Rules()).outcome is PartitionOutcome.CLEAN
    rule = Tolerance(abs=1.0, share=0.09, total=0.4)
    found = judge(comparison(rows, rule, x=cells), Rules())
    assert [b.counter for b in found.breaches] == [Counter.SHARE, Counter.TOTAL]


@pytest.mark.parametrize(
    ("held", "outcome", "says"),
    [
        (waiver(), "waived", "every difference is waived by w"),
        (waiver(bound=4), "dirty", "more than the 4 of waiver w"),
        (waiver(expires=date(2026, 1, 1)), "dirty", "waiver w expired on 2026-01-01"),
        (waiver(expires=TODAY), "waived", "waived by w"),
        (waiver(column="s"), "dirty", "x: 5 rows"),
        (waiver(counter=Counter.NULL), "dirty", "x: 5 rows"),
        (waiver(partition=Slice.of({"month": "6"})), "dirty", "x: 5 rows"),
    ],
)
def test_a_waiver_covers_its_own_differences_to_its_bound_and_date(
    held: Waiver, outcome: str, says: str
) -> None:
    found = judge(comparison(FIVE, x=Cells(value=5)), Rules(), [held], TODAY)
    assert (found.outcome, says in found.reason) == (outcome, True)


def test_a_waiver_needs_owner_reason_and_bound() -> None:
    with pytest.raises(ValueError, match="a waiver needs its owner"):
        waiver(owner=" ")
    with pytest.raises(ValueError, match="a bound above 0"):
        waiver(bound=0)


@pytest.mark.parametrize(
    ("control", "shadow", "says"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": 1}, {"a": 2}, "different input versions: a (control 1, shadow 2)"),
        ({"a": 1}, {"a": 1, "b": 0}, "b (control none, shadow 0)"),
        (None, {"a": 1}, "versions of the control are not recorded"),
        ({}, None, "the control and the shadow are not recorded"),
    ],
)
def test_other_inputs_make_a_comparison_void(control: Any, shadow: Any, says: str) -> None:
    found = void_inputs(control, shadow)
    assert says in found
    assert bool(found) == bool(says)


def test_a_missing_column_and_a_type_are_counted_once_per_partition() -> None:
    one, other = parse("struct<id int, a int>"), parse("struct<id bigint, b int>")
    assert isinstance(one, Struct)
    assert isinstance(other, Struct)
    columns = align(one, other, ("id",))
    prints = Fingerprint(100), Fingerprint(100)
    found = judge(Comparison(MAY, columns, *prints, Differences(SAME)), Rules())
    assert [(b.counter.value, b.column, b.found) for b in found.breaches] == [
        ("missing_column", "a", 1),
        ("missing_column", "b", 1),
        ("type", "id", 100),
    ]
