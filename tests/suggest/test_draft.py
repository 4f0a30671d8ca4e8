from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sparkguard import datatypes as dt
from sparkguard.contracts.odcs import parse_contract
from sparkguard.suggest.draft import ColumnFacts, Draft, Reference, contract_text
from sparkguard.thresholds import exact

FACTS = (
    ColumnFacts("id", dt.Atomic("bigint"), 1000, 0, 1000, 0, 1.0, 1000.0, "1", "1000"),
    ColumnFacts("amount", dt.Decimal(10, 2), 1000, 20, 700, 0, 0.5, 99.0, "0.50", "99.00"),
    ColumnFacts("state", dt.Atomic("string"), 1000, 0, 2, values=("no", "x: y # z")),
    ColumnFacts("text", dt.Atomic("string"), 1000, 5, 990, shortest=3, longest=40),
    ColumnFacts("day", dt.Atomic("date"), 1000, 0, 30, 0, 0.0, 30.0, "1970-01-01", "1970-01-31"),
    ColumnFacts("at", dt.Atomic("timestamp_ntz"), 1000, 0, 900),
    ColumnFacts('a `b` "c" é', dt.Atomic("double"), 1000, 0, 10, nan=3, low=0.0, high=1.0),
    ColumnFacts("tags", dt.parse("array<struct<k:string,v:int>>"), 1000, 0),
    ColumnFacts("shop", dt.Atomic("int"), 1000, 0, 7, 0, 1.0, 7.0, "1", "7"),
)
DRAFT = Draft(
    "orders", "orders", 3, FACTS, ("id",), ("day",),
    (Reference("shop", "shops", "id", dt.Atomic("int"), 7),), ("day", 86_400 * 2),
)  # fmt: skip


def test_a_draft_is_a_contract_that_says_all_of_it() -> None:
    contract = parse_contract(contract_text(DRAFT), "orders.odcs.yaml")
    orders, shops = contract.tables
    assert (orders.primary_key, orders.partitioned_by) == (("id",), ("day",))
    assert [c.name for c in orders.columns if not c.required] == ["amount", "text"]
    assert [str(c.physical) for c in orders.columns] == [str(f.type) for f in FACTS]
    kinds = {rule.kind for rule in orders.rules}
    assert {"range", "invalid_values", "length", "references", "freshness", "uniqueness"} <= kinds
    assert [c.name for c in shops.columns] == ["id"]
    sets = next(rule for rule in orders.rules if rule.kind == "invalid_values")
    assert sets.options["valid"] == ("no", "x: y # z")


def test_a_reference_that_does_not_hold_is_told_and_is_no_rule() -> None:
    broken = Reference("shop", "shops", "i\nd", dt.Atomic("int"), 7, lost=2)
    text = contract_text(replace(DRAFT, references=(broken,)))
    assert r'# no reference to "shops.i\nd": 2 of 7 values are not there' in text
    (orders,) = parse_contract(text, "orders.odcs.yaml").tables
    assert not [rule for rule in orders.rules if rule.kind == "references"]


@pytest.mark.parametrize(
    ("column", "table", "target"),
    [
        ("shop", "o-p", "id"),
        ("shop", "shops", "größe"),
        ("a.b, `c`", "s", "a.b"),
        ("shop", "orders", "id"),
        ("shop", "s", "id\U0001f468\u200d\U0001f469"),
    ],
)
def test_a_reference_is_written_whatever_its_names(column: str, table: str, target: str) -> None:
    reference = Reference(column, table, target, dt.Atomic("int"), 7)
    facts = (*FACTS, ColumnFacts("a.b, `c`", dt.Atomic("int"), 1000, 0, 7))
    draft = replace(DRAFT, columns=facts, references=(reference,))
    contract = parse_contract(contract_text(draft), "orders.odcs.yaml")
    (rule,) = (rule for rule in contract.tables[0].rules if rule.kind == "references")
    assert rule.options["columns"] in ((column,), ((column,),))
    assert rule.options["to_table"] == table


@pytest.mark.parametrize("table", ["orders", "o.p"])
def test_a_latency_is_asked_for_where_its_element_can_be_named(table: str) -> None:
    draft = replace(DRAFT, table=table, references=())
    assert ("property: latency" in contract_text(draft)) == (table == "orders")
    parse_contract(contract_text(draft), "orders.odcs.yaml")
    assert "property: latency" not in contract_text(replace(draft, newest=("a.b", 9)))


