"""A run as JUnit XML, which continuous integration systems show as tests."""

from __future__ import annotations

from xml.etree import ElementTree

from sparkguard.results.run_result import RunResult
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome


def junit_xml(result: RunResult) -> str:
    """One test suite per dataset, one test per verdict.

    Fail and a warning that fails the run are failures; error and not_evaluable are errors.
    """
    root = ElementTree.Element("testsuites", name=_text(result.record.audit))
    by_dataset: dict[str, list[ResultRow]] = {}
    for row in result.results:
        by_dataset.setdefault(row.dataset, []).append(row)
    for dataset, rows in by_dataset.items():
        cases = [_case(row, result.record.fail_on == "warn") for row in rows]
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


def _case(row: ResultRow, fail_on_warn: bool) -> ElementTree.Element:
    name = row.check_id if not row.slice else f"{row.check_id} [{Slice.parse(row.slice)}]"
    case = ElementTree.Element("testcase", classname=_text(row.dataset), name=_text(name))
    match Outcome(row.outcome):
        case Outcome.FAIL:
            kind = "failure"
        case Outcome.WARN if fail_on_warn:
            kind = "failure"
        case Outcome.ERROR | Outcome.NOT_EVALUABLE:
            kind = "error"
        case Outcome.SKIPPED:
            kind = "skipped"
        case _:
            return case
    ElementTree.SubElement(case, kind, message=_text(row.reason), type=row.outcome)
    return case


def _count(cases: list[ElementTree.Element], kind: str) -> int:
    return sum(case.find(kind) is not None for case in cases)


def _text(text: str) -> str:
    """`text` without the characters that XML 1.0 can't hold."""
    return "".join(c if c in "\t\n" or (c >= " " and c not in _NOT_XML) else "�" for c in text)


_NOT_XML = "\ufffe\uffff"
