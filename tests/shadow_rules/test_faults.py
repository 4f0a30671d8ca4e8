from __future__ import annotations

import pytest

from sparkguard.datatypes import Struct, parse
from sparkguard.shadow_rules.columns import align
from sparkguard.shadow_rules.faults import NAMES, faults, left_out
from sparkguard.shadow_rules.tolerance import Tolerance


def names(text: str, rows: int = 2_000, **rules: Tolerance) -> list[str]:
    schema = parse(f"struct<{text}>")
    assert isinstance(schema, Struct)
    return [fault.name for fault in faults(align(schema, schema, ("id",), rules), rows)]


def test_a_wide_table_holds_every_fault() -> None:
    text = "id bigint, a bigint, b bigint, d decimal(10,2), s string, t timestamp, x double"
    found = names(text, x=Tolerance(rel=1e-6))
    assert found == [
        "dropped row",
        "duplicated row",
        "swapped NULL",
        "one unit",
        "2^53 against 2^53 + 1",
        "trailing space",
        "zone shift",
        "truncated decimal",
        "small bias",
    ]
    assert tuple(found) == NAMES
    assert left_out(found) == ()


def test_a_fault_without_a_column_for_it_is_left_out() -> None:
    assert names("id bigint, s string") == ["dropped row", "duplicated row", "trailing space"]
    assert left_out(["one unit", "small bias"]) == (*NAMES[:3], *NAMES[4:-1])


@pytest.mark.parametrize(
    ("type_", "rule", "rows", "seeded"),
    [
        ("double", Tolerance(rel=1e-9), 30, True),
        ("double", Tolerance(rel=1e-9), 29, False),
        ("double", Tolerance(abs=1e-25), 30, True),
        ("double", Tolerance(rel=1e-16), 30, False),
        ("float", Tolerance(rel=1e-9), 30, False),
        ("float", Tolerance(abs=1e-12), 30, True),
        ("double", Tolerance(rel=1e-9, bias=None), 30, False),
        ("double", Tolerance(ulp=4), 30, False),
    ],
)
def test_a_bias_is_seeded_where_one_can_be_and_can_be_found(
    type_: str, rule: Tolerance, rows: int, seeded: bool
) -> None:
    assert ("small bias" in names(f"id bigint, x {type_}", rows, x=rule)) is seeded
