"""Bins found by SQL against a search in Python, with every special value.

DuckDB orders NaN above infinity as Spark does, and needs no session; Spark counts the same rows.
"""

from __future__ import annotations

import bisect
import math
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import duckdb
import pytest
import sqlglot

from sparkguard.layout import lay_out
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.families import Family
from sparkguard.profile import Need
from sparkguard.relations.table import Table
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE

LEAST, MOST = -(2**63), 2**63 - 1
POINT = math.nextafter(5.0, -math.inf)
EDGES = (-1.5, -0.0, 0.5, POINT, 5.0, 1e300)
WIDE = (math.nextafter(float(LEAST), -math.inf), float(LEAST), 0.0, float(2**53), float(2**63))
DAY = date(2024, 2, 29)
MOMENT = datetime(1999, 12, 31, 23, 59, 59, 999_999, timezone.utc)
COLUMNS: dict[str, tuple[Family, str, tuple[float, ...], list[Any]]] = {
    "f": (
        Family.FLOAT,
        "double",
        EDGES,
        [-math.inf, -2.0, -1.5, -0.0, 0.0, 0.1, 4.9, POINT, 5.0, 6.0, 1e308, math.inf, math.nan],
    ),
    "one": (Family.FLOAT, "double", (), [-math.inf, 3.0, math.inf, math.nan]),
    "i": (Family.INTEGER, "bigint", EDGES, [LEAST, -2, -1, 0, 1, 4, 5, 6, MOST]),
    "wide": (Family.INTEGER, "bigint", WIDE, [LEAST, LEAST + 1, 0, 2**53, 2**53 + 1, MOST]),
    "d": (Family.DECIMAL, "decimal(18,2)", EDGES, [Decimal(x) for x in ("-1.5", "0.51", "5")]),
    "day": (Family.DATE, "date", (19_781.0, 19_782.0, 19_783.0), [DAY, date(1, 1, 1)]),
    "at": (Family.TIMESTAMP, "timestamp", (946_684_799.5, 946_684_800.0), [MOMENT]),
}


def plain(value: Any) -> Any:
    """The value as a number of the edges' unit."""
    match value:
        case datetime():
            return value.timestamp()
        case date():
            return (value - date(1970, 1, 1)).days
    return value


def expected(edges: tuple[float, ...], rows: list[Any]) -> BinsState:
    fine = [0] * (len(edges) + 1)
    special = dict.fromkeys(("nan", "inf", "-inf"), 0)
    for value in map(plain, rows):
        if isinstance(value, float) and not math.isfinite(value):
            special[str(value)] += 1
        else:
            fine[bisect.bisect_left(edges, value)] += 1
    return BinsState(tuple(fine), 2, special["nan"], special["inf"], special["-inf"])


@pytest.mark.parametrize("name", COLUMNS)
def test_every_value_is_in_its_bin(name: str) -> None:
    family, type_, edges, rows = COLUMNS[name]
    measure = Bins(("x",), family, edges)
    ((alias, plain_value),) = measure.inputs()
    (cell,) = measure.group_by()
    inner = f"SELECT x, {plain_value.text} AS `{alias}` FROM t"
    query = f"SELECT {cell.text} AS cell, count(*) AS n FROM ({inner}) GROUP BY 1"
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE t (x {type_})")
        database.executemany("INSERT INTO t VALUES (?)", [(x,) for x in [*rows, None, None]])
        (told,) = sqlglot.transpile(query, read="spark", write="duckdb")
        counted = database.execute(told).fetchall()
    assert measure.of_groups([((key,), n) for key, n in counted]) == expected(edges, rows)


@pytest.mark.parametrize("name", COLUMNS)
def test_spark_counts_every_value_in_its_bin(spark: Any, name: str) -> None:
    family, type_, edges, rows = COLUMNS[name]
    frame = spark.createDataFrame([(x,) for x in [*rows, None, None]], f"x {type_}")

    class Tables:
        def frame(self, name: str, /) -> Any:
            return frame

    need = Need(Table("t"), Bins(("x",), family, edges))
    (scan,) = lay_out([need], {})
    found = run_scan(scan, Tables())
    assert found.failures == {}
    assert found.profile.at(WHOLE, need) == expected(edges, rows)
