from __future__ import annotations

import math
import random
import struct
from typing import Any

import pytest

from sparkguard import sql
from sparkguard.datatypes import Array, Atomic
from sparkguard.shadow_rules.tolerance import (
    Tolerance,
    agrees,
    is_biased,
    signed_difference,
    standard_errors,
)

DOUBLE, FLOAT = Atomic("double"), Atomic("float")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"abs": -1.0}, "abs is a number from 0 up, found -1.0"),
        ({"rel": math.nan}, "rel is a number from 0 up, found nan"),
        ({"rel": 1.0}, "rel is below 1, since a factor of 1 passes everything: 1.0"),
        ({"share": 1.5}, "share is 0 to 1, found 1.5"),
        ({"ignored": "x", "abs": 1.0}, "an ignored column takes no tolerance"),
    ],
)
def test_a_tolerance_that_makes_no_sense_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Tolerance(**options)


@pytest.mark.parametrize(
    ("rule", "type_", "says"),
    [
        (Tolerance(abs=1.0), Atomic("bigint"), "abs, rel and ulp are for float and double"),
        (Tolerance(seconds=1.0), DOUBLE, "seconds is for dates and timestamps"),
        (Tolerance(unordered=True), DOUBLE, "unordered is for arrays"),
        (Tolerance(ulp=1), FLOAT, ""),
        (Tolerance(unordered=True), Array(DOUBLE), ""),
    ],
)
def test_a_tolerance_fits_its_type(rule: Tolerance, type_: Any, says: str) -> None:
    assert rule.misfit(type_).startswith(says)
    assert bool(rule.misfit(type_)) == bool(says)


def test_a_tolerance_says_what_it_allows() -> None:
    assert str(Tolerance()) == "exact"
    assert str(Tolerance(abs=0.5, ulp=4)) == "abs 0.5, ulp 4"
    assert str(Tolerance(ignored="set by each run")) == "ignored: set by each run"


def test_many_small_differences_of_one_sign_are_biased() -> None:
    million = 1_000_000
    assert is_biased(million, million * 1e-9, million * 1e-18, 6.0)
    assert not is_biased(million, 0.0, million * 1e-18, 6.0)
    assert not is_biased(29, 29 * 1e-9, 29 * 1e-18, 6.0)
    assert not is_biased(million, million * 1e-9, million * 1e-18, None)


def test_standard_errors_are_the_mean_over_its_error() -> None:
    differences = [1.0, 2.0, 3.0, 4.0]
    found = standard_errors(4, sum(differences), sum(d * d for d in differences))
    assert found == pytest.approx(2.5 / math.sqrt((5 / 3) / 4))
    assert standard_errors(1, 5.0, 25.0) == 0.0
    assert standard_errors(4, 8.0, 16.0) == math.inf


def _next(value: float, steps: int, single: bool) -> float:
    if not single:
        for _ in range(steps):
            value = math.nextafter(value, math.inf)
        return value
    bits = struct.unpack("<i", struct.pack("<f", value))[0] + (steps if value > 0 else -steps)
    return float(struct.unpack("<f", struct.pack("<i", bits))[0])


def test_agreement_in_spark_is_that_of_python(spark: Any) -> None:
    """Every rule over pairs near each limit, near powers of two and among the smallest numbers."""
    chance = random.Random(1)
    starts = [1.0, 2.0, 0.5, 1e-300, 5e-324, 2.0**-1022, 2.0**1000, 3.0, 1e22, 2.0**53]
    starts += [math.ldexp(chance.random() + 0.5, chance.randint(-200, 200)) for _ in range(200)]
    pairs = [(x, _next(x, n, False)) for x in starts for n in (1, 2, 3, 4, 5)]
    pairs += [(-a, -b) for a, b in pairs] + [(b, a) for a, b in pairs]
    pairs += [(1.0, 1.0 + d) for d in (1e-9, 1e-6, 2e-6)] + [(1.0, -1.0), (0.0, 5e-324)]
    pairs += [(math.nan, 1.0), (math.inf, 1.0), (math.inf, -math.inf), (1e308, -1e308)]
    singles = [(x, _next(x, n, True)) for x in (1.0, 0.5, 3.0, 1e-40, 1e30) for n in (1, 2, 3, 4)]
    rules = [Tolerance(ulp=1), Tolerance(ulp=3), Tolerance(abs=1e-6), Tolerance(rel=1e-15)]
    rules.append(Tolerance(abs=1e-300, rel=1e-6))
    for type_, cases in ((DOUBLE, pairs), (FLOAT, singles)):
        frame = spark.createDataFrame(cases, f"a {type_}, b {type_}")
        a, b = sql.name("a"), sql.name("b")
        cells = [sql.alias(agrees(a, b, type_, r), f"r{i}").text for i, r in enumerate(rules)]
        apart = signed_difference(a, b, type_)
        rows = frame.selectExpr("a", "b", *cells, sql.alias(apart, "d").text).collect()
        assert len(rows) == len(cases)
        for row in rows:
            for rule, found in zip(rules, row[2:-1], strict=True):
                assert found == _agrees(row.a, row.b, rule, type_ == FLOAT), (row, rule)
            apart_ = row.b - row.a
            assert row.d == (apart_ if math.isfinite(apart_) else None)


def _agrees(a: float, b: float, rule: Tolerance, single: bool) -> bool:
    larger = max(abs(a), abs(b))
    if not math.isfinite(larger):
        return False
    exponent = max(math.frexp(larger)[1] - 1, -126 if single else -1022)
    ulp = math.ldexp(1.0, exponent - (23 if single else 52))
    return abs(a - b) <= max(rule.abs, rule.rel * larger, rule.ulp * ulp)


def test_times_agree_within_seconds(spark: Any) -> None:
    row = spark.sql(
        "SELECT TIMESTAMP'2013-03-10 01:59:59.5' t, TIMESTAMP_NTZ'2013-03-10 02:00:00' n,"
        " DATE'2013-03-10' d"
    ).selectExpr(
        *(
            agrees(sql.Sql(one), sql.Sql(other), Atomic(type_), Tolerance(seconds=1.0)).text
            for one, other, type_ in (
                ("t", "t + INTERVAL 1 SECOND", "timestamp"),
                ("t", "t - INTERVAL 1.000001 SECOND", "timestamp"),
                ("n", "n - INTERVAL 1 SECOND", "timestamp_ntz"),
                ("d", "d + INTERVAL 1 DAY", "date"),
            )
        ),
        signed_difference(sql.Sql("d"), sql.Sql("d + INTERVAL 1 DAY"), Atomic("date")).text,
    )
    assert tuple(row.collect()[0]) == (True, False, True, False, 86_400.0)
