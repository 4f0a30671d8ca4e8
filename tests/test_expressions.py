from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkguard.datatypes import Struct, parse
from sparkguard.errors import ConfigurationError, Location
from sparkguard.expressions import one_value_query, row_condition

HERE = Location("c.yaml", 3, 5)
_PARSED = parse(
    "struct<a:int,b:string,d:date,t:timestamp,n:timestamp_ntz,s:struct<x:int,y:struct<z:string>>,"
    "f:boolean,amount:decimal(10,2),`a.b`:int,`x``y`:int,`select`:int>"
)
assert isinstance(_PARSED, Struct)
COLUMNS = _PARSED


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("a > 1", "(`a` > 1)"),
        ("a > -5", "(`a` > -5)"),
        ("-a < 5", "(try_subtract(0, `a`) < 5)"),
        ("a == 1 or not f", "(((`a` = 1)) OR ((NOT `f`)))"),
        ("a = 1 and (f or a < 0)", "(((`a` = 1)) AND (((`f`) OR ((`a` < 0)))))"),
        ("(f and a = 1) = f", "(((`f`) AND ((`a` = 1))) = `f`)"),
        ("f and f and f", "((`f`) AND (`f`) AND (`f`))"),
        ("a / 0 > 1", "(try_divide(`a`, 0) > 1)"),
        (
            "a + 1 = a - 1 * 2 % 3",
            "(try_add(`a`, 1) = try_subtract(`a`, try_mod(try_multiply(1, 2), 3)))",
        ),
        ("abs(a) <= 3", "(greatest(`a`, try_subtract(0, `a`)) <= 3)"),
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
        ("t + interval 2 hours > t", "(try_add(`t`, INTERVAL '2' HOUR) > `t`)"),
        ("case when f then a else 0 end = 1", "((CASE WHEN `f` THEN `a` ELSE 0 END) = 1)"),
        ("if(f, a, 0) = 1", "(if(`f`, `a`, 0) = 1)"),
        ("coalesce(a, 0) + year(d) > 0", "(try_add(coalesce(`a`, 0), year(`d`)) > 0)"),
        ("b || 'x' = 'yx'", "(concat(`b`, 'x') = 'yx')"),
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


ATTACKS = [
    "a in (select 1)",
    "exists (select 1)",
    "a = (select max(a) from t)",
    "a > any (select 1)",
    "(select transform(a) using 'sh -c id' as (x) from t) = 1",
    "reflect('java.lang.Runtime', 'getRuntime') is not null",
    "java_method('java.lang.System', 'exit', 1) = 1",
    "try_reflect('java.lang.System', 'getenv') = 'x'",
    "a = (select value from text.`/etc/passwd`)",
    "a in (select value from csv.`s3://bucket/x`)",
    "rand() > 0.5",
    "uuid() = 'x'",
    "current_date() > d",
    "now() > t",
    "raise_error('x') is null",
    "assert_true(f) is null",
    "sum(a) > 1",
    "count(*) > 1",
    "sum(a) over (partition by b) > 1",
    "row_number() over (order by a) = 1",
    "a[0] = 1",
    "exists(s, x -> x > 1)",
    "transform(s, x -> x) is null",
    "a = :parameter",
    "a = ?",
    "a = @variable",
    "a = ${secret}",
    "a = {x}",
    "b = X'41'",
    "b = r'x'",
    "b = 'it''s'",
    "a > 1; drop table t",
    "a > 1 union select 1",
    "drop table t",
    "insert into t values (1)",
    "* = 1",
    "s.* = 1",
    "(a, a) = (1, 2)",
    "a like all ('x')",
    "b like b",
    "b rlike b",
    "b rlike '(a+)+$'",
    "b rlike '(?i)x'",
    "b like 'x\\\\'",
    "b collate UTF8_LCASE = 'x'",
    "s.x(a) = 1",
    "system.builtin.rand() = 1",
    "_metadata.file_path = 'x'",
    "input_file_name() = 'x'",
    "ai_query('m', b) = 'x'",
    "http_request(b) = 'x'",
    "java.lang.System.exit(0)",
    "secret('scope', 'key') = b",
    "from_json(b, 'a int') is null",
    "repeat('x', 2000000000) = b",
    "cast(b as array<int>) is null",
    "cast(b as binary) is null",
    "a = 1e400",
    "a = 1 1",
    "a >",
    "(a > 1",
    "a > 1)",
    "",
    "   ",
    "a",
    "a + 1",
    "b and f",
    "a > 'ten'",
    "b = 1",
    "coalesce(a, 'x') = 'x'",
    "d > 'yesterday'",
    "d + b > d",
    "round(b) = 1",
    "A > 1",
    "missing > 1",
    "s.missing > 1",
    "a.x > 1",
    "year(d, d) = 1",
    "interval a day > t",
    "t + interval '1; drop' day > t",
    "a = 1 /*+ hint */ qualify 1 = 1",
    "not " * 5_000 + "f",
    "(" * 100 + "a" + ")" * 100 + " > 1",
    "f" + " = f" * 3_000,
    "a > " + "1" * 11_000,
    "a > " + "9" * 50,
    "{fn now()} > t",
    "case a when 1 then f /*x*/ when (select 1) then f end",
]


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: text[:40])
def test_attacks_and_mistakes_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        row_condition(text, COLUMNS, HERE)
    assert all(problem.where == HERE for problem in caught.value.problems)
    assert all(len(str(problem)) < 700 for problem in caught.value.problems)


