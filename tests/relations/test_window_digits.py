from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sparkguard.relations.window_digits import loses, power, times, unscaled
from tests.plans import configured

DIGITS = [
    ("12.34", "decimal(12,2)", 1234),
    ("-12345678901234567.89", "decimal(19,2)", -1234567890123456789),
    ("0.123456789012345678", "decimal(18,18)", 123456789012345678),
    ("7", "int", 7),
    ("2.5", "double", 250),
    ("0.30000000000000004", "double", 30),
    ("-123456789.07", "double", -12345678907),
    ("1.0E15", "double", 10**17),
    ("16.1", "float", 1610),
    ("-0.07", "float", -7),
    ("9" * 38, "decimal(38,0)", int("9" * 38)),
    ("-" + "9" * 36 + ".99", "decimal(38,2)", -int("9" * 38)),
    ("99999999999999999999.999999999999999999", "decimal(38,18)", int("9" * 38)),
    ("-0.000000000000000001", "decimal(38,18)", -1),
    ("-12345678901234567890.123456789012345678", "decimal(38,18)",
     -12345678901234567890123456789012345678),
    ("1234567890123456789.1234567890123456789", "decimal(38,19)",
     12345678901234567891234567890123456789),
    ("-99." + "9" * 36, "decimal(38,36)", -int("9" * 38)),
    ("12.000000000000000000000000000000000001", "decimal(38,36)",
     12000000000000000000000000000000000001),
    ("0." + "123456789" * 4, "decimal(36,36)", int("123456789" * 4)),
]  # fmt: skip


@pytest.mark.parametrize("setting", ["true", "false"])
def test_digits_of_numbers(spark: Any, setting: str) -> None:
    settings = ("spark.sql.ansi.enabled", "spark.sql.decimalOperations.allowPrecisionLoss")
    with configured(spark, dict.fromkeys(settings, setting)):
        numbers = (
            f"CAST('{value}' AS {type_}) AS x{n}" for n, (value, type_, _) in enumerate(DIGITS)
        )
        frame = spark.range(1).selectExpr(*numbers)
        found = frame.select(*(unscaled(frame[f.name], f.dataType, 2) for f in frame.schema))
        assert [Decimal(x) for x in found.collect()[0]] == [digits for *_, digits in DIGITS]


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("1e30", "double"), ("NaN", "double"), ("-Infinity", "float"), ("0.5", "decimal(38,37)"),
        ("0.004", "double"), ("1.005", "double"), ("1000.004", "float"), ("1e-300", "double"),
    ],
)  # fmt: skip
def test_numbers_without_digits_are_of_types_that_lose_them(
    spark: Any, value: str, type_: str
) -> None:
    frame = spark.range(1).selectExpr(f"CAST('{value}' AS {type_}) AS x")
    kind = frame.schema["x"].dataType
    assert frame.select(unscaled(frame["x"], kind, 2)).collect()[0][0] is None
    assert loses(kind)


def test_products_beyond_38_digits_are_null(spark: Any) -> None:
    columns = [times(power(18), power(19)), times(power(19), power(19)), power(37), power(38)]
    found = list(spark.range(1).select(*columns).collect()[0])
    assert found == [Decimal(10**37), None, Decimal(10**37), None]
