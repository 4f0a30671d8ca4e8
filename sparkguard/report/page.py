"""A report as one page: no script, nothing from elsewhere, under a megabyte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from sparkguard.markup import Child, Markup, element
from sparkguard.report import check as checks
from sparkguard.report.figures import outcomes
from sparkguard.report.model import CheckPart, DatasetPart, Report, ShadowPart, Trend
from sparkguard.report.tables import more, table
from sparkguard.report.words import (
    RANK,
    WORDS,
    badge,
    duration,
    line_of,
    moment,
    plural,
    shape,
    symbols,
)
from sparkguard.verdicts import Outcome

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The content security policy of the page: it runs nothing and fetches nothing."""

MOST_OPEN = 6
MOST_CHANGES = 40
MOST_DATASETS = 200
_FULL, _BRIEF = 700_000, 850_000
"""Bytes up to which checks are shown with their evidence, and without it."""

_SAID = {0: (Outcome.PASS, "Passed"), 1: (Outcome.FAIL, "Failed")}
_STATES = ("registered", "observing", "eligible", "promoted")


def render(report: Report) -> str:
    """The page as HTML that is well-formed XML too; self-contained and at most a megabyte."""
    numbers = {part.id: at for at, part in enumerate(report.checks, 1)}
    shown = dict(_fitting(report, numbers))
    title = f"{report.run.audit}: {_said(report)[1]}, {moment(report.run.as_of)}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", Markup(_style())),
    )
    main = element(
        "main",
        _since(report, numbers),
        _trend(report),
        _overview(report),
        [_dataset(part, at, shown) for at, part in enumerate(report.datasets, 1)],
        [_shadow(part, at) for at, part in enumerate(report.shadows, 1)],
        id="main",
    )
    skip = element("a", "Skip to the findings", href="#main", class_="skip")
    body = element("body", symbols(), skip, _header(report), main, _footer(report))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _style() -> str:
    return resources.files("sparkguard.report").joinpath("style.css").read_text(encoding="utf-8")


def _fitting(report: Report, numbers: Mapping[str, int]) -> Iterator[tuple[str, Markup]]:
    """Sections of as many checks as the page has room for, those in trouble first."""
    used = 0
    ordered = sorted(report.checks, key=lambda part: (RANK[part.outcome], part.id))
    rooms = iter(((False, _FULL), (True, _BRIEF)))
    brief, room = next(rooms)
    for at, part in enumerate(ordered):
        is_open = part.is_troubled and at < MOST_OPEN
        while True:
            made = checks.section(part, numbers[part.id], brief=brief, is_open=is_open)
            if used + len(made.encode()) <= room:
                break
            following = next(rooms, None)
            if following is None:
                return
            brief, room = following
        used += len(made.encode())
        yield part.id, made


def _said(report: Report) -> tuple[Outcome, str]:
    run = report.run
    outcome, word = _SAID.get(run.exit_code, (Outcome.ERROR, "Could not evaluate"))
    if run.exit_code == 0 and (run.warned or run.not_evaluable):
        return Outcome.WARN, "Passed with warnings"
    return outcome, word


