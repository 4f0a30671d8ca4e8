from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sparkguard.checks.base import Judgement
from sparkguard.checks.references import References
from sparkguard.errors import ConfigurationError
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome

CHILD = "p string, a int, b string, n struct<a:int>"
PARENT = "k int, l string"
CHILDREN = [
    ("x", 1, "u", (1,)),
    ("x", 1, "u", (1,)),
    ("x", 2, "u", (9,)),
    ("x", 9, "u", (None,)),
    ("y", 9, "v", None),
    ("y", 8, None, (2,)),
    ("y", None, "u", (2,)),
    ("y", None, None, (1,)),
    ("y", None, "zzz", (1,)),
]
PARENTS = [(1, "u"), (2, "u"), (2, "v"), (3, "w"), (None, "u"), (None, None)]
A = (("a",),)
AB = (("a",), ("b",))
K = (("k",),)
KL = (("k",), ("l",))
X, Y = Slice.of({"p": "x"}), Slice.of({"p": "y"})


def counts(judgement: Judgement) -> dict[str | None, int | None]:
    return {e.label: e.count for e in judgement.evidence if e.kind == "counts"}


@pytest.fixture
def frames(spark: Any) -> dict[str, Any]:
    return {
        "t": spark.createDataFrame(CHILDREN, CHILD),
        "parent": spark.createDataFrame(PARENTS, PARENT),
    }


def test_orphan_rows_and_keys_of_slices_and_of_the_whole(
    judge: Any, frames: dict[str, Any]
) -> None:
    check = References(A, "parent", K, unused=True)
    by_slice = {where: judge([check], frames, by=("p",), where=where)[0] for where in (WHOLE, X, Y)}
    told = {
        where: (
            one.rows,
            counts(one)["orphan rows"],
            counts(one)["orphan keys"],
            counts(one)["keys"],
            counts(one)["rows with a key NULL altogether"],
            counts(one)["rows of an inner join"],
        )
        for where, one in by_slice.items()
    }
    # Key 9 is an orphan in both slices: rows add up, keys do not.
    assert told == {WHOLE: (9, 3, 2, 4, 3, 4), X: (4, 1, 1, 3, 0, 4), Y: (5, 2, 2, 2, 3, 0)}
    whole = counts(by_slice[WHOLE])
    assert whole["parent keys"] == 3
    assert whole["duplicate parent keys"] == 1
    assert whole["surplus parent rows"] == 1
    assert whole["parent keys without a child"] == 1
    fan_out = [e.number for e in by_slice[X].evidence if e.label == "fan-out"]
    assert fan_out == [4 / 3]
    assert by_slice[WHOLE].outcome is Outcome.FAIL
    assert by_slice[WHOLE].reason == (
        "3 of 9 rows have no parent in parent (2 of 4 keys); "
        "1 key with several parents, so that a join gains 1 row; "
        "not among them: 3 rows with a NULL key"
    )


@pytest.mark.parametrize(
    ("match", "orphans", "keys", "violations"),
    [("simple", 2, 2, 2), ("full", 2, 2, 5), ("partial", 4, 4, 4)],
)
def test_what_null_parts_mean(
    judge: Any, frames: dict[str, Any], match: Any, orphans: int, keys: int, violations: int
) -> None:
    (found,) = judge([References(AB, "parent", KL, match)], frames)
    seen = counts(found)
    assert (seen["orphan rows"], seen["orphan keys"]) == (orphans, keys)
    assert (seen["rows with a key NULL in part"], seen["rows with a key NULL altogether"]) == (3, 1)
    assert found.violations == violations


def test_keys_null_in_part_are_among_all_keys_where_they_are_checked(
    spark: Any, judge: Any, frames: dict[str, Any]
) -> None:
    rows = "SELECT IF(id = 0, 9, 1) AS a, CAST(NULL AS STRING) AS b FROM range(10)"
    parents = "SELECT 1 AS k, 'u' AS l"
    tables = {**frames, "t": spark.sql(rows), "parent": spark.sql(parents)}
    check = References(AB, "parent", KL, "partial")
    half = replace(check, max_orphan_rows=0.1, max_orphan_keys=0.5)
    strict, lax = judge([check, half], tables)
    assert strict.reason.startswith("1 of 10 rows have no parent in parent (1 of 2 keys)")
    assert "not among them" not in strict.reason
    assert lax.outcome is Outcome.PASS
    good = {**tables, "t": tables["t"].where("a = 1")}
    found = judge([check, replace(check, match="simple")], good)
    assert [one.outcome for one in found] == [Outcome.PASS, Outcome.NOT_EVALUABLE]


def test_references_hold_where_every_key_has_one_parent(judge: Any, frames: dict[str, Any]) -> None:
    good = {**frames, "t": frames["t"].where("a = 1")}
    broken = {**frames, "t": frames["t"].where("a = 1 OR b = 'v'")}
    check = References(A, "parent", K)
    assert judge([check], good)[0].outcome is Outcome.PASS
    assert judge([check], broken)[0].outcome is Outcome.FAIL


def test_a_parent_held_twice_breaks_the_rule_unless_allowed(
    judge: Any, frames: dict[str, Any]
) -> None:
    only = {**frames, "t": frames["t"].where("a = 2")}
    check = References(A, "parent", K)
    strict, lax = judge([check, replace(check, duplicates="allow")], only)
    assert (strict.outcome, lax.outcome) == (Outcome.FAIL, Outcome.PASS)
    assert strict.reason == "1 key with several parents, so that a join gains 1 row"


