"""An expression says the same of a row in every session."""

from __future__ import annotations

from typing import Any

import pytest

from sparkguard.datatypes import from_json
from sparkguard.errors import Location
from sparkguard.expressions import one_value_query, row_condition
from tests.plans import configured

Y, N, O = True, False, None  # noqa: E741
ROWS = """
SELECT CAST(text AS TIMESTAMP_LTZ) AS t, CAST(substr(text, 1, 19) AS TIMESTAMP_NTZ) AS n,
       CAST(substr(text, 1, 10) AS DATE) AS d, text AS b, other AS c, i, l, m,
       CAST(0 AS DECIMAL(38,10)) AS z, 9223372036854775807L AS w, CAST(30 AS TINYINT) AS s,
       map(9223372036854775807L, 'x') AS im, repeat('ab', 100000) AS g,
       array(CAST(text AS TIMESTAMP_LTZ)) AS ts, map('k', CAST(text AS TIMESTAMP_LTZ)) AS mt
FROM VALUES
  ('2021-03-14 07:30:00Z', '2021-03-14 07:30:00', -2147483648, array(1), map('k', 1)),
  ('2021-11-07 05:30:00Z', '2021-11-07 05:30:00+02:00', 2147483647, NULL, NULL),
  ('2021-03-28 00:00:00Z', 'x', NULL, array(), map())
  AS rows(text, other, i, l, m)
"""
"""The first two lie where New York's clock changes, the third where Beirut has no midnight."""

CASES: dict[str, tuple[bool | None, ...]] = {
    "t >= '2021-03-28'": (N, Y, Y),
    "n >= '2021-03-28'": (N, Y, Y),
    "d = '2021-03-28 00:00:00'": (N, N, Y),
    "t between '2021-03-28' and date '2021-11-08'": (N, Y, Y),
    "t in ('2021-03-28', '2021-03-14T09:30:00+02:00')": (Y, N, Y),
    "n = t": (Y, Y, Y),
    "d <= t and t < d + interval 24 hours": (Y, Y, Y),
    "coalesce(t, d) = n": (Y, Y, Y),
    "greatest(d, t) = t": (Y, Y, Y),
    "hour(t) = 7 and minute(t) = 30": (Y, N, N),
    "hour(d) = 0": (Y, Y, Y),
    "hour(c) = 3": (N, Y, O),
    "year(c) = 2021": (Y, Y, O),
    "dayofweek(t) = 1": (Y, Y, Y),
    "datediff(t, d) = 0": (Y, Y, Y),
    "last_day(t) = '2021-03-31'": (Y, N, Y),
    "months_between(t, '2021-01-14 07:30:00') = 2": (Y, N, N),
    "months_between(t, d) = 0": (Y, Y, Y),
    "cast(t as date) = d": (Y, Y, Y),
    "cast(t as string) = '2021-03-28 00:00:00'": (N, N, Y),
    "cast(d as timestamp) <= t": (Y, Y, Y),
    "cast(n as timestamp) = t": (Y, Y, Y),
    "cast(b as timestamp) = t": (Y, Y, Y),
    "cast(c as timestamp) = t": (Y, N, O),
    "cast(t as timestamp_ntz) = n": (Y, Y, Y),
    "cast(t as bigint) = 1615707000": (Y, N, N),
    "cast(cast(b as timestamp) as bigint) = cast(t as bigint)": (Y, Y, Y),
    "t + interval 1 day = '2021-03-15 07:30:00'": (Y, N, N),
    "t - timestamp '2021-03-13 07:30:00' = interval 24 hours": (Y, N, N),
    "d + interval 7 hours <= t": (Y, N, N),
    "'at ' || t = 'at 2021-03-14 07:30:00'": (Y, N, N),
    "length(t) = 19": (Y, Y, Y),
    "if(hour(t) = 7, t, d) = n": (Y, N, Y),
    "element_at(ts, 1) >= '2021-03-28'": (N, Y, Y),
    "hour(element_at(mt, 'k')) = 7": (Y, N, N),
    "array_max(ts) = n": (Y, Y, Y),
    "array_contains(ts, '2021-03-28')": (N, N, Y),
    "size(map_values(mt)) = 1": (Y, Y, Y),
    "abs(i) <= 1000": (N, N, O),
    "abs(i) = 2147483648": (Y, N, O),
    "round(i, -1) = 2147483650": (N, Y, O),
    "array_contains(map_values(mt), '2021-03-28')": (N, N, Y),
    "length(z) = 12 and z || '' = '0.0000000000'": (Y, Y, Y),
    "trim(z) = cast(z as string)": (Y, Y, Y),
    "size(l) >= 0": (Y, O, Y),
    "cardinality(m) = 1": (Y, O, N),
    "i * 2 > 4000000000": (N, Y, O),
    "i + i + i < -6442450943": (Y, N, O),
    "-i = 2147483648": (Y, N, O),
    "(i - 1) * (i - 1) > 4611686018427387904": (Y, N, O),
    "w * w > 0": (Y, Y, Y),
    "w - 1 < w": (Y, Y, Y),
    "s * s = 900": (Y, Y, Y),
    "(s + 0) / 7 = s / 7 and s / 7 <> 4.285714": (Y, Y, Y),
    "date_add(d, s - 30) = d and d + (s - 29) > d": (Y, Y, Y),
    "substring(b, s - 29, s - 26) = '2021'": (Y, Y, Y),
    "element_at(ts, s - 29) = t": (Y, Y, Y),
    "element_at(l, w - w + 1) = 1": (Y, O, O),
    "element_at(im, w - 1) is null and element_at(im, w) = 'x'": (Y, Y, Y),
    "concat(s + 1, '') = '31'": (Y, Y, Y),
    "g rlike '^(a|b)*$'": (Y, Y, Y),
    "g rlike '^(ab|c)*'": (Y, Y, Y),
    "g rlike '^(ab|c)*$'": (O, O, O),
    "g not rlike '^((ab|c)+d)*$'": (O, O, O),
    "b not rlike '^(x|yz)*$'": (Y, Y, Y),
    "case s + 1 when 31 then 'a' when 31 then 'b' end = 'a'": (Y, Y, Y),
    "t + interval 1 day * (s - 29) = t + interval 1 day": (Y, Y, Y),
}
SESSIONS = [
    ("UTC", "true", "TIMESTAMP_LTZ"),
    ("America/New_York", "false", "TIMESTAMP_LTZ"),
    ("Asia/Beirut", "true", "TIMESTAMP_NTZ"),
]


