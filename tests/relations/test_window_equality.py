from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from pyspark.sql import functions as F  # noqa: N812

from sparkguard.relations.window_equality import decimal_equal, near, rounded_from, same
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate
from sparkguard.windows.values import EXACT, Output, Tolerance
from tests.plans import configured

LOOSE = Tolerance(absolute=0.5, relative=0.1)
SUM = Aggregate("sum", None, "amount")
KINDS = Aggregate("count_distinct", 0, "amount")
MAX = Aggregate("max", None, "amount")
SPREAD = Aggregate("stddev", None, "amount", ddof=0)
MEDIAN = Aggregate("quantile", None, "amount", q=0.5, method="linear")
LOWER = Aggregate("quantile", None, "amount", q=0.5, method="lower")


@pytest.mark.parametrize(
    ("aggregate", "tolerance", "held", "exact", "equal"),
    [
        (SUM, EXACT, "1.5D", "1.5D", True),
        (SUM, EXACT, "1.5D", "1.50001D", False),
        (SUM, LOOSE, "1.5D", "1.9D", True),
        (SUM, LOOSE, "100D", "110D", True),
        (SUM, LOOSE, "100D", "120D", False),
        (SUM, EXACT, "10.50BD", "10.5BD", True),
        (SUM, LOOSE, "10.50BD", "10.51BD", False),
        (SUM, EXACT, "9007199254740992L", "9007199254740993L", False),
        (KINDS, LOOSE, "100L", "105L", True),
        (KINDS, LOOSE, "100L", "120L", False),
        (KINDS, EXACT, "100L", "101L", False),
        (KINDS, EXACT, "9007199254740992L", "9007199254740993L", False),
        (LOWER, LOOSE, "100L", "105L", True),
        (LOWER, LOOSE, "100.00BD", "105BD", True),
        (LOWER, EXACT, "100L", "105L", False),
        (LOWER, LOOSE, "100.00BD", "105.004BD", True),
        (LOWER, EXACT, "100.00BD", "100.004BD", True),
        (MAX, EXACT, "1.23BD", "1.2345BD", True),
        (MAX, EXACT, "1.24BD", "1.2345BD", False),
        (MAX, EXACT, "1.23BD", "1.235BD", True),
        (MAX, EXACT, "1.24BD", "1.235BD", True),
        (MAX, EXACT, "1.23BD", "1.2D", False),
        (MAX, EXACT, "1.23BD", "1.2345D", True),
        (MAX, EXACT, "1.24BD", "1.2345D", False),
        (MAX, EXACT, "1.24BD", "CAST('NaN' AS DOUBLE)", False),
        (MAX, EXACT, "1.24BD", "CAST('Infinity' AS DOUBLE)", False),
        (MEDIAN, EXACT, "1.23BD", "1.2345D", True),
        (MEDIAN, EXACT, "1.24BD", "1.2345D", False),
        (MEDIAN, LOOSE, "1.44BD", "1.2345D", True),
    ],
)
def test_equality_is_exact_but_for_what_may_have_a_tolerance(
    spark: Any, aggregate: Aggregate, tolerance: Tolerance, held: str, exact: str, equal: bool
) -> None:
    """Both oracles say the same."""
    feature = Feature(("total",), aggregate, tolerance)
    frame = spark.range(1).selectExpr(f"{held} AS held", f"{exact} AS exact")
    type_, value_type = frame.schema["held"].dataType, frame.schema["exact"].dataType
    found = frame.select(
        "*", same(feature, frame["held"], type_, frame["exact"], value_type).alias("equal")
    )
    row = found.collect()[0]
    assert row["equal"] is equal
    is_float = isinstance(row["held"], float)
    stored = Output(is_float, 2, 1, tolerance if is_float or aggregate != SUM else EXACT)
    assert stored.equal(row["held"], row["exact"]) is equal


@pytest.mark.parametrize("tolerance", [EXACT, Tolerance(absolute=0.5), LOOSE])
def test_what_is_expected_to_be_infinite_or_nan_is_near_nothing_else(
    spark: Any, tolerance: Tolerance
) -> None:
    values = ("1", "1e308", "NaN", "Infinity", "-Infinity")
    pairs = [(float(held), float(exact)) for held in values for exact in values]
    frame = spark.createDataFrame(pairs, "held double, exact double")
    rows = frame.select("*", near(tolerance, frame["held"], frame["exact"]).alias("near")).collect()
    stored = Output(is_float=True, tolerance=tolerance)
    for row in rows:
        same_ = str(row["held"]) == str(row["exact"])
        assert (row["near"], stored.equal(row["held"], row["exact"])) == (same_, same_), row


DEVIATIONS = [("1.5811", True), ("1.5812", False), ("1.5810", False)]
"""Values rounded to four places, and whether 1.5811388 becomes them."""


