"""One check as a section: its verdict, its slices, its pictures and its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sparkguard.rendering.markup import Child, Markup, element
from sparkguard.rendering.plaintext import plural
from sparkguard.report.figures import figures_of, outcomes
from sparkguard.report.model import Change, CheckPart, Picture, Seen, Trend
from sparkguard.report.tables import more, of_picture, of_samples, table
from sparkguard.report.words import (
    TROUBLE,
    WORDS,
    badge,
    line_of,
    observed,
)
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome

MOST_SLICES = 40
MOST_REASONS = 3


def section(check: CheckPart, number: int, *, brief: bool = False, is_open: bool = False) -> Markup:
    """The check under its anchor; `brief` leaves the evidence out."""
    return element(
        "details",
        element("summary", _head(check)),
        element("div", _body(check, brief), class_="body"),
        class_=f"check {check.outcome.value}",
        id=anchor(number),
        open=is_open,
    )


def anchor(number: int) -> str:
    return f"check-{number}"


def _head(check: CheckPart) -> Markup:
    first = check.first
    note = changed(check.change)
    aside = [element("span", note, class_=f"change {check.change.trend.value}")] if note else []
    return element(
        "div",
        badge(check.outcome),
        element("h4", check.id),
        element("div", aside, outcomes.history(check.past), class_="aside"),
        element("p", _sentence(check, first)),
        class_="head",
    )


def _sentence(check: CheckPart, first: ResultRow) -> str:
    said = first.reason or "; ".join(filter(None, (observed(first), first.expected)))
    if first.slice:
        said = f"{Slice.parse(first.slice)}: {said}"
    same, slices = check.of_slices.get(check.outcome, 0), sum(check.of_slices.values())
    if check.is_troubled and slices > 1:
        said += f" ({WORDS[check.outcome]} in {same:,} of {plural(slices, 'slice')})"
    return said


def changed(change: Change) -> str:
    """What the run before tells of a check, in a few words; nothing when nothing moved."""
    was = WORDS[change.was] if change.was else "not there"
    match change.trend:
        case Trend.NEW | Trend.WORSE | Trend.BETTER | Trend.HEALED:
            return f"{change.trend.value}: was {was}"
        case Trend.SAME if change.new_slices:
            return plural(len(change.new_slices), "new slice")
        case _:
            return ""


def _body(check: CheckPart, brief: bool) -> list[Child]:
    speaks = check.whole.result if check.whole else check.first
    parts: list[Child] = [_facts(check, speaks)]
    if brief:
        return [*parts, element("p", "Its evidence is in the result tables.", class_="more")]
    drawn = _drawn(check.whole.pictures if check.whole else ())
    if (slices := outcomes.by_slice(check.slices, sum(check.of_slices.values()))) is not None:
        drawn.insert(0, slices.markup())
    if drawn:
        parts.append(element("div", drawn, class_="figures"))
    if check.whole:
        parts += _evidence(check.whole)
    parts += [_slice(each) for each in check.shown if each.outcome in TROUBLE]
    parts.append(_slices(check.slices, check.of_slices))
    return parts


def _drawn(pictures: Sequence[Picture]) -> list[Markup]:
    """Pictures, and beside them the likeliest explanations of a violation."""
    figures = [figure.markup() for figure in figures_of(pictures)]
    return figures + [of_picture(p, MOST_REASONS) for p in pictures if p.kind == "hypotheses"]


def _facts(check: CheckPart, row: ResultRow) -> Markup:
    rows = "" if row.rows is None else f"{row.rows:,}"
    if row.rows is not None and row.snapshot_rows not in (None, row.rows):
        rows += f" of {row.snapshot_rows:,}"
    facts = (
        ("kind", check.kind),
        ("expected", row.expected),
        ("observed", observed(row)),
        ("violations", "" if row.violations is None else f"{row.violations:,} rows"),
        ("rows in scope", rows),
        ("coverage", row.coverage or ""),
        ("severity", row.severity),
        ("error class", row.condition or ""),
    )
    return element(
        "dl",
        [element("div", element("dt", name), element("dd", said)) for name, said in facts if said],
        class_="facts",
    )


def _evidence(seen: Seen) -> list[Child]:
    if not seen.pictures and seen.samples is None:
        return []
    named = ["sampled rows"] if seen.samples else []
    named += [each.name for each in seen.pictures if each.kind != "bins"]
    names = ", ".join(dict.fromkeys(named[:6])) or "both distributions, cell by cell"
    tables: list[Child] = [of_samples(seen.samples)] if seen.samples else []
    tables += [of_picture(each) for each in seen.pictures]
    return [
        element(
            "details",
            element("summary", line_of(element("b", "Evidence"), names)),
            element("div", tables, class_="tables"),
            class_="inner",
        )
    ]


def _slice(seen: Seen) -> Markup:
    """A slice in trouble, with its own pictures and evidence."""
    drawn = _drawn(seen.pictures)
    head = line_of(badge(seen.outcome), element("b", str(Slice.parse(seen.result.slice))))
    return element(
        "details",
        element("summary", head, " ", element("span", seen.result.reason, class_="muted")),
        element("div", drawn, class_="figures") if drawn else None,
        _evidence(seen),
        class_="inner",
    )


def _slices(rows: Sequence[ResultRow], counts: Mapping[Outcome, int]) -> Markup | None:
    """All slices as a table, those in trouble first."""
    if not rows:
        return None
    ordered = sorted(rows, key=lambda row: Outcome(row.outcome) not in TROUBLE)
    shown = [
        (
            str(Slice.parse(row.slice)),
            badge(Outcome(row.outcome)),
            observed(row),
            "" if row.rows is None else f"{row.rows:,}",
            row.reason,
        )
        for row in ordered[:MOST_SLICES]
    ]
    total = sum(counts.values())
    counted = ", ".join(
        f"{counts[outcome]:,} {WORDS[outcome]}" for outcome in WORDS if counts.get(outcome)
    )
    return element(
        "details",
        element("summary", line_of(element("b", plural(total, "slice")), counted)),
        table("Slices", ("slice", "outcome", "observed", "rows", "reason"), shown, {2, 3}),
        more(total - len(shown), "slice"),
        class_="inner",
    )
