from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sparkguard.datatypes import parse
from sparkguard.sql import name
from sparkguard.sql.multiples import not_multiple
from tests.plans import configured

X = name("x")


@pytest.mark.parametrize(
    ("step", "type_", "text"),
    [
        (3, "int", "`x` % 3 != 0"),
        (2.5, "bigint", "`x` % 5 != 0"),
        (0.1, "int", "`x` % 1 != 0"),
        (2**63, "bigint", "`x` % 9223372036854775808BD != 0"),
        (10**30, "bigint", "`x` != 0"),
        (0.01, "decimal(10,2)", "`x` % 0.01BD != 0.00BD"),
        (0.01, "decimal(5,4)", "`x` % 0.0100BD != 0.0000BD"),
        (0.015, "decimal(10,2)", "`x` % 0.03BD != 0.00BD"),
        (1e-40, "decimal(10,2)", "`x` % 0.01BD != 0.00BD"),
        (10**400, "decimal(3,1)", "`x` != 0.0BD"),
    ],
)
def test_multiples_of_a_step_are_told_in_the_columns_own_type(
    step: float, type_: str, text: str
) -> None:
    assert not_multiple(X, step, parse(type_)).text == text


CASES: list[tuple[str, float, list[Any], list[bool]]] = [
    (
        "decimal(38,20)",
        0.01,
        [Decimal("0.01000000000000000001"), Decimal("999999999999999999.99"), Decimal("-0.01")],
        [True, False, False],
    ),
    ("decimal(38,38)", 0.3, [Decimal("0.3"), Decimal("0.3" + "0" * 36 + "1")], [False, True]),
    ("decimal(38,38)", 2, [Decimal("1e-38"), Decimal(0)], [True, False]),
    ("decimal(38,0)", 7, [Decimal(7 * 10**36), Decimal(7 * 10**36 + 1)], [False, True]),
    ("bigint", 2**63, [-(2**63), 2**63 - 1, 0], [False, True, False]),
    ("double", 0.01, [0.03, 1e-19, -0.0, 1e19, 0.015, float("inf")], [False, True] + [False] * 2
     + [True] * 2),
    ("double", 10, [1e25, 1e22, 15.0, 5e-324, 10.5], [False, False, True, True, True]),
    ("double", 10**400, [0.0, 1.0, float("inf")], [False, True, True]),
    ("double", 1e-300, [2e-300, 0.0], [False, False]),
    ("float", 0.1, [0.7, 0.75, 1e20, 1e-20], [False, True, False, True]),
    (
        "string",
        0.01,
        ["0.01", "1e-2", " 1 ", "0.010000000000000000000000000000000000000001", "1e-19", "-2e3"],
        [False, False, False, True, True, False],
    ),
    ("string", 10, ["9" * 39, "1e37", "1.00e1", "10.5", "x"], [True, False, False, True, True]),
    ("string", 1e-40, ["1e-40"], [True]),
]  # fmt: skip


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_no_rounding_makes_a_multiple(spark: Any, ansi: str) -> None:
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        for type_, step, values, wanted in CASES:
            frame = spark.createDataFrame([(value,) for value in values], f"x {type_}").coalesce(1)
            found = frame.selectExpr(not_multiple(X, step, parse(type_)).text).collect()
            assert [row[0] for row in found] == wanted, (type_, step)
