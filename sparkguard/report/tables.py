"""Tables of a report: any evidence, sampled rows, and what every table shares."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from sparkguard.rendering.markup import Child, Markup, element
from sparkguard.report.model import Picture, Samples
from sparkguard.report.words import number
from sparkguard.verdicts import Evidence

MOST_ROWS = 25
MOST_COLUMNS = 12

_HEADINGS = {
    "counts": {"label": "what", "count": "count"},
    "examples": {"label": "value", "count": "rows", "text": "note"},
    "hypotheses": {"label": "explanation", "number": "share", "count": "rows", "text": "note"},
    "work": {"label": "number", "number": "value", "text": "meaning"},
    "bins": {"label": "bin", "number": "value", "count": "rows"},
    "series": {"label": "at", "x": "position", "number": "value", "count": "rows"},
}
_FIELDS = ("label", "x", "number", "count", "low", "high", "text")
_RIGHT = frozenset({"x", "number", "count", "low", "high"})
_ONE_UNIT = frozenset(
    {"values", "rows by result", "rows", "columns", "heaps", "since the last run"}
)
"""Counts that are all of one unit, so that bars compare them."""


def table(
    caption: str,
    headings: Sequence[Child],
    rows: Iterable[Sequence[Child]],
    numbers: Collection[int] = (),
) -> Markup:
    """A table with headed columns and rows; the columns `numbers` are set to the right."""

    def cell(name: str, at: int, content: Child, scope: str | None) -> Markup:
        return element(name, content, scope=scope, class_="n" if at in numbers else None)

    head = element("tr", [cell("th", i, each, "col") for i, each in enumerate(headings)])
    body = [
        element(
            "tr",
            [
                cell("td" if i else "th", i, each, None if i else "row")
                for i, each in enumerate(row)
            ],
        )
        for row in rows
    ]
    named = element("caption", caption)
    inner = element("table", named, element("thead", head), element("tbody", body))
    # It scrolls by itself, by keyboard as well, where it is wider than a phone.
    return element("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption)


def of_picture(picture: Picture, most: int = MOST_ROWS) -> Markup:
    """Evidence as a table of the fields that are filled, whatever its kind."""
    fields = [
        name for name in _FIELDS if any(getattr(row, name) is not None for row in picture.rows)
    ]
    named = _HEADINGS.get(picture.kind, {})
    bars = _bars(picture)
    headings: list[Child] = [named.get(name, name) for name in fields]
    if bars:
        headings.append(element("span", "in proportion", class_="hidden"))
    rows: list[Sequence[Child]] = [
        (*(_cell(row, name) for name in fields), *((bar(bars[at]),) if bars else ()))
        for at, row in enumerate(picture.rows[:most])
    ]
    left_out = picture.left_out + len(picture.rows) - len(rows)
    numbers = {i for i, name in enumerate(fields) if name in _RIGHT}
    return element(
        "div",
        table(picture.name, headings, rows, numbers),
        more(left_out, "row"),
        class_="evidence",
    )


def of_samples(samples: Samples) -> Markup:
    """Sampled rows as the audit's policy shows them."""
    columns = samples.columns[:MOST_COLUMNS]
    rows: list[Sequence[Child]] = [
        (i, *(element("i", "NULL") if cell is None else cell for cell in row[:MOST_COLUMNS]))
        for i, row in enumerate(samples.rows, 1)
    ]
    caption = f"Rows that break the rule ({samples.mode})"
    return element(
        "div",
        table(caption, ("row", *columns), rows, {0}),
        more(samples.left_out, "row"),
        more(len(samples.columns) - len(columns), "column"),
        class_="evidence",
    )


def more(count: int, what: str) -> Markup | None:
    """A line that says how many were left out."""
    if count <= 0:
        return None
    plural = what if count == 1 else what + "s"
    return element("p", f"and {count:,} more {plural}, in the result tables", class_="more")


def bar(share: float) -> Markup:
    """A share from 0 to 1 as a bar."""
    inner = element("rect", class_="filled", width=max(0.0, min(1.0, share)) * 100, height=8)
    return element(
        "svg",
        inner,
        class_="share",
        viewBox="0 0 100 8",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _bars(picture: Picture) -> list[float]:
    """The length of each row's bar; none where rows do not compare."""
    if picture.kind == "hypotheses" and all(row.number is not None for row in picture.rows):
        return [row.number or 0.0 for row in picture.rows]
    if picture.kind == "counts" and picture.name in _ONE_UNIT:
        greatest = max((row.count or 0 for row in picture.rows), default=0)
        return [(row.count or 0) / greatest for row in picture.rows] if greatest else []
    return []


def _cell(row: Evidence, name: str) -> Child:
    value = getattr(row, name)
    if value is None or isinstance(value, str):
        return value
    if name == "number" and row.kind == "hypotheses" and math.isfinite(value):
        return f"{value:.1%}"
    return number(value)
