from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from sparkguard.checks.base import Judgement
from sparkguard.checks.join_conservation import JoinConservation
from sparkguard.errors import ConfigurationError
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome

CHECK = JoinConservation((("k",),), "orders", (("k",),), "customers", (("id",),))
SUMMED = replace(CHECK, left_sum=("amount",), output_sum=("amount",))
ORDERS = [
    ("x", 1, 10), ("x", 1, 20), ("x", 2, 5), ("y", 3, 7), ("y", None, 1), ("y", 9, 2), ("y", 4, 3)
]  # fmt: skip
CUSTOMERS = [(1,), (2,), (2,), (3,), (4,), (None,)]


def frames(spark: Any, output: str, orders: Any = ORDERS) -> dict[str, Any]:
    left = spark.createDataFrame(orders, "p string, k int, amount int")
    left = left.selectExpr("p", "k", "CAST(amount AS DECIMAL(10,2)) AS amount")
    right = spark.createDataFrame(CUSTOMERS, "id int")
    joined = left.join(right, left["k"] == right["id"], output).select(left["*"])
    return {"t": joined, "orders": left, "customers": right}


def counts(judgement: Judgement) -> dict[str, int]:
    return {
        str(e.label): e.count or 0 for e in judgement.evidence if e.kind == "counts" and e.count
    }


def test_losses_and_gains_by_slice_cause_and_key(spark: Any, judge: Any) -> None:
    tables = frames(spark, "inner")
    inner = replace(SUMMED, join="inner")
    whole, y = (
        judge([inner], tables, by=("p",), where=where)[0] for where in (WHOLE, Slice.of({"p": "y"}))
    )
    assert whole.outcome is Outcome.FAIL
    assert counts(whole) == {
        "rows of the left input": 7,
        "rows that the inner join gives": 6,
        "rows of the output": 6,
        "rows lost, with a NULL in their key": 1,
        "rows lost, without a match in the right input": 1,
        "rows gained by duplicate keys of the right input": 1,
    }
    assert "the sum of amount is 50, expected 48" in whole.reason
    top = [(e.name, e.label, e.count, e.text) for e in whole.evidence if e.kind == "examples"]
    assert top == [
        ("keys that lost most rows", "9", 1, "first in p=y"),
        ("keys that lost most rows", "NULL", 1, "first in p=y"),
        ("keys that gained most rows", "2", 1, "first in p=x"),
    ]
    assert (y.violations, y.rows, counts(y)["rows of the left input"]) == (2, 2, 4)


def test_the_join_itself_may_be_what_is_asked_for(spark: Any, judge: Any) -> None:
    for join in ("inner", "left"):
        asked = replace(SUMMED, join=join, expect="joined")
        tables = frames(spark, join)
        dropped = {**tables, "t": tables["t"].where("k IS NULL OR k != 3")}
        doubled = {**tables, "t": tables["t"].union(tables["t"].where("k = 3"))}
        assert judge([asked], tables)[0].outcome is Outcome.PASS
        assert judge([asked], dropped)[0].reason.startswith("1 row fewer than the join")
        assert judge([asked], doubled)[0].reason.startswith("1 row more than the join")


def test_equal_totals_do_not_hide_what_changed_per_key(spark: Any, judge: Any) -> None:
    orders = [("x", 1, 1), ("x", 3, 1)]
    tables = frames(spark, "left", orders)
    swapped = {**tables, "t": spark.createDataFrame([("x", 1, 1), ("x", 1, 1)],
                                                    "p string, k int, amount int")}  # fmt: skip
    assert judge([CHECK], tables)[0].outcome is Outcome.PASS
    (found,) = judge([CHECK], swapped)
    assert (found.outcome, found.violations) == (Outcome.FAIL, 2)
    assert counts(found)["rows lost, though they have a match"] == 1
    assert counts(found)["rows gained, though their key is not duplicated"] == 1


def test_declared_filters_are_applied_first(spark: Any, judge: Any) -> None:
    tables = frames(spark, "left")
    kept = {**tables, "t": tables["t"].where("k = 3")}
    assert judge([replace(CHECK, left_where="k = 3")], kept)[0].outcome is Outcome.PASS
    assert judge([CHECK], kept)[0].outcome is Outcome.FAIL


def test_random_joins_agree_with_plain_counting(spark: Any, judge: Any) -> None:
    dice = random.Random(6)
    orders = [("x", dice.choice([None, *range(9)]), dice.randrange(9)) for _ in range(200)]
    tables = frames(spark, "inner", orders)
    found = counts(judge([replace(CHECK, join="inner")], tables)[0])
    per_key = Counter(k for _, k, _ in orders)
    parents = Counter(k for (k,) in CUSTOMERS if k is not None)
    assert found["rows that the inner join gives"] == sum(
        n * parents[k] for k, n in per_key.items()
    )
    assert found["rows lost, without a match in the right input"] == sum(
        n for k, n in per_key.items() if k is not None and not parents[k]
    )
    assert found["rows gained by duplicate keys of the right input"] == per_key[2]


def test_slices_that_the_left_input_lacks_are_not_compared(spark: Any, judge: Any) -> None:
    tables = frames(spark, "left", [("x", 1, 1)])
    tables["orders"] = tables["orders"].drop("p")
    whole, x = (
        judge([CHECK], tables, by=("p",), where=where)[0] for where in (WHOLE, Slice.of({"p": "x"}))
    )
    assert whole.outcome is Outcome.PASS
    assert (x.outcome, x.counts_as) == (Outcome.NOT_EVALUABLE, Outcome.WARN)


def test_floating_sums_and_unlike_keys_are_refused(spark: Any, context: Any) -> None:
    tables = frames(spark, "left", [("x", 1, 1)])
    floating = {**tables, "t": tables["t"].selectExpr("k", "CAST(amount AS double) AS amount")}
    with pytest.raises(ConfigurationError, match="found double"):
        SUMMED.needs(context(floating, "t"))
    texts = {**tables, "customers": tables["customers"].selectExpr("CAST(id AS string) AS id")}
    with pytest.raises(ConfigurationError, match="int against string"):
        CHECK.needs(context(texts, "t"))


def test_nothing_in_and_nothing_out_supports_no_verdict(spark: Any, judge: Any) -> None:
    tables = frames(spark, "left", [("x", 1, 1)])
    empty = {**tables, "t": tables["t"].limit(0), "orders": tables["orders"].limit(0)}
    lost = {**tables, "t": tables["t"].limit(0)}
    assert judge([CHECK], empty)[0].outcome is Outcome.NOT_EVALUABLE
    assert judge([CHECK], lost)[0].outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "options",
    [{"columns": ()}, {"right_columns": (("a",), ("b",))}, {"left_sum": ("a",)}, {"top": 1000}],
)
def test_a_rule_that_makes_no_sense_is_refused(options: Any) -> None:
    with pytest.raises(ValueError, match=r"columns|left_sum|top"):
        replace(CHECK, **options)
