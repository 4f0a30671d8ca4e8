from __future__ import annotations

from sparkguard.datatypes import Struct, parse
from sparkguard.shadow_rules.columns import align
from sparkguard.shadow_rules.faults import faults
from sparkguard.shadow_rules.tolerance import Tolerance


def names(text: str, **rules: Tolerance) -> list[str]:
    schema = parse(f"struct<{text}>")
    assert isinstance(schema, Struct)
    return [fault.name for fault in faults(align(schema, schema, ("id",), rules))]


def test_a_wide_table_holds_every_fault() -> None:
    text = "id bigint, a bigint, b bigint, d decimal(10,2), s string, t timestamp, x double"
    assert names(text, x=Tolerance(rel=1e-6)) == [
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


def test_a_fault_without_a_column_for_it_is_left_out() -> None:
    assert names("id bigint, s string") == ["dropped row", "duplicated row", "trailing space"]
