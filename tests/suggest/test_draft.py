from __future__ import annotations

from dataclasses import replace

import pytest

from sparkguard import datatypes as dt
from sparkguard.contracts.odcs import parse_contract
from sparkguard.suggest.draft import ColumnFacts, Draft, Reference, contract_text

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
    contract = parse_contract(contract_text(replace(DRAFT, columns=(fact,), key=(),
        partitioned_by=(), references=(), newest=None)), "x.yaml")  # fmt: skip
    (rule,) = (rule for rule in contract.tables[0].rules if rule.kind == "range")
    assert rule.options["min"] <= low
    assert rule.options["max"] >= high
    assert (rule.options["min"], rule.options["max"]) == (minimum, maximum)


def test_a_table_without_rows_or_columns_gives_a_contract_without_rules() -> None:
    empty = tuple(replace(f, rows=0, nulls=0, low=None, high=None, values=()) for f in FACTS[:2])
    draft = Draft("e", "e", 0, empty)
    contract = parse_contract(contract_text(draft), "e.yaml")
    assert [c.required for c in contract.tables[0].columns] == [False, False]
