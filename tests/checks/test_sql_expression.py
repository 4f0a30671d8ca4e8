from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.sql_expression import SqlExpression, Value, ValueState
from sparkguard.datatypes import Struct, parse
from sparkguard.errors import Location
from sparkguard.expressions import Query, one_value_query
from sparkguard.measures.tally import TallyState
from sparkguard.profile import Profile
from sparkguard.run import Request
from sparkguard.slices import WHOLE, Slice
from sparkguard.sql import Sql, name
from sparkguard.thresholds import Operator, Threshold, zero_rows
from sparkguard.verdicts import Outcome
from tests.plans import configured
from tests.shops import outcomes, run_audit, save, write_audit

ROWS = [("x", 1, 2), ("x", 3, 2), ("x", None, 2), ("y", 5, 0)]


def query(text: str) -> Any:
    return one_value_query(text, {"t": None, "u": None}, Location("c.yaml"))


def test_a_run_of_one_slice_judges_it_by_the_whole_of_another_table(
    spark: Any, tmp_path: Path
) -> None:
    rows = spark.createDataFrame([("x", 1), ("y", -1)], "day string, n int")
    columns = [{"name": "day", "physicalType": "string"}, {"name": "n", "physicalType": "int"}]
    bad = {"type": "sql", "query": "SELECT count_if(n < 0) FROM customers", "mustBe": 0}
    tables = {t: {"properties": columns, "quality": [bad]} for t in ("orders", "customers")}
    for table in tables:
        save(rows, tmp_path, table)
    sliced = {table: {"slices": {"by": ["day"]}} for table in tables}
    config = write_audit(tmp_path, tables, sliced)
    only = Slice.of({"day": "x"})
    for request in (None, Request(only=only)):
        found = outcomes(run_audit(config, spark, request), "day=x")
        told = (found["orders.sql_expression"], found["customers.sql_expression"])
        assert told == ("fail", "pass")


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_rows_that_break_a_condition(spark: Any, judge: Any, ansi: str) -> None:
    quarter = Threshold(Operator.AT_MOST, (25,), "percent")
    cases = [
        (SqlExpression("a <= b"), Outcome.FAIL, 3),
        (SqlExpression("a <= b", nulls="allow"), Outcome.FAIL, 2),
        (SqlExpression("a IS NULL OR a > 0"), Outcome.PASS, 0),
        (SqlExpression("a / b > 0"), Outcome.FAIL, 2),
        (SqlExpression("coalesce(a, 1) < 5", threshold=quarter), Outcome.PASS, 1),
    ]
    with configured(spark, {"spark.sql.ansi.enabled": ansi}):
        frame = spark.createDataFrame(ROWS, "p string, a int, b int")
        found = judge([rule for rule, _, _ in cases], {"t": frame})
    assert [(one.outcome, one.violations) for one in found] == [case[1:] for case in cases]
    assert found[0].reason == "2 of 4 rows break the expression; it is NULL for 1"


def test_a_share_of_rows_compares_exactly() -> None:
    tenth = Threshold(Operator.AT_MOST, (10,), "percent")
    rule = SqlExpression("a > 0", threshold=tenth)
    schema = parse("struct<a:int>")
    assert isinstance(schema, Struct)
    context = Context(TableFacts("t", schema), datetime(2026, 1, 1, tzinfo=timezone.utc))
    (need,) = rule.needs(context)
    rows = 9 * 10**18
    for broken, outcome in ((rows // 10, Outcome.PASS), (rows // 10 + 1, Outcome.FAIL)):
        seen = Profile({(need, WHOLE): TallyState(rows - broken, broken)})
        assert rule.judge(seen, context).outcome is outcome


def test_one_value_of_a_query_by_slice_and_in_the_whole(spark: Any, judge: Any) -> None:
    frames = {
        "t": spark.createDataFrame(ROWS, "p string, a int, b int"),
        "u": spark.createDataFrame([(9,)], "k int"),
    }
    rules = [
        SqlExpression(query=query("SELECT avg(a) FROM t"), threshold=Threshold(Operator.BE, (3,))),
        SqlExpression(query=query("SELECT count(*) FROM t WHERE a > 1")),
        SqlExpression(query=query("SELECT max(k) FROM u"), threshold=Threshold(Operator.BE, (9,))),
        SqlExpression(query=query("SELECT sum(a) FROM t WHERE a > 99"), threshold=zero_rows()),
    ]
    whole = judge(rules, frames, by=("p",), where=WHOLE)
    x = judge(rules, frames, by=("p",), where=Slice.of({"p": "x"}))
    told = [[(one.outcome, one.observed) for one in found] for found in (whole, x)]
    unknown = (Outcome.NOT_EVALUABLE, None)
    assert told == [
        [(Outcome.PASS, 3), (Outcome.FAIL, 2), (Outcome.PASS, 9), unknown],
        [(Outcome.FAIL, 2), (Outcome.FAIL, 1), (Outcome.PASS, 9), unknown],
    ]
    assert [one.rows for one in x[:3]] == [3, 3, None]


def test_a_double_is_compared_within_a_billionth(spark: Any, judge: Any) -> None:
    frame = spark.sql("SELECT explode(array(0.1D, 0.2D)) AS f, 0.15BD AS d")
    one_more = "SELECT sum(d) + 0.0000000001 FROM t"
    cases = [
        ("SELECT sum(f) FROM t", Operator.BE, 0.3, Outcome.PASS),
        ("SELECT sum(f) FROM t", Operator.GREATER, 0.3, Outcome.FAIL),
        ("SELECT sum(f) FROM t", Operator.BE, 0.3000001, Outcome.FAIL),
        ("SELECT sum(d) FROM t", Operator.BE, 0.3, Outcome.PASS),
        (one_more, Operator.BE, 0.3, Outcome.FAIL),
    ]
    rules = [
        SqlExpression(query=query(text), threshold=Threshold(operator, (limit,)))
        for text, operator, limit, _ in cases
    ]
    found = judge(rules, {"t": frame})
    assert [one.outcome for one in found] == [case[3] for case in cases]


def test_values_survive_as_bytes_and_do_not_merge() -> None:
    measure = Value(name("a"), frozenset({"a"}))
    state = measure.state([3, 2.5])
    assert state == ValueState(3, "2.5", rounded=True)
    assert measure.restore(b'[3, "2.5"]', 1) == ValueState(3, "2.5")
    assert measure.load(measure.dump(state)) == state
    assert measure.metrics(state) == {"value": 2.5}
    with pytest.raises(ValueError, match="do not merge"):
        state.merge(state)
    with pytest.raises(ValueError, match="not a number"):
        measure.state([1, "text"])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"expression": "a >"},
        {"expression": "reflect('java.lang.Runtime', 'x')"},
        {"expression": "a IN (SELECT 1)"},
        {"query": query("SELECT count(*) FROM t"), "expression": "a > 0"},
        {"query": Query("t", Sql("(SELECT 1)"), frozenset())},
    ],
)
def test_what_is_no_safe_condition_is_refused(options: Any) -> None:
    with pytest.raises(ValueError):
        SqlExpression(**options)
