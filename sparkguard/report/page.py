"""A report as one page: no script, nothing from elsewhere, under a megabyte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources

from sparkguard.rendering.markup import Child, Markup, element, joined
from sparkguard.report import check as checks
from sparkguard.report import columns, overview
from sparkguard.report.figures import outcomes
from sparkguard.report.model import CheckPart, DatasetPart, Report, ShadowPart
from sparkguard.report.tables import more, table
from sparkguard.report.words import (
    RANK,
    line_of,
    moment,
    symbols,
)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The content security policy of the page: it runs nothing and fetches nothing."""

MOST_OPEN = 6
MOST = 1_000_000
"""Bytes of a page."""
_COLUMNS, _SHADOWS = 150_000, 300_000
"""Bytes of all tables of columns, and of all shadows."""
_FULL, _BRIEF = 700_000, 850_000
"""Bytes up to which checks are shown with their evidence, and without it."""
_FULL_SHARE = _FULL / _BRIEF

_STATES = ("registered", "observing", "eligible", "promoted")


def render(report: Report) -> str:
    """The page as HTML that is well-formed XML too; self-contained and at most a megabyte."""
    numbers = {part.id: at for at, part in enumerate(report.checks, 1)}
    room = MOST - len(_page(report, numbers, {}).encode())
    shown = dict(_fitting(report, numbers, room))
    return _page(report, {check: at for check, at in numbers.items() if check in shown}, shown)


def _page(report: Report, linked: Mapping[str, int], shown: Mapping[str, Markup]) -> str:
    """The page with the sections `shown` of checks, and links to those `linked`."""
    datasets = report.datasets[: overview.MOST_DATASETS]
    title = f"{report.run.audit}: {overview.said(report)[1]}, {moment(report.run.as_of)}"
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
        overview.since(report, linked),
        overview.trend(report),
        overview.overview(report),
        [
            _dataset(part, at, shown, of_columns)
            for at, (part, of_columns) in enumerate(
                zip(datasets, _columns(datasets), strict=True), 1
            )
        ],
        _shadows(report.shadows),
        id="main",
    )
    skip = element("a", "Skip to the findings", href="#main", class_="skip")
    body = element("body", symbols(), skip, overview.header(report), main, _footer(report))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _style() -> str:
    return resources.files("sparkguard.report").joinpath("style.css").read_text(encoding="utf-8")


def _fitting(report: Report, numbers: Mapping[str, int], left: int) -> Iterator[tuple[str, Markup]]:
    """Sections of as many checks as `left` bytes have room for, those in trouble first."""
    used = 0
    datasets = report.datasets[: overview.MOST_DATASETS]
    parts = (c for part in datasets for c in part.checks if columns.profiled(c) is None)
    ordered = sorted(parts, key=lambda part: (RANK[part.outcome], part.id))
    rooms = iter(((False, min(_FULL, left * _FULL_SHARE)), (True, min(_BRIEF, left))))
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


def _columns(datasets: Iterable[DatasetPart]) -> Iterator[Markup]:
    """The columns of each dataset as a table, as long as there is room."""
    left = _COLUMNS
    for part in datasets:
        measured = [found for c in part.checks if (found := columns.profiled(c)) is not None]
        made = joined(columns.overview(measured))
        if (size := len(made.encode())) > left:
            made = joined([more(len(measured), "column")])
        else:
            left -= size
        yield made


def _dataset(part: DatasetPart, at: int, shown: Mapping[str, Markup], of_columns: Markup) -> Markup:
    troubled = [c for c in part.checks if c.is_troubled]
    quiet = [c for c in part.checks if not c.is_troubled and columns.profiled(c) is None]
    where = [] if part.pin is None else [f"{part.pin.ref}, version {part.pin.table_version}"]
    where += [f"contract {part.contract}"] if part.contract else []
    return overview.part_of(
        f"dataset-{at}",
        part.name,
        element("p", line_of(*where), class_="muted") if where else None,
        _group("Needs attention", troubled, shown),
        of_columns,
        _folded("Holds", quiet, shown),
    )


def _group(title: str, parts: Sequence[CheckPart], shown: Mapping[str, Markup]) -> list[Child]:
    if not parts:
        return []
    found = [shown[part.id] for part in parts if part.id in shown]
    return [_counted(title, parts), *found, more(len(parts) - len(found), "check")]


def _folded(title: str, parts: Sequence[CheckPart], shown: Mapping[str, Markup]) -> Markup | None:
    if not parts:
        return None
    heading, *found = _group(title, parts, shown)
    return element("details", element("summary", heading), found, class_="group")


def _counted(title: str, parts: Sequence[CheckPart]) -> Markup:
    return element("h3", f"{title} ", element("span", len(parts), class_="count"))


def _shadows(parts: Sequence[ShadowPart]) -> list[Child]:
    """As many shadows as there is room for."""
    found: list[Child] = []
    left = _SHADOWS
    for at, part in enumerate(parts, 1):
        made = _shadow(part, at)
        left -= len(made.encode())
        if left < 0:
            break
        found.append(made)
    return [*found, more(len(parts) - len(found), "shadow")]


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
    return overview.part_of(
        f"shadow-{at}",
        f"Shadow {part.name}",
        element("ol", steps, class_="steps"),
        element("div", figure.markup(), class_="wide") if figure else None,
        more(part.left_out, "partition"),
        table("Changes of state", ("when", "state", "by"), changes) if changes else None,
    )


def _footer(report: Report) -> Markup:
    run = report.run
    versions = [f"Spark {run.spark_version}"] if run.spark_version else []
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
