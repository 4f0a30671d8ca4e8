"""The top of a report: the verdict at a glance, what is new, the trend, and what was read."""

from __future__ import annotations

from collections.abc import Mapping

from sparkguard.errors import EvaluationError
from sparkguard.rendering.markup import Child, Markup, element
from sparkguard.rendering.plaintext import duration, plural
from sparkguard.report import check as checks
from sparkguard.report.figures import outcomes
from sparkguard.report.model import DatasetPart, Report, Trend
from sparkguard.report.tables import more, table
from sparkguard.report.words import NOTHING_EVALUATED, RANK, WORDS, badge, moment, shape
from sparkguard.verdicts import Outcome

MOST_CHANGES = 40
MOST_DATASETS = 200

_SAID = {0: (Outcome.PASS, "Passed"), 1: (Outcome.FAIL, "Failed")}


def header(report: Report) -> Markup:
    run, (outcome, word) = report.run, said(report)
    counts = {o: n for o, n in report.counts.items() if n}
    legend = [
        element("li", shape(o), element("b", n), f" {WORDS[o]}", class_=o.value)
        for o, n in counts.items()
    ]
    facts = (
        ("Run", run.run_id),
        ("As of", moment(run.as_of)),
        ("Took", duration((run.finished_at - run.started_at).total_seconds())),
        ("Exit code", str(run.exit_code)),
    )
    return element(
        "header",
        element("p", "SparkGuard audit", class_="kicker"),
        element("h1", run.audit),
        element(
            "div",
            element("p", shape(outcome), word, class_=f"verdict {outcome.value}"),
            element("p", _summary(report), class_="summary"),
            class_="banner",
        ),
        outcomes.proportions(counts),
        element("ul", legend, class_="legend"),
        element(
            "dl",
            [element("div", element("dt", name), element("dd", said)) for name, said in facts],
            class_="facts",
        ),
    )


def said(report: Report) -> tuple[Outcome, str]:
    run = report.run
    outcome, word = _SAID.get(run.exit_code, (Outcome.ERROR, "Could not evaluate"))
    if run.exit_code == 0 and (run.warned or run.not_evaluable):
        return Outcome.WARN, "Passed with warnings"
    return outcome, word


def _summary(report: Report) -> str:
    troubled = [part for part in report.checks if part.is_troubled]
    if report.run.reason:
        return report.run.reason
    if not troubled and report.run.exit_code == EvaluationError.exit_code:
        return f"{NOTHING_EVALUATED}."
    if not troubled:
        return f"Nothing needs attention in {plural(len(report.checks), 'check')}."
    said = f"{len(troubled):,} of {plural(len(report.checks), 'check')} need attention"
    if report.before is not None:
        new = sum(part.change.trend in (Trend.NEW, Trend.WORSE) for part in troubled)
        said += (
            f"; {new:,} of them {'is' if new == 1 else 'are'} new or worse"
            if new
            else ("; none of them is new")
        )
    return said + "."


def since(report: Report, numbers: Mapping[str, int]) -> Markup | None:
    if report.before is None:
        return None
    when = f"Compared with run {report.before.run_id} of {moment(report.before.as_of)}."
    moved = [p for p in report.checks if checks.changed(p.change)]
    moved.sort(key=lambda p: (list(Trend).index(p.change.trend), RANK[p.outcome], p.id))
    items = [
        element(
            "li",
            badge(part.outcome),
            _link(part.id, numbers),
            element("span", checks.changed(part.change), class_="muted"),
        )
        for part in moved[:MOST_CHANGES]
    ]
    left_out = more(len(moved) - len(items), "check")
    nothing = element("p", "Every check came out as it did before.") if not moved else None
    listed = element("ul", items, class_="changes") if items else None
    return part_of(
        "since", "Since the last run", element("p", when, class_="muted"), nothing, listed, left_out
    )


def _link(check: str, numbers: Mapping[str, int]) -> Markup:
    """A link to the section of a check, where the page had room for one."""
    if check not in numbers:
        return element("span", check)
    return element("a", check, href=f"#{checks.anchor(numbers[check])}")


def trend(report: Report) -> Markup | None:
    figure = outcomes.by_run(report.runs)
    if figure is None:
        return None
    rows = [
        (moment(r.as_of), r.run_id, *(str(n) for n in outcomes.troubles(r)), str(r.exit_code))
        for r in reversed(report.runs)
    ]
    headings = ("as of", "run", *(WORDS[o] for o in outcomes.STACKED), "exit code")
    return part_of(
        "trend",
        "Trend",
        element("div", figure.markup(), class_="wide"),
        element(
            "details",
            element("summary", "The same in numbers"),
            table("Verdicts in trouble, the latest run first", headings, rows, {2, 3, 4, 5, 6}),
            class_="inner",
        ),
    )


def overview(report: Report) -> Markup:
    rows = []
    for at, part in enumerate(report.datasets[:MOST_DATASETS], 1):
        pin = part.pin
        proven = "" if pin is None else (" proven" if pin.rows_proven else " counted")
        rows.append(
            (
                element("a", part.name, href=f"#dataset-{at}"),
                _tally(part),
                "" if pin is None else str(pin.table_version),
                "" if pin is None or pin.rows is None else f"{pin.rows:,}{proven}",
                part.contract or "",
            )
        )
    headings = ("dataset", "verdicts", "version", "rows", "contract")
    return part_of(
        "datasets",
        "Datasets",
        table("What was read, and how it came out", headings, rows, {2, 3}),
        more(len(report.datasets) - len(rows), "dataset"),
        more(report.left_out, "verdict"),
    )


def _tally(part: DatasetPart) -> Child:
    told: list[Markup | str] = [
        element("span", shape(o), f" {part.counts[o]:,} {WORDS[o]}", class_=f"tally {o.value}")
        for o in WORDS
        if part.counts.get(o)
    ]
    return element("span", [(each, " ") for each in told], class_="tallies")


def part_of(name: str, heading: str, *children: Child) -> Markup:
    return element("section", element("h2", heading), children, aria_label=heading, id=name)
