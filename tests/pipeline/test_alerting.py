"""One alert per cause, and none for a rule that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from sparkguard.bound_rules import bind
from sparkguard.checks.base import TableFacts
from sparkguard.columns import Column
from sparkguard.contracts.spec import CheckSpec
from sparkguard.datatypes import Struct, parse
from sparkguard.errors import Location
from sparkguard.lifecycles.alerts import AlertRow, Subject
from sparkguard.pipeline import alerting
from sparkguard.pipeline.judging import Sight, judge
from sparkguard.plan import Plan, Situation, make_plan
from sparkguard.profile import Scanned
from sparkguard.verdicts import Outcome, Severity

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
BOTH = (Column("id", ("id",)), Column("amount", ("amount",)))
SCHEMA = {"id": "t.schema", "kind": "schema", "columns": BOTH}
IS_THERE = {"id": "t.completeness.amount", "kind": "completeness", "column": "amount"}
IS_UNIQUE = {"id": "t.unique", "kind": "uniqueness", "columns": ["amount"]}

Told = dict[str, tuple[str, str]]


class Nights:
    """Nightly runs of one audit, each with its rules and the columns that its table has."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.known: dict[str, dict[Subject, AlertRow]] = {}
        self._at = NOW
        monkeypatch.setattr(alerting, "last_rows_by_audit", lambda *_: self.known)

    def run(self, *rules: Mapping[str, Any], table: str | None, audit: str = "nightly") -> Told:
        """State and outcome of the alerts that the run changes; `table` is None for none."""
        self._at += timedelta(days=1)
        plan = _plan(rules, table, self._at)
        results = judge(plan, Sight(Scanned(), {}))
        settings: Any = SimpleNamespace(
            name=audit, not_evaluable=Outcome.ERROR, alerts=SimpleNamespace(owners={})
        )
        store: Any = None
        rows = alerting.alert_rows(store, settings, "night", plan, results)
        for row in rows:
            for subjects in self.known.values():
                subjects.pop(row.subject, None)
            self.known.setdefault(audit, {})[row.subject] = row
        return {row.check_id: (row.state, row.outcome) for row in rows}


@pytest.fixture
def nights(monkeypatch: pytest.MonkeyPatch) -> Nights:
    return Nights(monkeypatch)


def _plan(rules: tuple[Mapping[str, Any], ...], table: str | None, at: datetime) -> Plan:
    specs = []
    for rule in rules:
        options = MappingProxyType({k: v for k, v in rule.items() if k not in ("id", "kind")})
        specs.append(
            CheckSpec(rule["id"], rule["kind"], options, Severity.ERROR, Location("c.yaml"))
        )
    bound = bind([("t", spec) for spec in specs])
    if table is None:
        return make_plan(bound, Situation({}, unreadable={"t": "t does not exist"}), at)
    schema = parse(table)
    assert isinstance(schema, Struct)
    return make_plan(bound, Situation({"t": TableFacts("t", schema)}), at)


def test_a_table_that_can_not_be_read_is_one_alert_and_closes_when_it_can(nights: Nights) -> None:
    rules = (SCHEMA, IS_THERE, IS_UNIQUE)
    assert nights.run(*rules, table=None) == {"t.table": ("open", "error")}
    assert nights.run(*rules, table=None) == {}
    told = nights.run(SCHEMA, table="struct<id:bigint,amount:double>")
    assert told == {"t.table": ("resolved", "pass")}


def test_a_missing_column_is_the_alert_of_its_schema_alone(nights: Nights) -> None:
    told = nights.run(SCHEMA, IS_THERE, IS_UNIQUE, table="struct<id:bigint>")
    assert told == {"t.schema": ("open", "fail")}
    assert nights.run(IS_THERE, table="struct<id:bigint>") == {
        "t.completeness.amount": ("open", "not_evaluable"),
        "t.schema": ("resolved", "skipped"),
    }, "without a schema rule it is told by what can't be judged"


def test_only_the_audit_that_had_a_rule_closes_its_alert(nights: Nights) -> None:
    nights.run(SCHEMA, IS_THERE, table="struct<id:bigint>")
    there = "struct<id:bigint,amount:double>"
    other = {**IS_UNIQUE, "id": "t.other"}
    assert "t.schema" not in nights.run(other, table=there, audit="another")
    assert nights.run(SCHEMA, table=None) == {"t.table": ("open", "error")}
    assert nights.run(IS_THERE, table=there)["t.schema"] == ("resolved", "skipped")
