from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from sparkguard.checks.base import Judgement
from sparkguard.checks.versioned_references import VersionedReferences
from sparkguard.errors import ConfigurationError
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome

CHECK = VersionedReferences(
    (("k",),), "parent", (("key",),), ("day",), ("valid_from",), ("valid_to",)
)
CHILD = "p string, k int, day date"
PARENT = "key int, valid_from date, valid_to date"


def day(number: int | None) -> date | None:
    return None if number is None else date(2026, 1, 1) + timedelta(days=number)


def frames(
    spark: Any, children: list[tuple[str, int | None, int | None]], versions: list[Any]
) -> dict[str, Any]:
    return {
        "t": spark.createDataFrame([(p, k, day(at)) for p, k, at in children], CHILD),
        "parent": spark.createDataFrame([(k, day(a), day(b)) for k, a, b in versions], PARENT),
    }


def counts(judgement: Judgement) -> dict[str, int]:
    return {str(e.label): e.count or 0 for e in judgement.evidence if e.count}


def test_half_open_versions_and_every_way_to_miss_them(spark: Any, judge: Any) -> None:
    versions = [
        (1, 0, 10), (1, 10, 20), (1, 25, None),  # adjacent, then a gap, then open
        (2, 0, 100), (2, 5, 6), (2, 50, None),  # contained, overlapping
        (3, 7, 7), (3, 9, 8), (3, None, 5),  # valid never
        (4, 0, None), (4, 3, None),  # open twice
        (None, 0, None),
    ]  # fmt: skip
    children = [
        ("x", 1, 0), ("x", 1, 10), ("x", 1, 19), ("x", 1, 25), ("x", 1, 900),  # one version
        ("x", 1, -1), ("x", 1, 20), ("x", 1, 24),  # early, gap, gap
        ("y", 2, 5), ("y", 2, 6), ("y", 2, 60), ("y", 2, 100),  # two, one, two, one
        ("y", 3, 7), ("y", 9, 7), ("y", None, 7), ("y", 1, None),
    ]  # fmt: skip
    tables = frames(spark, children, versions)
    x, y, whole = (
        judge([CHECK], tables, by=("p",), where=where)[0]
        for where in (Slice.of({"p": "x"}), Slice.of({"p": "y"}), WHOLE)
    )
    assert (x.rows, x.violations) == (8, 3)
    assert (y.rows, y.violations) == (8, 4)
    assert (whole.rows, whole.violations, whole.outcome) == (16, 7, Outcome.FAIL)
    assert counts(whole) == {
        "rows checked": 16,
        "rows with a NULL in their key": 1,
        "rows without a time": 1,
        "rows with exactly one version": 7,
        "rows whose key the parent never had": 1,
        "rows before the first version of their key": 2,
        "rows in a gap between versions of their key": 2,
        "rows with several versions at once": 2,
        "rows of a join by key and time": 11,
        "versions that end before they begin, or have no start": 3,
        "versions that begin before an earlier one has ended": 3,
        "gaps between versions of one key": 1,
        "open versions beyond the first of their key": 1,
    }


def test_random_histories_agree_with_plain_counting(spark: Any, judge: Any) -> None:
    dice = random.Random(6)
    versions = [
        (dice.randrange(8), dice.randrange(40), dice.choice([None, *range(60)])) for _ in range(40)
    ]
    children = [("x", dice.randrange(10), dice.randrange(-5, 70)) for _ in range(400)]

    def met(key: int | None, at: int | None) -> str:
        assert at is not None
        known = [v for v in versions if v[0] == key]
        usable = [(a, b) for _, a, b in known if b is None or a < b]
        valid = sum(a <= at and (b is None or at < b) for a, b in usable)
        if valid:
            return "rows with exactly one version" if valid == 1 else "several"
        return "absent" if known else "rows whose key the parent never had"

    wanted = Counter(met(key, at) for _, key, at in children)
    (found,) = judge([CHECK], frames(spark, children, versions))
    seen = counts(found)
    for label in ("rows with exactly one version", "rows whose key the parent never had"):
        assert seen.get(label, 0) == wanted[label]
    assert seen["rows with several versions at once"] == wanted["several"]
    assert found.violations == 400 - wanted["rows with exactly one version"]


def test_a_clean_history_passes_and_its_mutants_fail(spark: Any, judge: Any) -> None:
    children = [("x", 1, 3), ("x", 1, 12)]
    clean = [(1, 0, 10), (1, 10, None)]
    mutants = [[(1, 0, 10)], [(1, 4, None)], [(1, 0, 5), (1, 13, None)], [*clean, (1, 12, 13)], []]
    assert judge([CHECK], frames(spark, children, clean))[0].outcome is Outcome.PASS
    for versions in mutants:
        assert judge([CHECK], frames(spark, children, versions))[0].outcome is Outcome.FAIL


def test_without_key_or_time_there_is_no_verdict(spark: Any, judge: Any) -> None:
    tables = frames(spark, [("x", None, 1), ("x", 1, None)], [(1, 0, None)])
    assert judge([CHECK], tables)[0].outcome is Outcome.NOT_EVALUABLE
    assert judge([CHECK], {**tables, "t": tables["t"].limit(0)})[0].rows == 0


def test_times_of_another_type_are_refused_before_any_read(spark: Any, context: Any) -> None:
    tables = frames(spark, [], [])
    tables["t"] = tables["t"].selectExpr("k", "CAST(day AS timestamp) AS day")
    with pytest.raises(ConfigurationError, match=r"day and parent.valid_from: timestamp against"):
        CHECK.needs(context(tables, "t"))


def test_columns_pair_up() -> None:
    with pytest.raises(ValueError, match="one to one"):
        VersionedReferences((), "p", (), ("a",), ("b",), ("c",))
