from __future__ import annotations

from typing import Any

import pytest

from sparkguard.sql import name
from sparkguard.sql.normalising import normalised
from tests.plans import configured

PAIRS = [
    ("trim", " a\u00a0\u200b\t", "a", True),
    ("trim", "a b", "ab", False),
    ("fold_case", "ÉCOLE", "école", True),
    ("fold_case", "a", "á", False),
    ("strip_zeros", "007", "7", True),
    ("strip_zeros", "000", "0", True),
    ("strip_zeros", "70", "7", False),
    ("number", "7.0", "+7", True),
    ("number", "7.5", "7", False),
    ("number", "seven", "seven", True),
    ("number", "9" * 39, "9" * 38, False),
    ("unicode", "é", "e\u0301", True),
    ("unicode", "é", "e", False),
]


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_texts_that_mean_one_key(spark: Any, ansi: str) -> None:
    frame = spark.createDataFrame(
        [(one, other) for _, one, other, _ in PAIRS], "a string, b string"
    )
    cells = [
        f"({normalised(name('a'), [rule]).text}) = ({normalised(name('b'), [rule]).text})"
        for rule in dict.fromkeys(rule for rule, *_ in PAIRS)
    ]
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        rows = frame.coalesce(1).selectExpr(*cells).collect()
    rules = [*dict.fromkeys(rule for rule, *_ in PAIRS)]
    told = [(*pair[:3], rows[i][rules.index(pair[0])]) for i, pair in enumerate(PAIRS)]
    assert told == PAIRS


def test_without_rules_a_value_is_itself() -> None:
    assert normalised(name("a"), []) == name("a")