@pytest.mark.parametrize("value", ["\U0001f468\u200d\U0001f469", "😀\n", "\u2028", "\x7f", '"\\'])
def test_any_value_is_read_back(value: str) -> None:
    fact = ColumnFacts(value, dt.Atomic("string"), 1000, 0, 1, values=(value,))
    draft = replace(DRAFT, columns=(*FACTS, fact))
    (*_, column) = parse_contract(contract_text(draft), "orders.odcs.yaml").tables[0].columns
    assert column.name == value


def test_of_a_column_whose_fields_alone_were_counted_no_null_is_told() -> None:
    fact = ColumnFacts("s", dt.parse("struct<x:int>"), 1000, None)
    text = contract_text(replace(DRAFT, columns=(fact,), key=(), partitioned_by=()))
    assert "NULL" not in text
    assert "required" not in text


def test_evidence_stands_beside_each_rule() -> None:
    text = contract_text(DRAFT)
    assert "required: true  # 0 of 1,000 rows are NULL" in text
    assert "# 20 of 1,000 rows are NULL" in text
    assert "# seen: 0.50 to 99.00" in text
    assert "# all of 7 values are there" in text
    assert "# the newest value was 2.0 days old" in text
    assert "Old already" not in text


def test_the_latency_of_a_table_that_is_not_loaded_any_more_asks_for_a_decision() -> None:
    stale = contract_text(replace(DRAFT, newest=("day", 86_400 * 400)))
    assert "# Old already: say how old the newest row may be, or drop this." in stale
    assert parse_contract(stale, "orders.odcs.yaml").table("orders") is not None


def _range(fact: ColumnFacts) -> Mapping[str, Any]:
    """The options of the rule on the range of a column, as the contract is read."""
    draft = replace(
        DRAFT, columns=(fact,), key=(), partitioned_by=(), references=(), newest=None
    )  # fmt: skip
    contract = parse_contract(contract_text(draft), "x.yaml")
    (rule,) = (rule for rule in contract.tables[0].rules if rule.kind == "range")
    return rule.options


@pytest.mark.parametrize(
    ("type_", "low", "high", "minimum", "maximum"),
    [
        ("int", 1, 1000, 0, 1100),
        ("int", -50, 1300, -200, 1500),
        ("int", 5, 5, 4, 6),
        ("int", 0, 0, 0, 1),
        ("double", 0.25, 0.75, 0.2, 0.8),
    ],
)
def test_ranges_have_margins(
    type_: str, low: float, high: float, minimum: float, maximum: float
) -> None:
    fact = ColumnFacts("a", dt.Atomic(type_), 100, 0, 50, 0, low, high, str(low), str(high))
    rule = _range(fact)
    assert rule["min"] <= low
    assert rule["max"] >= high
    assert (rule["min"], rule["max"]) == (minimum, maximum)


@pytest.mark.parametrize(
    ("type_", "least", "greatest"),
    [
        ("bigint", "350123456700000001", "350123456700099999"),
        ("bigint", "99999999999999995", "100000000000000095"),
        ("decimal(38,18)", "-12345678901234567890.5", "12345678901234567890.25"),
        ("double", "1000000000000.1", "1000000000000.3"),
        ("double", "9007199254740993e290", "9007199254740995e290"),
        ("double", "5e-324", "1.5e-323"),
    ],
)
def test_a_range_holds_what_was_seen_to_the_last_digit(
    type_: str, least: str, greatest: str
) -> None:
    rule = _range(ColumnFacts(
        "a", dt.parse(type_), 100, 0, 50, 0, float(least), float(greatest), least, greatest
    ))  # fmt: skip
    assert exact(rule["min"]) <= Fraction(least)
    assert Fraction(greatest) <= exact(rule["max"])


def test_a_limit_that_no_double_holds_is_left_out() -> None:
    least, greatest = "-1.0", "1.7976931348623157e308"
    fact = ColumnFacts("a", dt.Atomic("double"), 9, 0, 9, 0, -1.0, float(greatest), least, greatest)
    assert "max" not in _range(fact)


def test_a_table_without_rows_or_columns_gives_a_contract_without_rules() -> None:
    empty = tuple(replace(f, rows=0, nulls=0, low=None, high=None, values=()) for f in FACTS[:2])
    draft = Draft("e", "e", 0, empty)
    contract = parse_contract(contract_text(draft), "e.yaml")
    assert [c.required for c in contract.tables[0].columns] == [False, False]
