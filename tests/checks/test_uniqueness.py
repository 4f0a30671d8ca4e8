from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkguard.checks.uniqueness import Uniqueness
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome

ROWS = [
    ("a", 1, 1), ("a", 1, 1), ("a", 2, None), ("a", None, None), ("a", None, None),
    ("b", 1, 1), ("b", 3, 1), ("b", 4, None), ("b", 4, None), (None, 5, 2),
]  # fmt: skip
A, B, NONE = Slice.of({"p": "a"}), Slice.of({"p": "b"}), Slice.of({"p": None})
X, XY = (("x",),), (("x",), ("y",))


@pytest.mark.parametrize(
    ("columns", "nulls", "where", "surplus", "outcome"),
    [
        (X, "ignore", WHOLE, 3, Outcome.FAIL),
        (X, "violation", WHOLE, 5, Outcome.FAIL),
        (X, "ignore", A, 1, Outcome.FAIL),
        (X, "violation", A, 3, Outcome.FAIL),
        (X, "ignore", B, 1, Outcome.FAIL),
        (X, "ignore", NONE, 0, Outcome.PASS),
        (XY, "ignore", WHOLE, 2, Outcome.FAIL),
        (XY, "ignore", B, 0, Outcome.PASS),
        (XY, "violation", B, 2, Outcome.FAIL),
        ((("p",), ("x",)), "ignore", WHOLE, 2, Outcome.FAIL),
    ],
)
def test_surplus_rows_of_slices_and_of_the_whole(
    spark: Any, judge: Any, columns: Any, nulls: Any, where: Slice, surplus: int, outcome: Outcome
) -> None:
    frame = spark.createDataFrame(ROWS, "p string, x int, y int")
    (found,) = judge([Uniqueness(columns, nulls)], {"t": frame}, by=("p",), where=where)
    rows = {WHOLE: 10, A: 5, B: 4, NONE: 1}[where]
    assert (found.outcome, found.violations, found.rows) == (outcome, surplus, rows)


def test_equality_is_that_of_grouping(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame(
        [(float("nan"), "é"), (float("nan"), "e\u0301"), (0.0, "a"), (-0.0, "a ")],
        "f double, s string",
    )
    found = judge([Uniqueness((("f",),)), Uniqueness((("s",),))], {"t": frame})
    assert [one.violations for one in found] == [2, 0]
    assert found[0].reason == "2 keys held more than once, by 2 surplus rows"


def test_keys_that_are_all_null_support_no_verdict(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame([(None,), (None,)], "x int")
    ignoring, counting = judge([Uniqueness(X), Uniqueness(X, "violation")], {"t": frame})
    assert ignoring.outcome is Outcome.NOT_EVALUABLE
    assert (counting.outcome, counting.violations) == (Outcome.FAIL, 2)


def test_an_empty_table_supports_no_verdict(spark: Any, judge: Any) -> None:
    (found,) = judge([Uniqueness(X)], {"t": spark.createDataFrame([], "x int")})
    assert (found.outcome, found.rows) == (Outcome.NOT_EVALUABLE, 0)


def test_maps_are_no_keys(spark: Any, judge: Any) -> None:
    frame = spark.createDataFrame([], "m map<string,int>")
    (found,) = judge([Uniqueness((("m",),))], {"t": frame})
    assert (found.outcome, found.reason) == (Outcome.ERROR, "m is a map; maps can't be compared")


@settings(max_examples=5)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.none() | st.integers(0, 6)), max_size=30))
def test_the_whole_agrees_with_plain_counting(
    spark: Any, judge: Any, rows: list[tuple[str, int | None]]
) -> None:
    frame = spark.createDataFrame(rows, "p string, x int")
    (found,) = judge([Uniqueness(X)], {"t": frame}, by=("p",))
    counts = Counter(x for _, x in rows if x is not None)
    if not counts:
        assert found.outcome is Outcome.NOT_EVALUABLE
    else:
        assert found.violations == sum(n - 1 for n in counts.values())


@pytest.mark.parametrize("columns", [(), (("x",), ("x",))])
def test_a_key_has_columns_and_each_once(columns: Any) -> None:
    with pytest.raises(ValueError, match="uniqueness"):
        Uniqueness(columns)
