from __future__ import annotations

import pytest

from sparkguard.errors import Location
from sparkguard.verdicts import Severity
from tests.contracts.written import contract, problems, table


def test_quality_rules() -> None:
    found = contract(
        table(
            """
- name: a
  quality:
    - {metric: nullValues, mustBeLessThan: 5, unit: percent, severity: Warning}
    - {metric: nullValues, mustBe: 0, name: Second rule}
    - {metric: missingValues, arguments: {missingValues: [null, "", N/A]}, mustBe: 0}
    - {id: known, metric: invalidValues, mustBe: 0, arguments: {validValues: [1, x], pattern: ^a$}}
    - {metric: duplicateValues, mustBe: 0}
    - {type: sql, query: "SELECT count(*) FROM ${table} WHERE ${column} > 3", mustBeBetween: [1, 9]}
    - {type: custom, engine: SparkGuard, implementation: {check: range, max: 5}}
    - {type: text, description: Someone looks at it.}
    - {type: custom, engine: soda, implementation: "checks: x", unit: rows}
- {name: b}
""",
            """\
    quality:
      - {metric: rowCount, mustBeGreaterThan: 0}
      - {metric: duplicateValues, arguments: {properties: [a, b]}, mustBe: 0}
""",
        )
    )
    by_id = {rule.id: rule for rule in found.rules if rule.kind != "schema"}
    assert {id_: rule.kind for id_, rule in by_id.items()} == {
        "orders.row_count": "row_count",
        "orders.duplicate_values.a+b": "duplicate_values",
        "orders.null_values.a": "null_values",
        "orders.null_values.a.Second_rule": "null_values",
        "orders.missing_values.a": "missing_values",
        "orders.known": "invalid_values",
        "orders.duplicate_values.a": "duplicate_values",
        "orders.sql_expression.a": "sql_expression",
        "orders.range.a": "range",
        "orders.text.a": "text",
        "orders.custom.a": "custom",
    }
    assert by_id["orders.null_values.a"].severity is Severity.WARN
    assert str(by_id["orders.null_values.a"].options["threshold"]) == "less than 5 %"
    assert by_id["orders.missing_values.a"].options["missing"] == (None, "", "N/A")
    assert by_id["orders.known"].options["valid"] == (1, "x")
    assert by_id["orders.known"].options["pattern"] == r"\Aa\z"
    query = by_id["orders.sql_expression.a"].options["query"]
    assert query.value.text == "count(1) FILTER (WHERE ((`a` > 3)))"
    assert dict(by_id["orders.range.a"].options) == {"max": 5, "column": "a"}
    assert by_id["orders.range.a"].where_of("max") == Location("c.yaml", 17, 79)
    assert by_id["orders.text.a"].skip == "type text is for people; nothing evaluates it"
    assert "is not SparkGuard" in by_id["orders.custom.a"].skip
    assert dict(by_id["orders.duplicate_values.a+b"].options)["columns"] == ("a", "b")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("{description: nothing}", "needs metric"),
        ("{metric: rowCount, mustBe: 0}", "write it at the table"),
        ("{metric: nullValues, mustBe: zero}", "takes a number, found text 'zero'"),
        ("{metric: nullValues, mustBe: 0, unit: kilo}", "unit is rows or percent"),
        ("{metric: nullValues, mustBe: .nan}", "finite"),
        ("{metric: nullValues, mustBe: 0, arguments: {x: 1}}", "does not take 'x'"),
        ("{metric: invalidValues, mustBe: 0}", "needs arguments: validValues or pattern"),
        (
            "{metric: invalidValues, mustBe: 0, arguments: {validVales: [1]}}",
            "Did you mean 'validValues'?",
        ),
        (
            "{metric: invalidValues, mustBe: 0, arguments: {validValues: []}}",
            "expected a list of values",
        ),
        ("{metric: nullValues, mustBeBetween: [3, 1]}", "first number must be below"),
        ("{type: sql, query: 'select 1', mustBe: 0}", "a query reads one table"),
        ("{type: sql, query: 'select count(*) from ordres', mustBe: 0}", "Did you mean 'orders'?"),
        ("{type: sql, query: 'select count(*) from ${tabel}', mustBe: 0}", "Did you mean 'table'?"),
        (
            "{type: sql, query: 'select sum(rand()) from orders', mustBe: 0}",
            "changes from run to run",
        ),
        ("{type: custom, engine: sparkguard, implementation: x}", "expected a mapping"),
        ("{type: custom, engine: sparkguard, implementation: {column: a}}", "check: expected"),
        ("{type: custom, engine: sparkguard}", "needs 'implementation'"),
        ("{type: sql, mustBe: 0}", "needs 'query'"),
        (
            "{type: sql, metric: nullValues, query: 'select count(*) from orders', mustBe: 0}",
            "c.yaml:9:41: a rule of type sql does not take 'metric'",
        ),
        (
            "{type: custom, engine: sparkguard, implementation: {check: completeness}, "
            "metric: nullValues, mustBe: 100}",
            "a rule of type custom does not take 'mustBe'",
        ),
        (
            "{type: custom, engine: sparkguard, implementation: {check: completeness}, unit: rows}",
            "a rule of type custom does not take 'unit'",
        ),
        ("{type: text, metric: nullValues, mustBe: 0}", "type text does not take 'metric'"),
        (
            "{type: text, metric: nullValues, arguments: {x: 1}, rule: y, mustBe: 0}",
            "type text does not take 'arguments'",
        ),
    ],
)
def test_wrong_quality_rules_are_refused(item: str, message: str) -> None:
    found = problems(table(f"- {{name: a, quality: [{item}]}}"))
    assert any(message in problem for problem in found), found
