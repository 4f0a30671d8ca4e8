"""Attacks and mistakes: what an author wrote is refused, or rebuilt to something harmless."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkguard.errors import ConfigurationError
from sparkguard.expressions import row_condition
from tests.expressions.typed import COLUMNS, HERE

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
    "`${env:HOME}` = 'x'",
    "s.`${x}` = 1",
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
    "left(b, b) = 'x'",
    "date_add(d, '1') = d",
    "isnan(b)",
    "t > b",
    "element_at(ts, 1) > b",
    "cast(ts as string) = 'x'",
    "concat_ws(',', ts) = 'x'",
    "'x' || ts = 'x'",
    "array_contains(ts, b)",
    "t >= concat(b, ' 08:00:00')",
    "a > concat(a, a)",
    "reverse(a) = 12",
    "element_at(attrs, 'age') >= 18",
    "element_at(attrs, 1) = 'x'",
    "element_at(map_keys(attrs), 1) = 1",
    "element_at(map_values(attrs), 1) = 1",
    "array_max(tags) > 5",
    "array_contains(tags, 5)",
    "tags || tags = 'x'",
    "attrs + 1 > 2",
    "days = ts",
    "element_at(whens, b) = 1",
    "cast(map_keys(whens) as string) = 'x'",
    "t + b > t",
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
    [text for text in ATTACKS if re.search(r"select|reflect|rand|over|\*|metadata|java|`\$", text)],
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
        (
            "n < '9999-12-31T23:59:59-05:00'",
            "9999-12-31T23:59:59-05:00 in UTC is outside the years 1 to 9999",
        ),
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


def _nested(around: str, innermost: str, times: int) -> str:
    for _ in range(times):
        innermost = around.replace("...", innermost)
    return innermost


def test_a_case_is_not_repeated_for_each_of_its_branches() -> None:
    text = _nested("case ... when 1 then 2 when 2 then 1 end", "a", 30)
    assert len(row_condition(f"{text} = 1", COLUMNS, HERE).text) < 2 * len(text)


@pytest.mark.parametrize(
    ("around", "innermost", "condition"),
    [
        ("months_between(..., '2020-01-01')", "d", "{} > 1"),
        ("cast(cast(... as string) as timestamp)", "t", "{} > t"),
    ],
)
def test_text_that_grows_beyond_measure_is_refused(
    around: str, innermost: str, condition: str
) -> None:
    text = condition.format(_nested(around, innermost, 12))
    with pytest.raises(ConfigurationError, match="more than 100,000 characters of SQL"):
        row_condition(text, COLUMNS, HERE)


@pytest.mark.parametrize("number", ["0." + "0" * 45 + "1", "1" * 39, "1e999"])
def test_numbers_beyond_sparks_types_are_refused(number: str) -> None:
    with pytest.raises(ConfigurationError, match="a number beyond Spark's types"):
        row_condition(f"amount > {number}", COLUMNS, HERE)
