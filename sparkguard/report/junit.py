"""A run as JUnit XML, which continuous integration systems show as tests."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from sparkguard.report.words import NOTHING_EVALUATED
from sparkguard.results.records import RunRecord
from sparkguard.results.run_result import RunResult
from sparkguard.results.verdict_rows import ResultRow, verdict_of
from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome, code_of

_UNABLE = 3
_KINDS = {1: "failure", _UNABLE: "error"}


def junit_xml(result: RunResult, false_alarms: tuple[int, str] | None = None) -> str:
    """One test suite per dataset, one test per verdict; red exactly where the exit code is not 0.

    What makes the exit code 1 is a failure, what makes it 3 an error. A not_evaluable that the
    audit lets pass is skipped. Where no verdict says why the run could not be evaluated, such as
    when every rule was skipped, a test of the run's own does. `false_alarms` are the exit code of
    their count, which has a test of its own, and what it says.
    """
    root = ElementTree.Element("testsuites", name=_text(result.record.audit))
    by_dataset: dict[str, list[ElementTree.Element]] = {}
    for row in result.results:
        by_dataset.setdefault(row.dataset, []).append(_case(row, result.record))
    if result.exit_code == _UNABLE and not any(
        _count(cases, "error") for cases in by_dataset.values()
    ):
        by_dataset.setdefault(result.record.audit, []).append(
            _of_run(result.record, "run", _UNABLE, result.record.reason or NOTHING_EVALUATED)
        )
    if false_alarms is not None:
        case = _of_run(result.record, "false alarms", *false_alarms)
        by_dataset.setdefault(result.record.audit, []).append(case)
    for dataset, cases in by_dataset.items():
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_text(dataset),
            tests=str(len(cases)),
            failures=str(_count(cases, "failure")),
            errors=str(_count(cases, "error")),
            skipped=str(_count(cases, "skipped")),
            timestamp=result.record.as_of.isoformat(),
        )
        suite.extend(cases)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(row: ResultRow, run: RunRecord) -> ElementTree.Element:
    name = row.check_id if not row.slice else f"{row.check_id} [{Slice.parse(row.slice)}]"
    case = ElementTree.Element("testcase", classname=_text(row.dataset), name=_text(name))
    verdict = verdict_of(vars(row))
    weight = verdict.weight(Outcome(run.not_evaluable_as))
    kind = _KINDS.get(code_of(weight, fail_on_warn=run.fail_on == "warn"))
    if kind is None and verdict.outcome in (Outcome.SKIPPED, Outcome.NOT_EVALUABLE):
        kind = "skipped"
    if kind is not None:
        ElementTree.SubElement(case, kind, message=_text(row.reason), type=row.outcome)
    return case


def _of_run(run: RunRecord, name: str, code: int, says: str) -> ElementTree.Element:
    """A test that stands beside the verdicts; red with an exit code other than 0."""
    case = ElementTree.Element("testcase", classname=_text(run.audit), name=name)
    if code:
        kind = _KINDS.get(code, "error")
        type_ = (Outcome.FAIL if code == 1 else Outcome.ERROR).value
        ElementTree.SubElement(case, kind, message=_text(says), type=type_)
    return case


def _count(cases: list[ElementTree.Element], kind: str) -> int:
    return sum(case.find(kind) is not None for case in cases)


def _text(text: str) -> str:
    """`text` without the characters that XML 1.0 can't hold."""
    return _NOT_XML.sub("�", text)


_NOT_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