def _header(report: Report) -> Markup:
    run, (outcome, word) = report.run, _said(report)
    counts = {o: n for o, n in report.counts.items() if n}
    legend = [
        element("li", shape(o), element("b", n), f" {WORDS[o]}", class_=o.value)
        for o, n in counts.items()
    ]
    facts = (
        ("Run", run.run_id),
        ("As of", moment(run.as_of)),
        ("Took", duration(run.finished_at - run.started_at)),
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


def _summary(report: Report) -> str:
    troubled = [part for part in report.checks if part.is_troubled]
    if report.run.reason:
        return report.run.reason
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


def _since(report: Report, numbers: Mapping[str, int]) -> Markup | None:
    if report.before is None:
        return None
    when = f"Compared with run {report.before.run_id} of {moment(report.before.as_of)}."
    moved = [p for p in report.checks if checks.changed(p.change)]
    moved.sort(key=lambda p: (list(Trend).index(p.change.trend), RANK[p.outcome], p.id))
    items = [
        element(
            "li",
            badge(part.outcome),
            element("a", part.id, href=f"#{checks.anchor(numbers[part.id])}"),
            element("span", checks.changed(part.change), class_="muted"),
        )
        for part in moved[:MOST_CHANGES]
    ]
    left_out = more(len(moved) - len(items), "check")
    nothing = element("p", "Every check came out as it did before.") if not moved else None
    listed = element("ul", items, class_="changes") if items else None
    return _part(
        "since", "Since the last run", element("p", when, class_="muted"), nothing, listed, left_out
    )


def _trend(report: Report) -> Markup | None:
    figure = outcomes.by_run(report.runs)
    if figure is None:
        return None
    rows = [
        (moment(r.as_of), r.run_id, *(str(n) for n in outcomes.troubles(r)), str(r.exit_code))
        for r in reversed(report.runs)
    ]
    headings = ("as of", "run", *(WORDS[o] for o in outcomes.STACKED), "exit code")
    return _part(
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


def _overview(report: Report) -> Markup:
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
    headings = ("dataset", "verdicts", "Delta version", "rows", "contract")
    return _part(
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


def _dataset(part: DatasetPart, at: int, shown: Mapping[str, Markup]) -> Markup:
    troubled = [c for c in part.checks if c.is_troubled]
    quiet = [c for c in part.checks if not c.is_troubled]
    where = [] if part.pin is None else [f"{part.pin.ref}, version {part.pin.table_version}"]
    where += [f"contract {part.contract}"] if part.contract else []
    return _part(
        f"dataset-{at}",
        part.name,
        element("p", line_of(*where), class_="muted") if where else None,
        _group("Needs attention", troubled, shown),
        _group("Holds", quiet, shown),
    )


def _group(title: str, parts: Sequence[CheckPart], shown: Mapping[str, Markup]) -> list[Child]:
    if not parts:
        return []
    found = [shown[part.id] for part in parts if part.id in shown]
    heading = element("h3", f"{title} ", element("span", len(parts), class_="count"))
    return [heading, *found, more(len(parts) - len(found), "check")]


def _shadow(part: ShadowPart, at: int) -> Markup:
    figure = outcomes.of_partitions(part)
    reached = [state for state, _, _ in part.states]
    stations = [*_STATES, *([part.state] if part.state and part.state not in _STATES else [])]
    steps = [
        element(
            "li",
            state.replace("_", " "),
            class_="here" if state == part.state else ("been" if state in reached else None),
            aria_current="step" if state == part.state else None,
        )
        for state in stations
    ]
    changes = [
        (moment(at), state.replace("_", " "), by) for state, at, by in reversed(part.states[-20:])
    ]
    return _part(
        f"shadow-{at}",
        f"Shadow {part.name}",
        element("ol", steps, class_="steps"),
        element("div", figure.markup(), class_="wide") if figure else None,
        more(part.left_out, "partition"),
        table("Changes of state", ("when", "state", "by"), changes) if changes else None,
    )


def _part(name: str, heading: str, *children: Child) -> Markup:
    return element("section", element("h2", heading), children, aria_label=heading, id=name)


def _footer(report: Report) -> Markup:
    run = report.run
    versions = [f"Spark {run.spark_version}"] if run.spark_version else []
    versions += [f"Delta {run.delta_version}"] if run.delta_version else []
    query = (
        f"SELECT * FROM {_results(report.location)} WHERE run_id = {_literal(run.run_id)} "
        "AND outcome <> 'pass'"
    )
    return element(
        "footer",
        element("p", line_of(*versions, f"results in {report.location}")),
        element("p", "Drawn from the result tables alone. The same by SQL:"),
        element("pre", element("code", query)),
    )


def _results(location: str) -> str:
    if "/" in location:
        return "delta.`" + f"{location}/results".replace("`", "``") + "`"
    return f"{location}.results"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