@pytest.mark.parametrize(
    "text",
    [text for text in ATTACKS if re.search(r"select|reflect|rand|over|\*|metadata|java", text)],
    ids=lambda text: text[:40],
)
def test_attacks_are_refused_without_known_columns(text: str) -> None:
    with pytest.raises(ConfigurationError):
        row_condition(text, None, HERE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A > 1", "unknown column 'A'. Did you mean 'a'?"),
        ("s.y.zz = 'x'", "unknown field 's.y.zz'. Did you mean 'z'?"),
        ("lenght(b) > 1", "function 'lenght' is not allowed. Did you mean 'length'?"),
        ("rand() > 1", "function 'rand' is not allowed: its value changes from run to run"),
        ("a > 'x'", "number and text are compared or mixed; use cast(... as ...)"),
        ("a", "expected a condition, found a value of kind integer"),
    ],
)
def test_messages_name_what_was_found_and_meant(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        row_condition(text, COLUMNS, HERE)
    assert str(caught.value) == f"c.yaml:3:5: {message}"


def test_all_problems_of_an_expression_are_collected() -> None:
    with pytest.raises(ConfigurationError) as caught:
        row_condition("missing > 1 and rand() > 1", COLUMNS, HERE)
    assert len(caught.value.problems) == 2


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


_WORDS = st.sampled_from(
    [
        *(
            "a",
            "b",
            "f",
            "s.x",
            "zebra",
            "`zebra`",
            "`ze``bra`",
            "1",
            "'zebra'",
            "'ze''bra'",
            "2.5",
        ),
        *("(", ")", ",", "+", "-", "*", "/", "=", "<", ">", "and", "or", "not", "in", "is", "null"),
        *("between", "like", "case", "when", "then", "else", "end", "cast(a as int)", "true"),
        *("coalesce(", "zebra(", "year(", "--", "/*", "*/", ";", "select", "from", "||", "exists("),
    ]
)
_QUOTED = re.compile(r"`(?:[^`]|``)*`|'[^']*'")


@settings(max_examples=1_500, deadline=None)
@given(st.lists(_WORDS, max_size=12).map(" ".join))
def test_accepted_text_never_shows_an_authors_identifier_unquoted(text: str) -> None:
    try:
        rebuilt = row_condition(text, None, HERE)
    except ConfigurationError:
        return
    bare = _QUOTED.sub("", rebuilt.text)
    assert "zebra" not in bare
    assert "`" not in bare
    assert "'" not in bare
    assert not re.search(r";|--|/\*|\bselect\b|\bfrom\b", bare, re.IGNORECASE)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_rebuilt_or_refused(text: str) -> None:
    try:
        rebuilt = row_condition(text, None, HERE)
    except ConfigurationError:
        return
    assert rebuilt.text.isascii() or "`" in rebuilt.text or "'" in rebuilt.text


@pytest.mark.parametrize("name", ["a.b", "`", "x y", "select", "count(*)", "é😀", "'; drop", "--"])
def test_any_column_name_can_be_written(name: str) -> None:
    quoted = "`" + name.replace("`", "``") + "`"
    assert row_condition(f"{quoted} > 1", None, HERE).text == f"({quoted} > 1)"