@pytest.mark.parametrize(("held", "equal"), DEVIATIONS)
def test_a_double_is_rounded_to_the_places_it_is_stored_with(
    spark: Any, held: str, equal: bool
) -> None:
    frame = spark.range(1).selectExpr(f"CAST('{held}' AS DECIMAL(10,4)) AS held")
    found = rounded_from(frame["held"], frame.schema["held"].dataType, F.lit(math.sqrt(2.5)))
    assert frame.select(found).collect()[0][0] is equal
    assert Output(scale=4).equal(Decimal(held), math.sqrt(2.5)) is equal
    assert Output(scale=4, unit=100).equal(Decimal(held), 100 * math.sqrt(2.5)) is equal
    loose = Output(scale=4, tolerance=Tolerance(absolute=1e-3))
    assert loose.equal(Decimal(held), math.sqrt(2.5))


def test_a_null_is_neither_near_nor_far(spark: Any) -> None:
    rows = [(None, 1.0), (1.0, None), (None, None), (None, float("nan"))]
    frame = spark.createDataFrame(rows, "held double, exact double")
    found = frame.select(near(LOOSE, frame["held"], frame["exact"]))
    assert [row[0] for row in found.collect()] == [None] * 4


RATIOS: list[tuple[str, str, str, int | None, int, bool | None]] = [
    # 1/8 is halfway between 0.12 and 0.13, and either is what it may be rounded to.
    ("0.12", "decimal(10,2)", "1", 8, 1, True),
    ("0.13", "decimal(10,2)", "1", 8, 1, True),
    ("0.14", "decimal(10,2)", "1", 8, 1, False),
    ("-0.12", "decimal(10,2)", "-1", 8, 1, True),
    ("7", "int", "15", 2, 1, True),
    ("7", "int", "65", None, 10, True),
    ("8", "int", "65", None, 10, False),
    ("123.45", "decimal(38,18)", "12345", None, 100, True),
    ("123.450000000000000001", "decimal(38,18)", "12345", None, 100, False),
    ("123.450000000000000001", "decimal(38,18)", "123450000000000000001", None, 10**18, True),
    ("123.450000000000000001", "decimal(38,18)", "123450000000000000002", None, 10**18, False),
    ("123.46", "decimal(12,2)", "123456000000000000001", None, 10**18, True),
    ("123.45", "decimal(12,2)", "123456000000000000001", None, 10**18, False),
    ("1.3333333333333333333333", "decimal(38,22)", "4" + "0" * 18, 3, 10**18, True),
    ("1.3333333333333333333332", "decimal(38,22)", "4" + "0" * 18, 3, 10**18, False),
    ("1.00000000000000000000000001", "decimal(38,26)", "1" + "0" * 25 + "1", None, 10**26, True),
    ("99999999999999999999", "decimal(38,0)", "9" * 20 + "0" * 18, None, 10**18, True),
    ("99999999999999999999", "decimal(38,18)", "9" * 20 + "0" * 18, None, 10**18, True),
    ("99999999999999999999", "decimal(38,18)", "9" * 20 + "0" * 18, 3, 10**18, None),
    ("0.5", "decimal(38,37)", "5", None, 10, None),
]  # fmt: skip
"""What is held, its type, total, number of values, unit, and whether it is their ratio."""


@pytest.mark.parametrize("setting", ["true", "false"])
def test_a_decimal_equals_what_it_is_rounded_from(spark: Any, setting: str) -> None:
    settings = ("spark.sql.ansi.enabled", "spark.sql.decimalOperations.allowPrecisionLoss")
    with configured(spark, dict.fromkeys(settings, setting)):
        columns = [
            f"CAST('{x}' AS {kind}) AS {name}{n}"
            for n, (held, type_, total, below, *_) in enumerate(RATIOS)
            for name, x, kind in (
                ("held", held, type_),
                ("total", total, "DECIMAL(38,0)"),
                ("n", below or 1, "BIGINT"),
            )
        ]
        frame = spark.range(1).selectExpr(*columns)
        found = [
            decimal_equal(
                frame[f"held{n}"],
                frame.schema[f"held{n}"].dataType,
                frame[f"total{n}"],
                None if below is None else frame[f"n{n}"],
                unit,
            )
            for n, (_, _, _, below, unit, _) in enumerate(RATIOS)
        ]
        assert list(frame.select(*found).collect()[0]) == [equal for *_, equal in RATIOS]


@pytest.mark.parametrize(
    ("held", "type_", "total", "below", "unit", "equal"), [r for r in RATIOS if r[-1] is not None]
)
def test_the_other_oracle_rounds_alike(
    held: str, type_: str, total: str, below: int | None, unit: int, equal: bool
) -> None:
    scale = int(type_.rpartition(",")[2].rstrip(")")) if "," in type_ else 0
    stored = Output(scale=scale, unit=unit)
    value = Decimal(held) if "," in type_ else int(held)
    exact = int(total) if below is None else Fraction(int(total), below)
    assert stored.equal(value, exact) is equal
