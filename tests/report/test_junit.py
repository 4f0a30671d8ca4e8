from __future__ import annotations

from datetime import datetime, timezone
from xml.etree import ElementTree

from sparkguard.report.junit import junit_xml
from sparkguard.results import ResultRow, RunRecord
from sparkguard.results.run_result import RunResult

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)


def row(check: str, outcome: str, reason: str = "", slice_: str = "") -> ResultRow:
    return ResultRow(check, "kind", "t", 3, slice_, {}, outcome, "error", NOW, reason=reason)


def result(*rows: ResultRow, fail_on: str = "fail") -> RunResult:
    record = RunRecord("r", "shop", "complete", 1, NOW, NOW, NOW, 1, 1, fail_on=fail_on)
    return RunResult(record, rows, "/lake")


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


def test_a_warning_that_fails_the_run_is_a_failure() -> None:
    (suite,) = ElementTree.fromstring(junit_xml(result(row("c", "warn"), fail_on="warn")))
    assert suite.get("failures") == "1"