@pytest.mark.parametrize(("zone", "ansi", "timestamp"), SESSIONS)
def test_conditions_mean_the_same_in_every_session(
    spark: Any, zone: str, ansi: str, timestamp: str
) -> None:
    settings = {
        "spark.sql.session.timeZone": zone,
        "spark.sql.ansi.enabled": ansi,
        "spark.sql.timestampType": timestamp,
    }
    with configured(spark, settings):
        rows = spark.sql(ROWS).coalesce(1)
        columns = from_json(rows.schema.jsonValue())
        cells = [row_condition(text, columns, Location("")).text for text in CASES]
        found = rows.selectExpr(*cells).collect()
    told = {text: tuple(row[at] for row in found) for at, text in enumerate(CASES)}
    assert told == CASES


def test_months_between_is_that_of_spark_in_utc(spark: Any) -> None:
    times = ["2020-01-31", "2020-02-29", "2021-02-28 23:59:59", "1999-12-15 06:00:00.5"]
    pairs = [(one, other) for one in times for other in times]
    frame = spark.createDataFrame(pairs, "a string, b string").selectExpr(
        "CAST(a AS TIMESTAMP_NTZ) AS a", "CAST(b AS TIMESTAMP_NTZ) AS b"
    )
    columns = from_json(frame.schema.jsonValue())
    ours = row_condition("months_between(a, b) > 0", columns, Location("")).text
    cell = ours.removeprefix("(").removesuffix(" > 0)")
    with configured(spark, {"spark.sql.session.timeZone": "UTC"}):
        rows = frame.coalesce(1).selectExpr(cell, "months_between(a, b)").collect()
    assert [row[0] for row in rows] == pytest.approx([row[1] for row in rows], abs=2e-8)


def test_a_query_is_told_the_types_that_its_table_has() -> None:
    query = one_value_query("SELECT count_if(t > '2013-01-01') FROM x", {"x": None}, Location(""))
    assert query.value.text == "count_if((`t` > '2013-01-01'))"
    columns = from_json({"type": "struct", "fields": [
        {"name": "t", "type": "timestamp", "nullable": True}
    ]})  # fmt: skip
    typed = "count_if((`t` > TIMESTAMP'2013-01-01 00:00:00+00:00'))"
    assert query.of(columns).value.text == typed
