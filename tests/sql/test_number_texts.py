from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sparkguard.datatypes import parse
from sparkguard.sql import name
from sparkguard.sql.limits import above, below
from sparkguard.sql.number_texts import is_number_text
from tests.plans import configured

X = name("x")


def test_texts_that_are_numbers(spark: Any) -> None:
    numbers = ["1", " -1.5e3\n", "+.5", "1.", "00", "1e400", "1e-0009999"]
    others = [
        "",
        " ",
        "1d",
        "0x1",
        "٣",
        "1,000",
        "NaN",
        "Infinity",
        "1 2",
        "\u00a01",
        "--1",
        "1e10000",
    ]
    frame = spark.createDataFrame([(t,) for t in numbers + others], "x string").coalesce(1)
    found = [row[0] for row in frame.selectExpr(is_number_text(X).text).collect()]
    assert found == [True] * len(numbers) + [False] * len(others)


TEXTS = [
    "10", "1e1", "+0010.000", "10.0000000000000000001", "9.9999999999999999999",
    "10." + "0" * 60 + "1", "9." + "9" * 60, "-10." + "0" * 60 + "1", "-9." + "9" * 60, "-10",
    "0", "-0.0", "1e-400", "-1e-400", "-.0e5", "1e-9999", " 7\n", "0.1", "0.1" + "0" * 50 + "1",
    "100000000000000000000", "100000000000000000001", "9" * 40, "-" + "9" * 40, "1e400", "-1e9999",
    "1.5e-30", "1234567.0000000000000000000000000000001",
]  # fmt: skip
LIMITS = [10, 0, -10, 0.1, 10**20, 1.5e-30, 1234567, 10**36, -0.0, 0.5]


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_text_compares_with_a_limit_by_every_digit(spark: Any, ansi: str) -> None:
    frame = spark.createDataFrame([(text,) for text in TEXTS], "x string").coalesce(1)
    told = [(limit, equal) for limit in LIMITS for equal in (False, True)]
    cells = [below(X, limit, parse("string"), or_equal=equal).text for limit, equal in told]
    cells += [above(X, limit, parse("string"), or_equal=equal).text for limit, equal in told]
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        found = frame.selectExpr(*cells).collect()
    for text, row in zip(TEXTS, found, strict=True):
        number = Decimal(text)
        limits = [(Decimal(repr(limit)), equal) for limit, equal in told]
        wanted = [number < limit or (equal and number == limit) for limit, equal in limits]
        wanted += [number > limit or (equal and number == limit) for limit, equal in limits]
        assert list(row) == wanted, text
