from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from xml.etree import ElementTree

import pytest

from sparkguard.report.junit import junit_xml
from sparkguard.results import ResultRow, RunRecord
from sparkguard.results.run_result import RunResult
from sparkguard.results.verdict_rows import verdict_of
from sparkguard.verdicts import Outcome, exit_code

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)


def row(
    check: str, outcome: str, reason: str = "", slice_: str = "", counts_as: str | None = None
) -> ResultRow:
    return ResultRow(
        *(check, "kind", "t", 3, slice_, {}, outcome, "error", NOW, counts_as), reason=reason
    )


def result(*rows: ResultRow, **record: Any) -> RunResult:
    """A run of these verdicts, with the exit code that they have."""
    run = replace(RunRecord("r", "shop", "complete", 0, NOW, NOW, NOW, 1, 1), **record)
    code = exit_code(
        map(verdict_of, map(vars, rows)),
        fail_on_warn=run.fail_on == "warn",
        not_evaluable=Outcome(run.not_evaluable_as),
    )
    return RunResult(replace(run, exit_code=record.get("exit_code", code)), rows, "/lake")


def kinds(found: RunResult) -> dict[str | None, list[str]]:
    """What each test case holds, by its name."""
    cases = ElementTree.fromstring(junit_xml(found)).iter("testcase")
    return {case.get("name"): [child.tag for child in case] for case in cases}


def test_each_outcome_becomes_what_a_ci_shows() -> None:
    rows = [
        row("a", "pass"),
        row("b", "fail", "3 rows\x1b[31m <broken>"),
        row("c", "warn"),
        row("d", "error"),
        row("e", "not_evaluable", slice_="month=5"),
        row("f", "skipped"),
    ]
    (suite,) = ElementTree.fromstring(junit_xml(result(*rows)))
    counted = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "6", "failures": "1", "errors": "2", "skipped": "1"}
    cases = {case.get("name"): [child.tag for child in case] for case in suite}
    assert cases["e [month=5]"] == ["error"]
    assert cases["c"] == []
    (failure,) = suite.findall("testcase/failure")
    assert failure.get("message") == "3 rows�[31m <broken>"


@pytest.mark.parametrize(
    ("policy", "counts_as", "kind"),
    [
        ("error", None, "error"),
        ("fail", None, "failure"),
        ("warn", None, "skipped"),
        ("warn", "fail", "failure"),
        ("error", "warn", "skipped"),
    ],
)
def test_what_is_not_evaluable_is_shown_as_it_weighs(
    policy: str, counts_as: str | None, kind: str
) -> None:
    rows = (row("a", "pass"), row("b", "not_evaluable", counts_as=counts_as))
    found = result(*rows, not_evaluable_as=policy)
    assert kinds(found) == {"a": [], "b": [kind]}
    assert {"error": 3, "failure": 1, "skipped": 0}[kind] == found.exit_code
    strict = result(*rows, not_evaluable_as=policy, fail_on="warn")
    assert (kinds(strict)["b"] == ["skipped"]) == (strict.exit_code == 0)


def test_a_run_that_evaluated_nothing_is_an_error() -> None:
    assert kinds(result(row("a", "skipped"))) == {"a": ["skipped"], "run": ["error"]}
    assert kinds(result()) == {"run": ["error"]}
    only = row("a", "not_evaluable", counts_as="warn")
    assert kinds(result(only)) == {"a": ["skipped"], "run": ["error"]}


def test_verdicts_that_are_missing_are_an_error() -> None:
    reason = "planned and reported verdicts differ"
    found = result(row("a", "pass"), status="error", exit_code=3, reason=reason)
    (error,) = ElementTree.fromstring(junit_xml(found)).iter("error")
    assert error.get("message") == reason


def test_what_xml_can_not_hold_is_replaced() -> None:
    found = junit_xml(result(row("a", "fail", "half a \ud800 and \x00 and \ufffe, not 😀")))
    assert "half a � and � and �, not 😀" in found


def test_a_warning_that_fails_the_run_is_a_failure() -> None:
    (suite,) = ElementTree.fromstring(junit_xml(result(row("c", "warn"), fail_on="warn")))
    assert suite.get("failures") == "1"