@pytest.mark.parametrize(
    ("rows", "keys", "outcome"),
    [
        (0.34, 0.5, Outcome.PASS),
        (3 / 9, 0.5, Outcome.PASS),
        (0.33, 0.5, Outcome.FAIL),
        (0.34, 0.49, Outcome.FAIL),
    ],
)
def test_rows_and_keys_are_bounded_apart(
    judge: Any, frames: dict[str, Any], rows: float, keys: float, outcome: Outcome
) -> None:
    check = References(A, "parent", K, "simple", (), rows, keys, "allow")
    assert judge([check], frames)[0].outcome is outcome


def test_an_empty_parent_fails_and_is_named_as_such(judge: Any, frames: dict[str, Any]) -> None:
    (found,) = judge([References(A, "parent", K)], {**frames, "parent": frames["parent"].limit(0)})
    assert found.outcome is Outcome.FAIL
    assert found.reason.startswith("the parent table parent has no keys; 6 of 9 rows")


def test_an_empty_child_and_null_keys_support_no_verdict(
    judge: Any, frames: dict[str, Any]
) -> None:
    empty = {**frames, "t": frames["t"].limit(0)}
    nulls = {**frames, "t": frames["t"].where("a IS NULL")}
    check = References(A, "parent", K)
    assert judge([check], empty)[0].outcome is Outcome.NOT_EVALUABLE
    assert judge([check], nulls)[0].reason == "every key is NULL"


def test_a_table_may_refer_to_itself(spark: Any, judge: Any) -> None:
    staff = spark.createDataFrame([(1, None), (2, 1), (3, 2), (4, 7)], "id int, boss int")
    (found,) = judge([References((("boss",),), "t", (("id",),))], {"t": staff})
    assert (found.violations, counts(found)["rows with a key NULL altogether"]) == (1, 1)


def test_nested_keys(judge: Any, frames: dict[str, Any]) -> None:
    (found,) = judge([References((("n", "a"),), "parent", K)], frames)
    assert found.violations == 1


def test_orphans_under_collation_are_not_told_apart_between_runs() -> None:
    with pytest.raises(ValueError, match="new_orphans can't be a violation"):
        References(A, "parent", K, normalise=("unicode",), new_orphans="violation")


@pytest.mark.parametrize(
    ("rules", "orphans"),
    [
        ((), 5),
        (("trim",), 4),
        (("fold_case",), 4),
        (("strip_zeros",), 4),
        (("unicode",), 4),
        (("trim", "fold_case", "strip_zeros", "unicode"), 1),
    ],
)
def test_declared_normalisation(spark: Any, judge: Any, rules: Any, orphans: int) -> None:
    child = spark.createDataFrame(
        [(" a\u00a0",), ("A",), ("00a",), ("e\u0301",), ("zz",)], "c string"
    )
    parent = spark.createDataFrame([("a",), ("é",)], "k string")
    check = References((("c",),), "parent", K, normalise=rules)
    (found,) = judge([check], {"t": child, "parent": parent})
    assert found.violations == orphans


def test_text_and_whole_numbers_compare_by_the_number_rule(spark: Any, judge: Any) -> None:
    child = spark.createDataFrame([("007",), ("7.0",), ("7.5",), ("+7",), ("seven",)], "c string")
    parent = spark.createDataFrame([(7,), (0,)], "k bigint")
    check = References((("c",),), "parent", K, normalise=("number",))
    assert judge([check], {"t": child, "parent": parent})[0].violations == 2


@pytest.mark.parametrize(
    ("mine", "theirs", "message"),
    [
        ("string", "int", "string against int would need a cast.*add number to normalise"),
        ("bigint", "double", "double is no key"),
        ("float", "float", "float is no key"),
        ("map<string,int>", "map<string,int>", "map<string,int> is no key"),
        ("decimal(10,2)", "decimal(10,3)", "decimal"),
        ("timestamp", "timestamp_ntz", "timestamp against timestamp_ntz"),
        ("date", "timestamp", "date against timestamp"),
    ],
)
def test_keys_that_cannot_be_compared_are_refused_before_any_read(
    spark: Any, context: Any, mine: str, theirs: str, message: str
) -> None:
    frames = {
        "t": spark.createDataFrame([], f"a {mine}"),
        "parent": spark.createDataFrame([], f"k {theirs}"),
    }
    with pytest.raises(ConfigurationError, match=message):
        References(A, "parent", K).needs(context(frames, "t"))


def test_whole_numbers_of_any_width_compare(spark: Any, judge: Any) -> None:
    child = spark.createDataFrame([(1,), (2,)], "a smallint")
    parent = spark.createDataFrame([(1,), (2**40,)], "k bigint")
    assert judge([References(A, "parent", K)], {"t": child, "parent": parent})[0].violations == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": (), "to_columns": ()}, "at least one"),
        ({"to_columns": KL}, "1 columns refer to 2"),
        ({"max_orphan_rows": 1.5}, "between 0 and 1"),
        ({"top": -1}, "between 0 and 1000"),
    ],
)
def test_a_reference_that_makes_no_sense_is_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        References(**{"columns": A, "to_table": "parent", "to_columns": K, **options})


def test_a_share_is_compared_as_it_is_written() -> None:
    check = References((("a",),), "t", (("b",),), max_orphan_rows=0.29, max_orphan_keys=1.0)
    assert 0.29 * 100 < 29
    assert not check._beyond(29, 100, 0, 1)
    assert check._beyond(30, 100, 0, 1)
