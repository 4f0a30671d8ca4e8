"""How outcomes and numbers are put for people: one word and one shape each, everywhere."""

from __future__ import annotations

import math
from datetime import datetime

from sparkguard.rendering.markup import Markup, element, joined
from sparkguard.rendering.plaintext import with_unit
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.verdicts import WORST_FIRST, Outcome

WORDS = {outcome: outcome.value.replace("_", " ") for outcome in WORST_FIRST}
RANK = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}
NOTHING_EVALUATED = "No rule was evaluated"
TROUBLE = frozenset({Outcome.ERROR, Outcome.FAIL, Outcome.WARN, Outcome.NOT_EVALUABLE})

_PATHS = {
    Outcome.PASS: ("M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z", "M4.6 8.3l2.3 2.3 4.5-5"),
    Outcome.WARN: ("M8 1.2L15.4 14.4H.6z", "M8 6v4M8 11.6v1.2"),
    Outcome.FAIL: ("M5 1h6l4 4v6l-4 4H5l-4-4V5z", "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"),
    Outcome.ERROR: ("M8 .6L15.4 8 8 15.4.6 8z", "M8 4.2v4.6M8 10.6v1.3"),
    Outcome.NOT_EVALUABLE: ("M8 1.6a6.4 6.4 0 1 0 0 12.8A6.4 6.4 0 0 0 8 1.6z", ""),
    Outcome.SKIPPED: ("M1.5 6.5h13v3h-13z", ""),
}


def symbols() -> Markup:
    """The shapes, defined once for the page."""
    return element(
        "svg",
        [
            element(
                "symbol",
                element("path", class_="body", d=body),
                element("path", class_="cut", d=cut) if cut else None,
                id=f"o-{outcome.value}",
                viewBox="0 0 16 16",
            )
            for outcome, (body, cut) in _PATHS.items()
        ],
        class_="symbols",
        aria_hidden="true",
        width=0,
        height=0,
    )


def shape(outcome: Outcome, at: tuple[float, float] | None = None, size: float = 16) -> Markup:
    """The shape of an outcome, for a line of text or at a point of a picture."""
    use = element(
        "use",
        href=f"#o-{outcome.value}",
        class_=f"shape {outcome.value}",
        x=None if at is None else at[0] - size / 2,
        y=None if at is None else at[1] - size / 2,
        width=size,
        height=size,
    )
    if at is not None:
        return use
    return element("svg", use, class_="icon", viewBox="0 0 16 16", aria_hidden="true")


def badge(outcome: Outcome) -> Markup:
    """Shape and word."""
    return element("span", shape(outcome), " ", WORDS[outcome], class_=f"badge {outcome.value}")


def number(value: float | int | None) -> str:
    """A number for people: integers whole, others with four significant digits."""
    if value is None:
        return ""
    if isinstance(value, int) or (math.isfinite(value) and value == int(value) and value < 1e15):
        return f"{int(value):,}"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.3g}"
    return f"{value:,.0f}" if size >= 10_000 else f"{value:,.4g}"


def observed(row: ResultRow) -> str:
    """The number judged with its unit; empty where there was none."""
    if row.observed_string is not None:
        text = row.observed_string
    elif row.observed_long is not None:
        text = f"{row.observed_long:,}"
    else:
        text = number(row.observed_double)
    return with_unit(row.observed_double, text, row.unit) if text else ""


def observed_number(row: ResultRow) -> float | None:
    """The number judged, as far as it can be drawn."""
    for value in (row.observed_double, row.observed_long, row.observed_string):
        if value is not None:
            try:
                return float(value)
            except OverflowError:
                return None
    return None


def moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M UTC")


def line_of(*parts: Markup | str) -> Markup:
    """Parts of one line, set apart by a middle dot."""
    dot = element("span", " · ", class_="dot", aria_hidden="true")
    return joined(
        part for at, each in enumerate(parts) for part in ((dot, each) if at else (each,))
    )
