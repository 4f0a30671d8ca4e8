"""Rules that the rows of one write say nothing about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard import gate
from sparkguard.checks.base import CHECKS
from sparkguard.contracts.odcs import parse_contract

OF_ROWS = frozenset(
    (
        *("completeness", "duplicate_values", "invalid_values", "length", "missing_values"),
        *("null_share", "null_values", "pattern", "range", "references", "row_rule", "schema"),
        *("set", "size", "sql_expression", "uniqueness", "versioned_references"),
    )
)
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: sums
version: 1.0.0
status: active
schema:
- name: sums
  properties:
  - {name: shop, physicalType: bigint, relationships: [{to: shops.id}, {to: sums.paid}]}
  - {name: at, physicalType: timestamp}
  - {name: paid, physicalType: bigint}
  quality:
  - {metric: rowCount, mustBeGreaterThan: 1000}
  - {type: sql, query: SELECT COUNT(*) FROM shops, mustBe: 0}
  - {type: custom, engine: sparkguard, implementation: {check: anomaly, metric: row_count,
     at_least: 1000}}
  - {type: custom, engine: sparkguard, implementation: {check: drift}}
  - type: custom
    engine: sparkguard
    implementation: {check: window, events: payments, entity: [shop], query_time: at,
      event_time: at, knowledge: final, nulls: ignore, timezone: UTC,
      window: {length: PT1H, clock: elapsed, bounds: "[)"},
      aggregate: {function: count, empty: 0}, output: paid}
- name: shops
  properties: [{name: id, physicalType: bigint, unique: true}]
- name: payments
  properties: [{name: shop, physicalType: bigint}, {name: at, physicalType: timestamp}]
"""


@pytest.mark.parametrize("kind", CHECKS.kinds)
def test_each_kind_says_whether_one_write_can_be_judged(kind: str) -> None:
    assert (CHECKS[kind].beyond_a_write == "") is (kind in OF_ROWS)


def test_a_write_is_not_refused_for_what_only_the_table_can_show(spark: Any, lake: Path) -> None:
    rows = spark.range(5).selectExpr("id AS shop", "timestamp_seconds(id) AS at", "id AS paid")
    rows.write.format("delta").save(str(lake / "sums"))
    contract = parse_contract(CONTRACT, "sums.odcs.yaml")
    options = gate.GateOptions(table="sums")
    found = gate.audit_table(str(lake / "sums"), contract, options=options, spark=spark)
    assert (found.accepted, found.reasons) == (True, ())
    reasons = {verdict.check.removeprefix("sums."): verdict.reason for verdict in found.unjudged}
    table, over_time = "it speaks of the whole table", "it compares what is stored"
    assert reasons.keys() == {
        "references.shop", "references.shop.sums", "row_count", "sql_expression", "anomaly",
        "drift", "window",
    }  # fmt: skip
    assert all(reasons[kind].startswith(table) for kind in ("row_count", "window"))
    assert all(reasons[kind].startswith(over_time) for kind in ("anomaly", "drift"))
    for kind in ("references.shop", "sql_expression"):
        assert reasons[kind] == "table shops was not given to the gate"
    assert "refers to rows of the table itself" in reasons["references.shop.sums"]
