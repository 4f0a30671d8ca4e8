"""What a run will judge, fixed before the first query."""

from __future__ import annotations

from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

import pytest

from sparkguard.bound_rules import bind
from sparkguard.checks.base import TableFacts
from sparkguard.contracts.spec import CheckSpec
from sparkguard.datatypes import Struct, parse
from sparkguard.errors import ConfigurationError, Location
from sparkguard.plan import Entry, Plan, Situation, make_plan
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Severity

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
MAY = Slice.of({"month": "5"})


def spec(id_: str, kind: str, skip: str = "", **options: Any) -> CheckSpec:
    where = Location("c.yaml", 7, 3)
    return CheckSpec(id_, kind, MappingProxyType(options), Severity.ERROR, where, skip=skip)


def facts(name: str, type_: str) -> TableFacts:
    schema = parse(type_)
    assert isinstance(schema, Struct)
    return TableFacts(name, schema)


T = facts("t", "struct<a:int,s:struct<b:int>>")


def planned(*rules: CheckSpec, skips: dict[str, str] | None = None, **found: Any) -> Plan:
    found.setdefault("facts", {"t": T})
    bound = bind([("t", rule) for rule in rules])
    return make_plan(bound, Situation(**found), NOW, skips)


def only(plan: Plan) -> Entry:
    (entry,) = plan.entries
    return entry


def test_all_wrong_rules_are_reported_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        bind([("t", spec("x", "completenes")), ("t", spec("y", "completeness", colum="a"))])
    messages = [problem.message for problem in caught.value.problems]
    assert "unknown check 'completenes'. Did you mean 'completeness'?" in messages
    assert any("does not take 'colum'" in message for message in messages)
    assert {str(problem.where) for problem in caught.value.problems} == {"c.yaml:7:3"}


def test_one_verdict_is_owed_per_check_and_slice() -> None:
    rules = (spec("a", "completeness", column="a"), spec("b", "row_count_of_mars", skip="why"))
    plan = planned(*rules, slices={"t": (WHOLE, MAY)})
    assert plan.planned == 3
    assert [entry.slices for entry in plan.entries] == [(WHOLE, MAY), (WHOLE,)]


def test_policy_skips_rules_and_the_checks_that_one_expands_to() -> None:
    plan = planned(spec("c", "completeness", column="a"), skips={"c": "not tonight"})
    assert only(plan).skip == "not tonight"
    assert only(plan).active is None
    drift = spec("d", "drift", columns=["a", ["s", "b"]])
    plan = planned(drift, skips={"d.s.b": "not tonight"})
    assert {entry.id: entry.skip for entry in plan.entries} == {"d.a": "", "d.s.b": "not tonight"}
    with pytest.raises(ConfigurationError, match=r"no check is called 'd.s.c'.* mean 'd.s.b'"):
        planned(drift, skips={"d.s.c": "not tonight"})
    planned(drift, skips={"d.s.c": "?"}, facts={}, unreadable={"t": "gone"})


def test_what_depends_on_a_broken_column_is_blocked_and_names_it() -> None:
    plan = planned(
        spec("c", "completeness", column=["s", "b"]),
        broken={("t", ("s",)): "column s of t is string, promised is struct"},
    )
    assert only(plan).blocked == "column s of t is string, promised is struct"
    plan = planned(spec("c", "completeness", column="z"))
    assert only(plan).blocked == "column z of t is missing"


def test_an_unreadable_table_fails_its_checks_and_those_that_refer_to_it() -> None:
    reference = spec("r", "references", columns=["a"], to_table="u", to_columns=["a"])
    plan = planned(reference, unreadable={"u": "u can't be read"})
    assert only(plan).failed == "u can't be read"
    plan = planned(spec("c", "completeness", column="a"), facts={}, unreadable={"t": "gone"})
    assert only(plan).failed == "gone"


def test_two_checks_of_one_id_are_refused() -> None:
    rule = spec("c", "completeness", column="a")
    with pytest.raises(ConfigurationError, match="two checks have the id 'c'"):
        planned(rule, rule)


def test_a_rule_changes_its_fingerprint_with_its_options() -> None:
    one = only(planned(spec("c", "completeness", column="a")))
    other = only(planned(spec("c", "completeness", column=["s", "b"])))
    assert one.fingerprint == only(planned(spec("d", "completeness", column="a"))).fingerprint
    assert one.fingerprint != other.fingerprint


def test_the_plan_as_plain_data() -> None:
    shown = planned(spec("c", "completeness", column="a")).to_dict()
    assert shown["planned"] == 1
    assert shown["checks"][0]["id"] == "c"
    assert shown["scans"][0]["chunks"] == [["a"]]


def test_a_check_of_the_whole_table_owes_one_verdict_and_none_on_a_slice_alone() -> None:
    rule = spec("c", "freshness", element="a", seconds=1)
    plan = planned(rule, slices={"t": (WHOLE, MAY)})
    assert only(plan).slices == (WHOLE,)
    assert not only(plan).skip
    alone = planned(rule, slices={"t": (MAY,)})
    assert "looks at one slice" in only(alone).skip


def test_a_time_that_the_audit_does_not_slice_by_is_refused_at_its_line() -> None:
    rules = (
        spec("d", "drift", column="a", time="mnth"),
        spec("n", "anomaly", time="day"),
        spec("fine", "anomaly", time="month"),
    )
    with pytest.raises(ConfigurationError) as caught:
        planned(*rules, by={"t": ("month", "origin")})
    assert {str(problem) for problem in caught.value.problems} == {
        "c.yaml:7:3: drift: time 'mnth' is no slice column of t; allowed: month, origin. "
        "Did you mean 'month'?",
        "c.yaml:7:3: anomaly: time 'day' is no slice column of t; allowed: month, origin.",
    }
    assert len(planned(*rules).entries) == 3  # without slices there is nothing to follow by it
    off = {"d": "not tonight", "n": "not tonight"}
    assert len(planned(*rules, skips=off, by={"t": ("month", "origin")}).entries) == 3
