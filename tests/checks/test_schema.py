from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.checks.base import Context, Judgement, TableFacts
from sparkguard.checks.schema import Schema
from sparkguard.columns import Column
from sparkguard.datatypes import Struct, parse
from sparkguard.profile import Profile
from sparkguard.verdicts import Outcome

TABLE = "struct<id:bigint not null,amount:decimal(10,2),City:string,tags:array<struct<k:string>>>"
ID = Column("id", ("id",), logical="integer", physical=parse("bigint"), required=True)
AMOUNT = Column("amount", ("amount",), logical="number", required=True)
CITY = Column("City", ("City",), logical="string")
K = Column("k", ("tags", "[]", "k"), physical=parse("string"))
ITEM = Column("[]", ("tags", "[]"), fields=(K,))
TAGS = Column("tags", ("tags",), logical="array", items=ITEM)
ALL = (ID, AMOUNT, CITY, TAGS)


def judged(check: Schema, table: str = TABLE, by: tuple[str, ...] = ()) -> Judgement:
    struct = parse(table)
    assert isinstance(struct, Struct)
    facts = TableFacts("t", struct, by)
    context = Context(facts, datetime(2026, 1, 1, tzinfo=timezone.utc))
    assert check.needs(context) == ()
    return check.judge(Profile(), context)


def test_a_table_as_promised_passes_and_loose_columns_are_told() -> None:
    found = judged(Schema(ALL))
    assert found.outcome is Outcome.PASS
    assert [(e.label, e.text) for e in found.evidence] == [
        ("required, and the table allows NULL", "amount")
    ]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ((*ALL, Column("gone", ("gone",))), "t: gone is missing"),
        ((ID, AMOUNT, Column("city", ("city",)), TAGS), "the table has City"),
        ((replace(ID, physical=parse("int")), CITY), "t: id is bigint, promised is int"),
        ((replace(AMOUNT, logical="string"),), "t: amount is decimal"),
        ((replace(AMOUNT, physical=parse("decimal(10,3)")),), "promised is decimal(10,3)"),
        (
            (replace(TAGS, items=replace(ITEM, fields=(replace(K, physical=parse("int")),))),),
            "promised is int",
        ),
    ],
)
def test_missing_and_retyped_columns_fail_and_are_named(
    columns: tuple[Column, ...], reason: str
) -> None:
    found = judged(Schema(columns))
    assert found.outcome is Outcome.FAIL
    assert reason in found.reason
    assert found.observed == 1


@pytest.mark.parametrize(
    ("unexpected", "outcome"),
    [("allow", Outcome.PASS), ("warn", Outcome.WARN), ("violation", Outcome.FAIL)],
)
def test_columns_beyond_the_contract_are_told_in_any_case(unexpected: Any, outcome: Any) -> None:
    found = judged(Schema(ALL[:3], unexpected=unexpected), TABLE)
    assert found.outcome is outcome
    assert ("not in the contract", "tags") in [(e.label, e.text) for e in found.evidence]


def test_fields_beyond_the_contract_are_told_with_their_path() -> None:
    table = TABLE.replace("k:string", "k:string,more:int")
    found = judged(Schema(ALL), table)
    assert ("not in the contract", "tags.[].more") in [(e.label, e.text) for e in found.evidence]


@pytest.mark.parametrize(
    ("promised", "actual", "outcome"),
    [
        (("a", "b"), ("a", "b"), Outcome.PASS),
        (("a", "b"), ("b", "a"), Outcome.FAIL),
        (("a",), (), Outcome.FAIL),
        ((), ("a",), Outcome.PASS),
    ],
)
def test_partition_columns_and_their_order(
    promised: tuple[str, ...], actual: tuple[str, ...], outcome: Outcome
) -> None:
    assert judged(Schema(ALL, promised), by=actual).outcome is outcome
