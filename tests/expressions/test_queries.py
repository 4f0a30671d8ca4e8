from __future__ import annotations

import pytest

from sparkguard.errors import ConfigurationError
from sparkguard.expressions import one_value_query
from tests.expressions.typed import COLUMNS, HERE

TABLES = {"t": COLUMNS, "odd name": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SELECT count(*) FROM t", "count(1)"),
        ("select count(a) from t where f", "count(`a`) FILTER (WHERE (`f`))"),
        (
            "select sum(a) / count(*) from t x where x.a > 0",
            "try_divide(try_sum(CAST(`a` AS DECIMAL(38,0))) FILTER (WHERE ((`a` > 0))), "
            "count(1) FILTER (WHERE ((`a` > 0))))",
        ),
        (
            "select count_if(t.a > 1 and b is null) as n from t",
            "count_if((((`a` > 1)) AND ((`b` IS NULL))))",
        ),
        (
            "select count(distinct a) filter (where f) from t where a > 0",
            "count(DISTINCT `a`) FILTER (WHERE ((`a` > 0)) AND (`f`))",
        ),
        ("select max(d) = '2013-01-01' from t", "(max(`d`) = DATE'2013-01-01')"),
        ("select avg(x) from `odd name`;", "try_avg(`x`)"),
        (
            "select sum(a * s.x) from t",
            "try_sum(CAST(try_multiply(try_add(`a`, 0BD), `s`.`x`) AS DECIMAL(38,0)))",
        ),
        ("select avg(a - 1) from t", "try_avg(CAST(try_subtract(try_add(`a`, 0BD), 1) AS DOUBLE))"),
    ],
)
def test_one_value_queries_become_aggregates(text: str, value: str) -> None:
    assert one_value_query(text, TABLES, HERE).value.text == value


def test_a_query_tells_table_columns_and_distinct() -> None:
    query = one_value_query("select count(distinct a) from t where s.x > 1", TABLES, HERE)
    assert (query.table, query.tables) == ("t", ("t",))
    assert query.columns == {("a",), ("s", "x")}
    assert query.distinct


@pytest.mark.parametrize(
    "text",
    [
        "select count(*) from other",
        "select count(*) from cat.t",
        "select count(*) from text.`/etc/passwd`",
        "select count(*) from delta.`/lake/t`",
        "select count(*) from t version as of 1",
        "select count(*) from t timestamp as of '2013-01-01'",
        "select count(*) from t tablesample (10 rows)",
        "select count(*) from t, t",
        "select count(*) from t join t u on t.a = u.a",
        "select count(*) from t lateral view explode(a) e as x",
        "select count(*) from (select 1)",
        "select count(*) from range(5)",
        "select count(*) from read_files('/etc')",
        "select count(*) from identifier('t')",
        "select count(*) from values (1)",
        "select count(*) from t group by a",
        "select count(*) from t group by all",
        "select count(*) from t having count(*) > 1",
        "select count(*) from t order by 1",
        "select count(*) from t limit 1",
        "select distinct count(*) from t",
        "select /*+ broadcast(t) */ count(*) from t",
        "with x as (select 1) select count(*) from t",
        "select count(*), 1 from t",
        "select transform(a) using 'sh' from t",
        "select a from t",
        "select count(*) + a from t",
        "select 1 from t",
        "select count(*)",
        "select *",
        "select max(sum(a)) from t",
        "select sum(a) over () from t",
        "select count(*) from t where sum(a) > 1",
        "select count(*) from t where a in (select 1)",
        "select sum(distinct a) from t",
        "select min(*) from t",
        "select sum(b) from t",
        "select sum(element_at(attrs, 'amount')) from t",
        "select count(*) filter (where count(*) > 1) from t",
        "select percentile(a, 0.5) from t",
        "select collect_list(b) from t",
        "select count(*) from t union all select count(*) from t",
        "(select count(*) from t)",
        "select count(*) from t; select 1",
        "delete from t",
        "set x = 1",
        "add jar 'x.jar'",
        "create function f as 'x.Y'",
        "explain select count(*) from t",
        "",
    ],
)
def test_queries_beyond_one_value_of_one_table_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        one_value_query(text, TABLES, HERE)


def test_a_join_points_to_references() -> None:
    with pytest.raises(ConfigurationError, match="references check"):
        one_value_query("select count(*) from t join t u on t.a = u.a", TABLES, HERE)
