from __future__ import annotations

import pytest

from sparkguard.expressions import row_condition
from tests.expressions.typed import COLUMNS, HERE

T = (
    "try_add(TIMESTAMP_NTZ'1970-01-01 00:00:00', "
    "make_dt_interval(0, 0, 0, try_cast(unix_micros(`t`) * 0.000001BD AS DECIMAL(18,6))))"
)
"""The timestamp `t` as its time in UTC."""


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("a > 1", "(`a` > 1)"),
        ("a > -5", "(`a` > -5)"),
        ("-a < 5", "(try_subtract(0BD, `a`) < 5)"),
        ("a == 1 or not f", "(((`a` = 1)) OR ((NOT `f`)))"),
        ("a = 1 and (f or a < 0)", "(((`a` = 1)) AND (((`f`) OR ((`a` < 0)))))"),
        ("(f and a = 1) = f", "(((`f`) AND ((`a` = 1))) = `f`)"),
        ("f and f and f", "((`f`) AND (`f`) AND (`f`))"),
        ("a / 0 > 1", "(try_divide(CAST(`a` AS DOUBLE), CAST(0 AS DOUBLE)) > 1)"),
        (
            "a + 1 = a - 1 * 2 % 3",
            "(try_add(try_add(`a`, 0BD), 1) = try_subtract(try_add(`a`, 0BD), "
            "try_mod(try_add(try_multiply(try_add(1, 0BD), 2), 0BD), 3)))",
        ),
        ("abs(a) <= 3", "(abs(try_add(`a`, 0BD)) <= 3)"),
        ("cast(b as int) = 1", "(try_cast(`b` AS INT) = 1)"),
        ("b::decimal(10,2) = 1.50", "(try_cast(`b` AS decimal(10,2)) = 1.50BD)"),
        ("a in (1, 2)", "(`a` IN (1, 2))"),
        ("a not in (1, 2)", "(NOT (`a` IN (1, 2)))"),
        ("a not between 1 and 2", "(NOT (`a` BETWEEN 1 AND 2))"),
        ("b is not null", "(NOT (`b` IS NULL))"),
        ("f is true", "(`f` IS TRUE)"),
        ("b like 'x%'", "(`b` LIKE 'x%')"),
        ("b not rlike '^x$'", "(NOT (`b` RLIKE CAST(X'5c41785c7a' AS STRING)))"),
        ("b = 'it\\'s'", "(`b` = CAST(X'69742773' AS STRING))"),
        ("b like '%${x}%'", "(`b` LIKE CAST(X'25247b787d25' AS STRING))"),
        ("b = '${env:HOME}'", "(`b` = CAST(X'247b656e763a484f4d457d' AS STRING))"),
        ("b <=> null", "(`b` <=> NULL)"),
        ("s.y.z = 'x'", "(`s`.`y`.`z` = 'x')"),
        ("`a.b` > 0", "(`a.b` > 0)"),
        ("`x``y` > 0", "(`x``y` > 0)"),
        ("`select` > 0", "(`select` > 0)"),
        ("d >= '2013-01-01'", "(`d` >= DATE'2013-01-01')"),
        ("d = date '2013-01-01'", "(`d` = DATE'2013-01-01')"),
        ("t < '2013-01-01 10:00:00'", "(`t` < TIMESTAMP'2013-01-01 10:00:00+00:00')"),
        (
            "t < timestamp '2013-01-01T12:00:00+02:00'",
            "(`t` < TIMESTAMP'2013-01-01 10:00:00+00:00')",
        ),
        ("t >= '2013-01-01'", "(`t` >= TIMESTAMP'2013-01-01 00:00:00+00:00')"),
        ("t < '9999-12-31T23:59:59-05:00'", "(`t` < TIMESTAMP'9999-12-31 23:59:59-05:00')"),
        ("n >= '2013-01-01'", "(`n` >= TIMESTAMP_NTZ'2013-01-01 00:00:00')"),
        ("n = '2013-01-01T02:00+02:00'", "(`n` = TIMESTAMP_NTZ'2013-01-01 00:00:00')"),
        ("d < '2013-01-01T10:00'", "(`d` < TIMESTAMP_NTZ'2013-01-01 10:00:00')"),
        ("d = cast('2013-01-01 10:00' as date)", "(`d` = DATE'2013-01-01')"),
        ("n + interval 2 hours > n", "(try_add(`n`, INTERVAL '2' HOUR) > `n`)"),
        ("t > n", f"({T} > `n`)"),
        ("t - t > interval 1 day", f"(try_subtract({T}, {T}) > INTERVAL '1' DAY)"),
        ("hour(t) = year(b)", f"(hour({T}) = year(try_cast(`b` AS DATE)))"),
        ("size(s) = 1", "(CASE WHEN `s` IS NOT NULL THEN size(`s`) END = 1)"),
        ("round(a, -1) = 0", "(round(try_add(`a`, 0BD), -1) = 0)"),
        ("abs(amount) = 0", "(abs(`amount`) = 0)"),
        ("round(amount, 1) = 0", "(round(`amount`, 1) = 0)"),
        ("length(amount) = 4", "(length(try_cast(`amount` AS STRING)) = 4)"),
        ("left(amount, 1.5) = '0'", "(left(try_cast(`amount` AS STRING), 1.5BD) = '0')"),
        ("'' || amount = '0'", "(concat('', try_cast(`amount` AS STRING)) = '0')"),
        ("contains(amount, a)", "contains(try_cast(`amount` AS STRING), `a`)"),
        ("case when f then a else 0 end = 1", "((CASE WHEN `f` THEN `a` ELSE 0 END) = 1)"),
        ("if(f, a, 0) = 1", "(if(`f`, `a`, 0) = 1)"),
        (
            "coalesce(a, 0) + year(d) > 0",
            "(try_add(try_add(coalesce(`a`, 0), 0BD), year(`d`)) > 0)",
        ),
        ("b || 'x' = 'yx'", "(concat(`b`, 'x') = 'yx')"),
        ("element_at(days, 1) > '2013-01-01'", "(try_element_at(`days`, 1) > DATE'2013-01-01')"),
        (
            "map_contains_key(whens, '2013-01-01')",
            "map_contains_key(`whens`, TIMESTAMP'2013-01-01 00:00:00+00:00')",
        ),
        ("array_contains(tags || tags, b)", "array_contains(concat(`tags`, `tags`), `b`)"),
        (
            "cast(element_at(attrs, 'age') as int) >= 18",
            "(try_cast(try_element_at(`attrs`, 'age') AS INT) >= 18)",
        ),
        ("a /* 1=1; drop table x */ > 1 -- x", "(`a` > 1)"),
        ("a > 1e3", "(`a` > 1000.0D)"),
        ("f", "`f`"),
    ],
)
def test_conditions_are_rebuilt(text: str, rebuilt: str) -> None:
    assert row_condition(text, COLUMNS, HERE).text == rebuilt


def test_a_condition_tells_what_it_reads() -> None:
    assert row_condition("a > 1 and s.x = a", COLUMNS, HERE).columns == {("a",), ("s", "x")}
    assert row_condition("p.q > 1", None, HERE).columns == {("p", "q")}


@pytest.mark.parametrize("name", ["a.b", "`", "x y", "select", "count(*)", "é😀", "'; drop", "--"])
def test_any_column_name_can_be_written(name: str) -> None:
    quoted = "`" + name.replace("`", "``") + "`"
    assert row_condition(f"{quoted} > 1", None, HERE).text == f"({quoted} > 1)"
